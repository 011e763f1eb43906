from uuid import uuid4

from fastapi import FastAPI, Request

app = FastAPI()


@app.middleware("http")
async def log_requests(request: Request, call_next):
    request_id = request.headers.get("x-request-id") or uuid4().hex
    response = await call_next(request)
    response.headers["X-Request-ID"] = request_id
    print(request_id, request.method, request.url.path, response.status_code)
    return response


@app.get("/teapot", status_code=418)
async def teapot():
    return {"short": "and stout"}
