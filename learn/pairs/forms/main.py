from typing import Annotated

from fastapi import FastAPI, Form, UploadFile

app = FastAPI()


@app.post("/login")
async def login(username: Annotated[str, Form()], password: Annotated[str, Form()]):
    return {"username": username, "letters": len(password)}


@app.post("/notes")
async def create_note(title: Annotated[str, Form()], file: UploadFile):
    content = await file.read()
    return {"title": title, "filename": file.filename, "size": len(content)}
