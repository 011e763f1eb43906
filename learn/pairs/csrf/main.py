from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

app = FastAPI()


@app.middleware("http")
async def refuse_cross_origin(request: Request, call_next):
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        allowed = True  # they must change nothing
    elif site is not None:
        allowed = site in {"same-origin", "none"}
    else:  # an older browser, or none
        allowed = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not allowed:
        return PlainTextResponse("a page of another site", 403)
    return await call_next(request)


@app.post("/order")
async def order():
    return {"ordered": True}
