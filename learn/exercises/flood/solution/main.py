"""The chat that cuts off who says too much.

From this folder: uvicorn main:app --reload
"""

import time
from collections import deque
from pathlib import Path

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

root = Path(__file__).resolve().parents[4]

MAX_PER_SECOND = 20  # messages of one client

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


@app.websocket("/ws/{client_id}")
async def websocket_endpoint(websocket: WebSocket, client_id: int):
    await manager.connect(websocket)
    times: deque[float] = deque(maxlen=MAX_PER_SECOND)  # of the last messages
    try:
        while True:
            data = await websocket.receive_text()
            now = time.monotonic()
            if len(times) == MAX_PER_SECOND and now - times[0] < 1:
                await websocket.close(1008, "too many messages")
                raise WebSocketDisconnect(1008)  # its leaving is told as any other
            times.append(now)
            await manager.send_personal_message(f"You wrote: {data}", websocket)
            await manager.broadcast(f"Client #{client_id} says: {data}")
    except WebSocketDisconnect:
        manager.disconnect(websocket)
        await manager.broadcast(f"Client #{client_id} has left the chat")
