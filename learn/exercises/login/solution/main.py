"""The chat for those who have logged in.

From this folder: uvicorn main:app --reload
"""

import secrets
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

root = Path(__file__).resolve().parents[4]

app = FastAPI()
app.mount("/static", StaticFiles(directory=root / "static"), name="static")


class ConnectionManager:
    def __init__(self):
        self.active_connections: list[WebSocket] = []

    async def connect(self, websocket: WebSocket):
        await websocket.accept()
        self.active_connections.append(websocket)

    def disconnect(self, websocket: WebSocket):
        self.active_connections.remove(websocket)

    async def send_personal_message(self, message: str, websocket: WebSocket):
        await websocket.send_text(message)

    async def broadcast(self, message: str):
        for connection in self.active_connections:
            await connection.send_text(message)


manager = ConnectionManager()


@app.get("/")
async def get():
    return FileResponse(root / "index.html")


sessions: dict[str, str] = {}  # whose cookie it is


@app.post("/login", status_code=204)
async def login(request: Request, response: Response):
    name = (await request.body()).decode(errors="replace")
    if not (name.isalpha() and len(name) <= 20):
        raise HTTPException(400, "a name is 1 to 20 letters")
    token = secrets.token_urlsafe()  # not the name, which anybody could put into a cookie
    sessions[token] = name
    response.set_cookie("session", token, httponly=True, samesite="lax")


@app.websocket("/ws/{client_id}")
async def websocket_endpoint(websocket: WebSocket, client_id: int):
    name = sessions.get(websocket.cookies.get("session", ""))
    if name is None:
        await websocket.close()  # before accept: the answer is 403
        return
    await manager.connect(websocket)
    try:
        while True:
            data = await websocket.receive_text()
            await manager.send_personal_message(f"You wrote: {data}", websocket)
            await manager.broadcast(f"{name} says: {data}")
    except WebSocketDisconnect:
        manager.disconnect(websocket)
        await manager.broadcast(f"{name} has left the chat")
