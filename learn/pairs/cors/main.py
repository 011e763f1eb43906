from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://shop.example"],
    allow_methods=["GET", "PUT"],
    allow_headers=["Content-Type"],
)


@app.get("/items")
async def read_items():
    return ["pen"]


@app.put("/items")
async def write_items(items: list[str]):
    return items
