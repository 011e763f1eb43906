from hashlib import sha256
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

app = FastAPI()
users = {sha256(b"ann's token").hexdigest(): "ann"}  # hashes: a store that leaks lets nobody in


def current_user(header: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    user = users.get(sha256(header.credentials.encode()).hexdigest())
    if user is None:
        raise HTTPException(401, "unknown token", {"WWW-Authenticate": "Bearer"})
    return user


@app.get("/me")
async def me(user: Annotated[str, Depends(current_user)]):
    return {"user": user}
