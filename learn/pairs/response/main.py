from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class User(BaseModel):
    name: str
    friends: list[str] = []
    email: str | None = None


class UserInDB(User):
    password_hash: str


ann = UserInDB(name="ann", password_hash="$argon2id$v=19$…")


@app.get("/me", response_model_exclude_none=True)
async def me() -> User:
    return ann
