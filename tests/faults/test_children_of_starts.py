"""A child that a start or an end forks ends where it comes back from there, and does no harm to its parent's loop."""

from __future__ import annotations

import os
import socket
import sys

import pytest
from server.clients import get, remarks

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a child elsewhere has no copy of the loop"),
    pytest.mark.filterwarnings("ignore:.* is multi-threaded:DeprecationWarning"),
]

APP = """
import asyncio, os, sys

async def fork(way):
    pid = os.fork()
    if pid == 0:
        if way == "exit":
            sys.exit(3)
        if way == "raise":
            raise LookupError("of the child's")
        return
    # hears of the thread's end by what the loop waits at
    _, status = await asyncio.to_thread(os.waitpid, pid, 0)
    print("child", os.waitstatus_to_exitcode(status), flush=True)

class Native:
    async def start_up(self):
        if WHERE == "start":
            await fork(WAY)

    def __call__(self, request, responder):
        responder.write(str(os.getpid()))

    async def shut_down(self):
        if WHERE == "end":
            await fork(WAY)
        print("put away", flush=True)

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            if WHERE == {"startup": "start", "shutdown": "end"}[event]:
                await fork(WAY)
            if event == "shutdown":
                print("put away", flush=True)
            await send({"type": f"lifespan.{event}.complete"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
"""
STATUS = {"exit": 3, "raise": 1, "return": 0}


@pytest.mark.parametrize("kind", ["Native()", "asgi"])
@pytest.mark.parametrize("way", STATUS)
@pytest.mark.parametrize("where", ["start", "end"])
def test_it_ends(site, kind, where, way):
    server = site(APP + f"WHERE, WAY = {where!r}, {way!r}\nhandle = {kind}\n", "--grace", "5")
    assert get(server.port) == (200, str(server.pid).encode())
    assert server.stop() == 0
    told = [*server.process.lines, *server.process.popen.stdout.read().splitlines()]
    assert f"child {STATUS[way]}" in told
    assert told.count("put away") == (2 if (where, way) == ("end", "return") else 1), told
    if way == "raise":
        assert server.log().count("Traceback") == 1
        assert " ERROR " not in server.log()
        assert "LookupError: of the child's" in server.log()
    else:
        assert remarks(server.log()) == []


@pytest.mark.parametrize("way", ["sock", "fd"])
def test_it_does_not_keep_a_socket_that_the_server_was_given(server_class, loop_factory, way):
    class Handler:
        status = None

        async def start_up(self):
            pid = os.fork()
            if pid == 0:
                try:
                    listening.getsockname()
                except OSError:
                    os._exit(0)
                os._exit(1)
            self.status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])  # noqa: ASYNC222 - it ends at once

        def __call__(self, request, responder):
            responder.write("fine")

    handler = Handler()
    listening = socket.create_server(("127.0.0.1", 0))
    where = {"sock": listening} if way == "sock" else {"fd": os.dup(listening.fileno())}
    with server_class(handler).background(loop_factory=loop_factory, **where) as server:
        assert get(server.port) == (200, b"fine")
    listening.close()
    assert handler.status == 0
