"""Runs uvicorn, and writes down where each handler of the app's file is. The file stays as it is.

WATCH_ADDR is where the events go, as lines of JSON; the commands come back: "block 34", "release",
"ask". Each resumption of a coroutine is a call to Python's tracing, and each suspension a return.
"""

import ast
import asyncio
import dis
import json
import os
import socket
import sys
import threading
from contextvars import ContextVar

import uvicorn

SOURCE = os.environ["WATCH_SOURCE"]
ENDPOINT = os.environ["WATCH_ROOTS"]
BLOCK = 10  # seconds: less than uvicorn's pings take to give up

tool = socket.create_connection(os.environ["WATCH_ADDR"].split(":"))
tool.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
writing = threading.Lock()
client = ContextVar("client", default=0)  # of this task; the tasks that it starts have it, too
block = {"line": 0, "released": threading.Event()}
names = {}  # the loop, and the app's globals, once they are known
passing = []  # functions that a suspension of an inner one passes next
last_list = []


def emit(kind, **event):
    try:
        with writing:
            tool.sendall(json.dumps({"kind": kind, **event}).encode() + b"\n")
    except OSError:
        os._exit(1)  # nobody watches any more


def client_of(value):
    """The client whose connection this is: a WebSocket, or something that has one."""
    websocket = getattr(value, "websocket", value)
    params = getattr(websocket, "path_params", None) or {}
    return int(params.get("client_id", 0)) if isinstance(params, dict) else 0


def chain(frame):
    """The frames of the app's file, from the outermost of this task inward."""
    frames = []
    while frame:
        if frame.f_code.co_filename == SOURCE:
            frames.insert(0, frame)
        frame = frame.f_back
    return frames


class Function:
    """One call of a function. Its method trace is told of each step, to the end."""

    def __init__(self, frame):
        self.raised = None
        self.skipped = set()
        self.code = frame.f_code.co_code
        self.lines = {line for _, _, line in frame.f_code.co_lines() if line}
        if frame.f_code.co_name == ENDPOINT:
            client.set(int(frame.f_locals["client_id"]))
            names.update(loop=asyncio.get_running_loop(), app=frame.f_globals)
        self.tell(frame, "call")

    def tell(self, frame, kind, up_to=None, **more):
        global last_list
        frames = chain(frame)
        root = frames[0].f_code.co_name
        about = {"client": client.get(), "part": "" if root == ENDPOINT else root}
        connections = list(map(client_of, names["app"]["manager"].active_connections))
        if connections != last_list:
            last_list = connections
            emit("list", list=connections)
        if len(frames) > 1:
            about["to"] = ([0] + [to for to in map(client_of, frame.f_locals.values()) if to])[-1]
        emit(kind, **about, lines=[f.f_lineno for f in frames[:up_to]], **more)
        if kind == "line" and frame.f_lineno == block["line"]:
            self.stand(about, frames)

    def stand(self, about, frames):
        """As time.sleep would: nobody else runs meanwhile."""
        block["line"] = 0
        block["released"].clear()
        lines = [frame.f_lineno for frame in frames]
        emit("held", **about, lines=lines)
        block["released"].wait(BLOCK)
        emit("released", **about, lines=lines)

    def trace(self, frame, what, arg):
        try:
            if what == "line":
                self.skipped.discard(frame.f_lineno)
                self.tell(frame, "line")
            elif what == "exception":
                self.excepted(frame, *arg)
            elif what == "return":
                self.returned(frame)
        except Exception as fault:  # the chat must not notice
            stop(fault)
        return self.trace

    def excepted(self, frame, kind, value, _):
        # Python 3.11 reports the end of what is awaited as an exception.
        if kind in (StopIteration, StopAsyncIteration) or value is self.raised:
            return
        self.raised = value
        self.skipped = {line for line in self.lines if line > frame.f_lineno}
        self.tell(frame, "raise", name=kind.__name__, value=str(value))

    def returned(self, frame):
        operation = dis.opname[self.code[frame.f_lasti]]
        if operation in ("YIELD_VALUE", "RESUME"):  # RESUME: Python 3.13
            if passing and passing[-1] is frame:
                passing.pop()
            else:
                passing[:] = chain(frame)[:-1]
                self.tell(frame, "wait")
            return
        more = {"name": frame.f_code.co_name}
        if not operation.startswith("RETURN_"):
            more["value"] = type(self.raised).__name__
        if self.raised:
            more["skipped"] = sorted(self.skipped)
        if len(chain(frame)) == 1:
            self.tell(frame, "end", **more)
        else:
            self.tell(frame, "return", -1, **more)


def stop(fault):
    sys.settrace(None)
    emit("fault", value=repr(fault))


def trace(frame, what, arg):
    if frame.f_code.co_filename != SOURCE:
        return None
    if frame.f_trace:
        return frame.f_trace  # a coroutine goes on
    if frame.f_code.co_name != ENDPOINT and not client.get():
        return None  # it is no handler's
    try:
        return Function(frame).trace
    except Exception as fault:
        stop(fault)
        return None


def ask():
    """Where the tasks stand, by what each of them awaits."""
    where = []
    for task in asyncio.all_tasks():
        coroutine, lines, who = task.get_coro(), [], 0
        while coroutine is not None:
            frame = getattr(coroutine, "cr_frame", None)
            if frame and frame.f_code.co_filename == SOURCE:
                lines.append(frame.f_lineno)
                who = who or int(frame.f_locals.get("client_id", 0))
            coroutine = getattr(coroutine, "cr_await", None)
        if who:
            where.append([who, *lines])
    emit("asked", value=json.dumps(sorted(where)))


def listen():
    for line in tool.makefile():
        command, _, number = line.strip().partition(" ")
        if command == "block":
            block["line"] = int(number)
            emit("armed", lines=[int(number)])
        elif command == "release":
            block["line"] = 0
            block["released"].set()
        elif command == "ask" and "loop" in names:
            names["loop"].call_soon_threadsafe(ask)
    os._exit(1)


def executable():
    """The lines at which a handler can be blocked: those of statements within functions."""
    with open(SOURCE, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    within = [node for f in functions for node in ast.walk(f) if node is not f]
    return sorted({node.lineno for node in within if isinstance(node, ast.stmt)})


tool.sendall(os.environ["WATCH_TOKEN"].encode() + b"\n")
emit("hello", list=executable())
threading.Thread(target=listen, daemon=True).start()
sys.settrace(trace)
uvicorn.main()
