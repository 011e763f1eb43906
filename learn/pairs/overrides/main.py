from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def now() -> datetime:
    return datetime.now()


@app.get("/greeting")
async def greeting(time: Annotated[datetime, Depends(now)]):
    return "Good morning" if time.hour < 12 else "Good day"
