import asyncio

from fastapi import FastAPI, Request

app = FastAPI()


@app.get("/report")
async def report(request: Request):
    print("begun")
    for _ in range(100):
        await asyncio.sleep(0.1)  # a part of the work
        if await request.is_disconnected():
            print("the client has left")
            return
    return {"pages": 100}


@app.get("/unaware")
async def unaware():
    print("begun")
    await asyncio.sleep(0.5)
    print("worked for nobody")
