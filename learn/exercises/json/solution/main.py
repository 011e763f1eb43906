"""The chat that speaks JSON.

From this folder: uvicorn main:app --reload
"""

from pathlib import Path

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field, ValidationError

root = Path(__file__).resolve().parents[4]

app = FastAPI()
app.mount("/static", StaticFiles(directory=root / "static"), name="static")


class Message(BaseModel):
    """What a client sends. Without to it is for everyone."""

    model_config = ConfigDict(strict=True, extra="forbid")

    to: int | None = Field(None, ge=-(2**63), lt=2**63)
    text: str = Field(min_length=1, max_length=500)


class Told(BaseModel):
    """What clients are sent of it."""

    sender: int = Field(serialization_alias="from")
    to: int | None
    text: str

    def json_text(self) -> str:
        return self.model_dump_json(by_alias=True, exclude_none=True)


class Problem(BaseModel):
    error: str


class ConnectionManager:
    def __init__(self):
        self.active_connections: dict[WebSocket, int] = {}  # in the order of their coming

    async def connect(self, websocket: WebSocket, client_id: int):
        await websocket.accept()
        self.active_connections[websocket] = client_id

    def disconnect(self, websocket: WebSocket):
        del self.active_connections[websocket]

    async def send_personal_message(self, message: str, websocket: WebSocket):
        await websocket.send_text(message)

    async def broadcast(self, message: str):
        for connection in list(self.active_connections):  # a copy: clients leave at any await
            await connection.send_text(message)


manager = ConnectionManager()


@app.get("/")
async def get():
    return FileResponse(root / "index.html")


@app.websocket("/ws/{client_id}")
async def websocket_endpoint(websocket: WebSocket, client_id: int):
    await manager.connect(websocket, client_id)
    try:
        while True:
            data = await websocket.receive_text()
            try:
                message = Message.model_validate_json(data)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"])) or "the message"
                problem = Problem(error=f"{where}: {first['msg']}")
                await manager.send_personal_message(problem.model_dump_json(), websocket)
                continue
            told = Told(sender=client_id, to=message.to, text=message.text).json_text()
            if message.to is None:
                await manager.broadcast(told)
                continue
            ids = manager.active_connections
            found = [c for c, its_id in ids.items() if its_id == message.to]
            if not found:
                problem = Problem(error=f"there is no {message.to} here")
                await manager.send_personal_message(problem.model_dump_json(), websocket)
                continue
            for connection in dict.fromkeys([*found, websocket]):  # the sender once
                await manager.send_personal_message(told, connection)
    except WebSocketDisconnect:
        manager.disconnect(websocket)
        await manager.broadcast(f'{{"left": {client_id}}}')
