import asyncio

from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/work/{ms}")
async def work(ms: int):
    try:
        async with asyncio.timeout(1):
            await asyncio.sleep(ms / 1000)
    except TimeoutError:
        raise HTTPException(504, "it took too long")
    return {"worked": ms}


@app.get("/deaf/{ms}")
async def deaf(ms: int):
    return await work(ms)
