import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException

jobs: asyncio.Queue[str] = asyncio.Queue(2)


async def worker():
    while True:
        name = await jobs.get()
        print("begun:", name)
        await asyncio.sleep(1)
        print("done:", name)
        jobs.task_done()


@asynccontextmanager
async def lifespan(app: FastAPI):
    task = asyncio.create_task(worker())
    yield
    await jobs.join()
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.post("/jobs/{name}", status_code=202)
async def add_job(name: str):
    try:
        jobs.put_nowait(name)
    except asyncio.QueueFull:
        raise HTTPException(503, "too much to do")
