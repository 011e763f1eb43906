from time import perf_counter
from uuid import uuid4

from fastapi import FastAPI, Request

app = FastAPI()


@app.middleware("http")
async def log_requests(request: Request, call_next):
    began = perf_counter()
    request_id = request.headers.get("x-request-id") or uuid4().hex
    response = await call_next(request)
    response.headers["X-Request-ID"] = request_id
    took = f"{perf_counter() - began:.6f}s"
    print(request_id, request.method, request.url.path, response.status_code, took)
    return response


@app.get("/teapot", status_code=418)
async def teapot():
    return {"short": "and stout"}
