from typing import Annotated

from fastapi import Cookie, FastAPI, Header, Response

app = FastAPI()


@app.get("/")
async def root(
    response: Response,
    accept_language: Annotated[str, Header()] = "en",
    visits: Annotated[int, Cookie()] = 0,
):
    response.headers["Content-Language"] = accept_language
    response.set_cookie("visits", str(visits + 1), max_age=3600, httponly=True)
    return {"visits": visits}


@app.get("/bare")
async def bare(response: Response):
    response.set_cookie("bare", "1")
