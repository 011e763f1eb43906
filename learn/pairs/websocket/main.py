from json import JSONDecodeError

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/sum")
async def add(websocket: WebSocket):
    await websocket.accept()
    try:
        while True:
            numbers = await websocket.receive_json()
            await websocket.send_json({"sum": sum(numbers)})
    except (JSONDecodeError, TypeError):
        await websocket.close(1003, "want a list of numbers")
    except WebSocketDisconnect:
        print("gone")
