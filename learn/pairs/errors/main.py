from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI()


class SoldOut(Exception):
    def __init__(self, name: str):
        self.name = name


@app.exception_handler(SoldOut)
async def sold_out(request: Request, error: SoldOut):
    return JSONResponse({"message": f"{error.name} is sold out"}, 409)


@app.get("/items/{name}")
async def read_item(name: str):
    if name == "ink":
        raise SoldOut(name)
    return {"name": name, "third": name[2]}  # a bug: a name may be shorter
