"""The chat whose list belongs to one task.

From this folder: uvicorn main:app --reload
"""

import asyncio
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

root = Path(__file__).resolve().parents[4]

class ConnectionManager:
    def __init__(self):
        self.requests = asyncio.Queue()
        self.active_connections: list[WebSocket] = []  # only requests may use it

    async def run(self):
        """Does one request after the other: all hear one order."""
        while True:
            request, done = await self.requests.get()
            try:
                await request()
                done.set_result(None)
            except Exception as error:  # which is the asker's, and must not end the hub
                done.set_exception(error)

    async def do(self, request):
        done = asyncio.get_running_loop().create_future()
        await self.requests.put((request, done))
        await asyncio.shield(done)

    async def connect(self, websocket: WebSocket):
        async def request():
            await websocket.accept()
            self.active_connections.append(websocket)

        await self.do(request)

    async def disconnect(self, websocket: WebSocket):
        async def request():
            self.active_connections.remove(websocket)

        await self.do(request)

    async def send_personal_message(self, message: str, websocket: WebSocket):
        await websocket.send_text(message)

    async def broadcast(self, message: str):
        async def request():
            for connection in self.active_connections:
                # Of a client that is gone, its own endpoint tells.
                with suppress(WebSocketDisconnect, RuntimeError):
                    await connection.send_text(message)

        await self.do(request)


manager = ConnectionManager()


@asynccontextmanager
async def lifespan(app: FastAPI):
    hub = asyncio.create_task(manager.run())
    yield
    hub.cancel()


app = FastAPI(lifespan=lifespan)
app.mount("/static", StaticFiles(directory=root / "static"), name="static")


@app.get("/")
async def get():
    return FileResponse(root / "index.html")


@app.websocket("/ws/{client_id}")
async def websocket_endpoint(websocket: WebSocket, client_id: int):
    await manager.connect(websocket)
    try:
        while True:
            data = await websocket.receive_text()
            await manager.send_personal_message(f"You wrote: {data}", websocket)
            await manager.broadcast(f"Client #{client_id} says: {data}")
    except (WebSocketDisconnect, RuntimeError):  # RuntimeError: the hub found it gone before us
        await manager.disconnect(websocket)
        await manager.broadcast(f"Client #{client_id} has left the chat")
