"""A test of the chat: python main.py ../../../../fastapi/main.py

It uses a real server and real connections, because each read can then be given a time. What does
not come fails the test, where TestClient would wait for ever.
"""

import sys
import threading
import time
from pathlib import Path

import uvicorn
from websockets.sync.client import connect


def start(module: str) -> tuple[uvicorn.Server, int]:
    server = uvicorn.Server(uvicorn.Config(f"{module}:app", port=0, log_level="error"))
    threading.Thread(target=server.run).start()
    while not server.started:
        time.sleep(0.01)
    return server, server.servers[0].sockets[0].getsockname()[1]


def reads(websocket, *texts: str):
    for want in texts:
        got = websocket.recv(timeout=5)
        assert got == want, f"read {got!r}, want {want!r}"


def test_chat(port: int):
    url = f"ws://127.0.0.1:{port}/ws/"
    with connect(url + "2") as two:
        with connect(url + "1") as one:
            one.send("hi")
            reads(one, "You wrote: hi", "Client #1 says: hi")
            reads(two, "Client #1 says: hi")  # and not what is for the speaker alone
        reads(two, "Client #1 has left the chat")


if __name__ == "__main__":
    chat = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(chat.parent))
    server, port = start(chat.stem)
    try:
        test_chat(port)
    finally:
        server.should_exit = True
