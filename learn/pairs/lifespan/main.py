import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    print("database opened")
    yield
    print("database closed")


app = FastAPI(lifespan=lifespan)


@app.get("/slow")
async def slow():
    print("begun")
    await asyncio.sleep(0.5)
    return {"done": True}
