import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect

sockets: set[WebSocket] = set()


async def send_all(text: str):
    for socket in list(sockets):  # a copy: sockets come and go at each await
        try:
            await socket.send_text(text)
        except (RuntimeError, WebSocketDisconnect):
            sockets.discard(socket)


async def clock():
    while True:
        await asyncio.sleep(0.1)
        await send_all("tick")


@asynccontextmanager
async def lifespan(app: FastAPI):
    task = asyncio.create_task(clock())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)


@app.post("/news")
async def news(request: Request):
    await send_all((await request.body()).decode())


@app.websocket("/ws")
async def listen(websocket: WebSocket):
    await websocket.accept()
    sockets.add(websocket)
    try:
        async for _ in websocket.iter_text():
            pass
    finally:
        sockets.discard(websocket)
