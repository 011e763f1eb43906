import asyncio
from collections.abc import AsyncIterable

from fastapi import FastAPI
from fastapi.sse import EventSourceResponse, ServerSentEvent

app = FastAPI()
listeners: set[asyncio.Queue[str]] = set()


@app.get("/events", response_class=EventSourceResponse)
async def events() -> AsyncIterable[ServerSentEvent]:
    queue: asyncio.Queue[str] = asyncio.Queue(16)
    listeners.add(queue)
    try:
        yield ServerSentEvent(comment="listening")
        while True:
            yield ServerSentEvent(event="news", raw_data=await queue.get())
    finally:
        listeners.remove(queue)
        print("a listener has left")


@app.post("/news/{text}")
async def news(text: str):
    for queue in listeners:
        if not queue.full():  # a listener that is far behind misses it
            queue.put_nowait(text)
    return {"listeners": len(listeners)}
