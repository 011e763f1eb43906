from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI()


@app.get("/items/")
async def read_items():
    return ["pen"]


@app.post("/items/")
async def create_item():
    return RedirectResponse("/items/", 303)


@app.get("/old")
async def old():
    return RedirectResponse("/items/")
