import os
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI, HTTPException


@asynccontextmanager
async def lifespan(app: FastAPI):
    url = os.environ["SERVICE_URL"]
    async with httpx2.AsyncClient(base_url=url, timeout=2) as app.state.client:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/price/{euros}")
async def price(euros: int):
    try:
        response = await app.state.client.get("/rate")
        response.raise_for_status()
        return {"dollars": euros * response.json()["rate"]}
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):
        raise HTTPException(502, "the rate cannot be had")
