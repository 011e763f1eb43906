from typing import Annotated

from fastapi import Depends, FastAPI, Query, WebSocket, WebSocketException

app = FastAPI()
tickets = {"ann's ticket": "ann"}


def user_of(ticket: Annotated[str, Query()] = "") -> str:
    if ticket not in tickets:
        raise WebSocketException(1008)
    return tickets[ticket]


@app.websocket("/hello")
async def hello(websocket: WebSocket, user: Annotated[str, Depends(user_of)]):
    await websocket.accept()
    await websocket.send_text(f"Hello {user}")
    await websocket.close()
