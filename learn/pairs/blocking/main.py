import time

from fastapi import FastAPI

app = FastAPI()


def slow_query():
    print("begun")
    time.sleep(2)
    return {"rows": 3}


@app.get("/report")
def report():  # without async: it runs in a thread
    return slow_query()


@app.get("/blocking")
async def blocking():  # a mistake: nothing else runs meanwhile
    return slow_query()


@app.get("/quick")
async def quick():
    return "at once"
