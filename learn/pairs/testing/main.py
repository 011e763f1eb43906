from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.get("/double/{n}")
async def double(n: int):
    return {"double": 2 * n}


@app.websocket("/echo")
async def echo(websocket: WebSocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text.upper())
