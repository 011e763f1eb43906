import time

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def send_mail(address: str):
    print("begun:", address)
    time.sleep(1)
    host = address.split("@")[1]  # a bug: there may be no @
    print("sent to", host)


@app.post("/notify/{address}", status_code=202)
async def notify(address: str, tasks: BackgroundTasks):
    tasks.add_task(send_mail, address)
    return {"soon": address}
