"""The chat with notices.

From this folder: uvicorn main:app --ws-max-size 65536
"""

import asyncio
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

QUEUE = 256  # messages that may wait for one client
PATIENCE = 0.1  # seconds that the room waits for a client whose queue is full
MAX_NOTICE = 1000  # bytes
CLOSING = 10  # seconds that a close may take to be sent
ORIGINS: set[str] = set()  # of other pages that may connect, as "https://chat.example"

root = Path(__file__).resolve().parents[4]

app = FastAPI()
app.mount("/static", StaticFiles(directory=root / "static"), name="static")


class Client:
    """A connection with an outgoing queue, and with a task that writes what is in it."""

    def __init__(self, websocket: WebSocket):
        self.websocket = websocket
        self.queue: asyncio.Queue[str] = asyncio.Queue(QUEUE)
        self.endpoint = asyncio.current_task()
        self.writer = asyncio.create_task(self.write())
        self.too_slow = False

    async def write(self):
        # A client that is gone is the reader's to notice: it may have left a last word to read.
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self.websocket.send_text(await self.queue.get())

    async def send_text(self, message: str):
        if self.too_slow or self.writer.done():
            return
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            await self.wait_for_room(message)

    async def wait_for_room(self, message: str):
        try:
            async with asyncio.timeout(PATIENCE):
                await self.queue.put(message)
        except TimeoutError:
            self.too_slow = True
            self.endpoint.cancel()

    async def close(self, code: int):
        self.writer.cancel()
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(CLOSING):  # it waits for a client that does not read
                await self.websocket.close(code)


class ConnectionManager:
    def __init__(self):
        self.active_connections: list[Client] = []
        self.lock = asyncio.Lock()  # one broadcast at a time: everyone reads the same order

    async def connect(self, websocket: WebSocket) -> Client:
        await websocket.accept()
        client = Client(websocket)
        self.active_connections.append(client)
        return client

    def disconnect(self, client: Client):
        self.active_connections.remove(client)

    async def broadcast(self, message: str):
        async with self.lock:
            for client in list(self.active_connections):  # a copy: clients leave at any await
                await client.send_text(message)


manager = ConnectionManager()


def is_local(host: str | None) -> bool:
    """Whether a host is this machine, whoever asks. Any other name may have been pointed here."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return f".{host}".endswith(".localhost")


def from_this_site(connection: WebSocket | Request) -> bool:
    origin = connection.headers.get("origin")  # a browser's page; other clients have none
    if origin is None or origin in ORIGINS:
        return True
    site, reached = urlsplit(origin), connection.scope["server"][0]
    if site.netloc != connection.headers.get("host"):
        return False
    return is_local(site.hostname) or not is_local(reached)


@app.get("/")
async def get():
    return FileResponse(root / "index.html")


@app.post("/say", status_code=204)
async def say(request: Request):  # with a plain def it would run in a thread, not in the loop
    if not from_this_site(request):
        raise HTTPException(403)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_NOTICE:
            raise HTTPException(413)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise HTTPException(400, "a notice is text in UTF-8") from None
    await manager.broadcast(f"Notice: {text}")


@app.websocket("/ws/{client_id}")
async def websocket_endpoint(websocket: WebSocket, client_id: int):
    if not from_this_site(websocket):
        await websocket.close()  # before accept: the answer is 403
        return
    client = await manager.connect(websocket)
    code = 1000
    try:
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            data = message.get("text")
            if data is None:
                code = 1003  # binary
                break
            await client.send_text(f"You wrote: {data}")
            # A broadcast that has begun reaches everyone, even if its speaker is cut off meanwhile.
            await asyncio.shield(manager.broadcast(f"Client #{client_id} says: {data}"))
    except asyncio.CancelledError:
        if not client.too_slow:
            raise
        code = 1008
    finally:
        manager.disconnect(client)
        await manager.broadcast(f"Client #{client_id} has left the chat")
        await client.close(code)
