import asyncio

from fastapi import FastAPI, HTTPException

app = FastAPI()


async def price(shop: str) -> int:
    try:
        if shop == "closed":
            raise ValueError("the shop is closed")
        await asyncio.sleep(30 if shop == "slow" else 0.01)
        return len(shop)
    except asyncio.CancelledError:
        print("cancelled:", shop)
        raise


@app.get("/prices/{one}/{other}")
async def prices(one: str, other: str):
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(price(shop)) for shop in (one, other)]
    except* ValueError as error:
        raise HTTPException(502, str(error.exceptions[0]))
    return [task.result() for task in tasks]
