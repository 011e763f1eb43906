import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI

beats = 0


async def heartbeat():
    global beats
    while True:
        await asyncio.sleep(0.1)
        beats += 1
        print("beat")


@asynccontextmanager
async def lifespan(app: FastAPI):
    task = asyncio.create_task(heartbeat())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.get("/beats")
async def read_beats():
    return {"enough": beats >= 3}
