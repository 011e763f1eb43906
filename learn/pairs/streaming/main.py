import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


async def count(to: int):
    try:
        for n in range(1, to + 1):
            await asyncio.sleep(0.1)
            yield f"{n}\n"
    finally:
        print("ended")


@app.get("/count/{to}")
async def read_count(to: int):
    return StreamingResponse(count(to), media_type="text/plain")
