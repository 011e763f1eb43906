"""The chat that tells the time.

From this folder: uvicorn main:app --reload
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
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


async def tick(websocket: WebSocket):
    with suppress(WebSocketDisconnect, RuntimeError):  # the endpoint tells that it is gone
        while True:
            await asyncio.sleep(1)
            await websocket.send_text(f"It is {datetime.now():%H:%M:%S}")


@app.websocket("/ws/{client_id}")
async def websocket_endpoint(websocket: WebSocket, client_id: int):
    await manager.connect(websocket)
    ticking = asyncio.create_task(tick(websocket))
    try:
        while True:
            data = await websocket.receive_text()
            await manager.send_personal_message(f"You wrote: {data}", websocket)
            await manager.broadcast(f"Client #{client_id} says: {data}")
    except WebSocketDisconnect:
        pass
    finally:
        ticking.cancel()
        manager.disconnect(websocket)
        await manager.broadcast(f"Client #{client_id} has left the chat")
