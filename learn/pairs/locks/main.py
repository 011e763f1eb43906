import asyncio

from fastapi import FastAPI

app = FastAPI()
sold = 0
lock = asyncio.Lock()
slots = asyncio.Semaphore(2)


@app.post("/sell")
async def sell():
    global sold
    async with lock:
        before = sold
        await asyncio.sleep(0.001)  # stands for a database
        sold = before + 1


@app.get("/sold")
async def read_sold():
    return sold


@app.post("/print")
async def print_page():
    async with slots:
        print("printing")
        await asyncio.sleep(0.3)
