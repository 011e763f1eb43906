from fastapi import APIRouter, FastAPI

items = APIRouter(prefix="/items")


@items.get("/{name}")
async def read_item(name: str):
    return {"item": name}


admin = FastAPI()


@admin.get("/users")
async def read_users():
    return ["ann", "bob"]


app = FastAPI()
app.include_router(items, prefix="/v1")
app.mount("/admin", admin)
