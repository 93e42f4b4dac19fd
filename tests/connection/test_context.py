"""Context variables: what one request's coroutine handler sets, no other one sees."""

from __future__ import annotations

import asyncio
import contextvars

import pytest
from connection.tools import Inbox, message, post

user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")


async def at_once(request, responder):
    before = user.get()
    user.set(request.path)
    responder.write({"before": before, "after": user.get()})


async def after_a_wait(request, responder):
    before = user.get()
    user.set(request.path)
    await asyncio.sleep(0)
    responder.write({"before": before, "after": user.get()})


async def after_the_body(request, responder):
    before = user.get()
    user.set(request.path)
    await request.read()
    responder.write({"before": before, "after": user.get()})


@pytest.mark.parametrize("handler", [at_once, after_a_wait, after_the_body])
class TestLeak:
    def test_to_the_next_request(self, serve, connect, handler):
        client = connect(serve(handler))
        for number in range(5):
            client.get(f"/{number}")
            assert client.answer().body == b'{"before":"nobody","after":"/%d"}' % number

    def test_among_pipelined_ones(self, serve, connect, handler):
        client = connect(serve(handler))
        client.send(b"".join(message("GET", f"/{number}") for number in range(20)))
        for number in range(20):
            assert client.answer().body == b'{"before":"nobody","after":"/%d"}' % number

    def test_to_another_connection(self, serve, connect, handler):
        server = serve(handler)
        for number in range(5):
            client = connect(server)
            client.send(post(f"/{number}", b"body"))
            assert client.answer().body == b'{"before":"nobody","after":"/%d"}' % number


class Generator:
    """A device that says in whose context it runs."""

    def __aiter__(self):
        return self.run()

    async def run(self):
        yield user.get().encode()


class Reading:
    """The same, in a thread; it also sets the variable there."""

    def __init__(self):
        self.pieces = [b"", b"!"]

    def read(self, size):
        if not self.pieces:
            return b""
        said = user.get().encode() + self.pieces.pop()
        user.set("a thread")
        return said if self.pieces else b""


@pytest.mark.parametrize("device", [Generator, Reading])
def test_a_device_runs_in_its_own_request(serve, connect, device):
    """Its turn comes when another client's handler ends the answer before it."""

    def handle(request, responder):
        user.set(request.query.get("as", "?"))
        if request.path == "/keep":
            kept.append(responder)
        elif request.path == "/device":
            responder.write(device(), "text/plain")
        else:
            kept.pop().write(b"late", "text/plain")
            responder.write(b"done", "text/plain")

    kept = []
    server = serve(handle)
    alice, mallory = connect(server), connect(server)
    for _ in range(2):
        alice.send(message("GET", "/keep?as=alice") + message("GET", "/device?as=alice"))
        while not kept:
            pass
        mallory.get("/answer?as=mallory")
        assert mallory.answer().body == b"done"
        assert alice.answer().body == b"late"
        assert alice.answer().body.startswith(b"alice")


def test_a_callback_runs_in_its_own_request(serve, connect):
    def handle(request, responder):
        user.set(request.query.get("as", "?"))
        if request.path == "/keep":
            responder.on_close(lambda: told.put(user.get()))
            kept.append(responder)
        else:
            kept.pop().write(b"late", "text/plain")
            responder.write(b"done", "text/plain")

    kept, told = [], Inbox()
    server = serve(handle)
    alice, mallory = connect(server), connect(server)
    alice.get("/keep?as=alice")
    while not kept:
        pass
    mallory.get("/answer?as=mallory")
    assert alice.answer().body == b"late"
    assert told.get() == "alice"
