"""A logging handler that raises costs a line of the log, wherever the line comes from: never the server's end."""

from __future__ import annotations

import ast
import signal
from pathlib import Path

from connection.tools import message
from server.clients import get

import fastresp

APP = """
import asyncio, logging, sys

class Broken(logging.Handler):
    def emit(self, record):
        raise RuntimeError("the log is away")

logging.getLogger("fastresp").addHandler(Broken())

class Handler:
    async def __call__(self, request, responder):
        if request.path == "/task":
            async def leave():
                sys.exit(3)
            self.task = asyncio.create_task(leave())
        elif request.path == "/slow":
            print("working", flush=True)
            await asyncio.sleep(0.5)
        responder.write("whole")

    async def drained(self):
        raise LookupError

    async def shut_down(self):
        print("shut down", flush=True)
        raise LookupError

handle = Handler()

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise LookupError
    if scope["path"] == "/left":
        print("working", flush=True)
        while (await receive())["type"] != "http.disconnect":
            pass
        print("told", flush=True)
        raise LookupError
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"whole"})
"""

METHODS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def test_the_end(site):
    server = site(APP, "--grace", "20")
    assert get(server.port, "/task") == (200, b"whole")
    with server.connect() as client:
        client.send(message("GET", "/slow"))
        server.process.wait_for("(working)")
        server.process.popen.send_signal(signal.SIGTERM)
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"whole")
    server.process.wait_for("(shut down)")
    assert server.process.popen.wait(30) == 0


def test_an_application_whose_client_has_left(site):
    server = site(APP + "handle = asgi\n", "--grace", "20")
    with server.connect() as client:
        client.send(message("GET", "/left"))
        server.process.wait_for("(working)")
    server.process.wait_for("(told)")
    assert get(server.port) == (200, b"whole")
    assert server.stop() == 0


def test_every_line_goes_through_report():
    """No module but faults.py calls a logger's methods."""
    root = Path(fastresp.__file__).parent
    found = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in root.rglob("*.py")
        if path != root / "core" / "faults.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in METHODS
        and isinstance(node.func.value, (ast.Name, ast.Call))
        and ast.unparse(node.func.value).startswith(("log", "getLogger"))
    ]
    assert found == []
