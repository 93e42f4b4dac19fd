"""ASGI: an application that awaits nothing but `send` and `receive` does not keep the loop from the other clients."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import pytest
from adapters.asgi_applications import body, length, start
from connection.tools import Gate, Inbox, message, post

from fastresp.asgi import AsgiHandler


class Endless:
    """On /endless, does `step` again and again until the test is over, whatever it raises; answers all else at once."""

    def __init__(self, step, *fields) -> None:
        self.step = step
        self.fields = fields
        self.over = False
        self.begun = threading.Event()

    async def __call__(self, scope, receive, send):
        if scope["path"] != "/endless":
            await send(start())
            await send(body(b"fine"))
            return
        if self.step is send_trailers:
            await send(start(200, (b"trailer", b"etag"), trailers=True))
            await send(body(b"content"))
        elif self.step not in (listen, send_hints):
            await send(start(200, *self.fields))
        while not self.over:
            with suppress(OSError, RuntimeError, ValueError):  # its client is gone, or it ignores what it is told
                await self.step(receive, send)
            self.begun.set()


async def listen(receive, send):
    await receive()


async def send_content(receive, send):
    await send(body(b"x" * 10, more=True))


async def send_nothing(receive, send):
    await send(body(b"", more=True))


async def send_hints(receive, send):
    await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})


async def send_trailers(receive, send):
    await send({"type": "http.response.trailers", "headers": [], "more_trailers": True})


async def send_what_is_unknown(receive, send):
    await send({"type": "http.response.debug"})


async def send_too_much(receive, send):
    await send(body(b"more than there is to be", more=True))


CASES = {
    "content of a HEAD": (send_content, [], message("HEAD", "/endless")),
    "content of a HEAD with a length": (send_content, [length(5)], message("HEAD", "/endless")),
    "content": (send_content, [], message("GET", "/endless")),
    "nothing": (send_nothing, [], message("GET", "/endless")),
    "nothing of a length": (send_nothing, [length(5)], message("GET", "/endless")),
    "nothing behind the whole length": (send_nothing, [length(0)], message("GET", "/endless")),
    "early hints": (send_hints, [], message("GET", "/endless")),
    "early hints to HTTP/1.0": (send_hints, [], message("GET", "/endless", version="1.0")),
    "trailers": (send_trailers, [], message("GET", "/endless")),
    "an unknown event": (send_what_is_unknown, [], message("GET", "/endless")),
    "more than the length": (send_too_much, [length(5)], message("GET", "/endless")),
    "more than no content": (send_too_much, [length(0)], message("GET", "/endless")),
    "listening behind the disconnect": (listen, [], post("/endless", b"12345")[:-1]),
}


@pytest.mark.parametrize(("step", "fields", "request_"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("leaves", [True, False], ids=["the client leaves", "the client stays"])
def test_others_are_answered(serve, connect, step, fields, request_, leaves):
    app = Endless(step, *fields)
    server = serve(AsgiHandler(app))
    client, other = connect(server), connect(server)
    try:
        client.send(request_)
        if step is listen:
            client.half_close()
        assert app.begun.wait(10)
        if leaves:
            client.reset()
        for _ in range(3):
            other.get()
            assert other.answer().body == b"fine"
    finally:
        app.over = True


def test_early_hints_wait_for_their_client(serve, connect):
    """30 MB of them are not kept for a client that reads nothing."""
    begun, sent = threading.Event(), threading.Event()
    hint = {"type": "http.response.early_hint", "links": [b"<" + b"a" * 60_000 + b">"]}

    async def app(scope, receive, send):
        if scope["path"] == "/hints":
            begun.set()
            for _ in range(500):
                await send(hint)
            sent.set()
        await send(start())
        await send(body(b"fine"))

    server = serve(AsgiHandler(app))
    client, other = connect(server), connect(server)
    client.get("/hints")
    assert begun.wait(10)
    for _ in range(50):
        other.get()
        assert other.answer().body == b"fine"
    assert not sent.is_set()
    while (answer := client.answer()).status == 103:
        assert len(answer.one(b"link")) == 60_002
    assert answer.body == b"fine"


@pytest.mark.parametrize("size", [b"5", None])
def test_one_that_goes_on_behind_its_answer_to_head(serve, connect, size):
    """It is told, once: a client could have any number of them make content for nothing."""
    ended = Inbox()

    async def app(scope, receive, send):
        await send(start(200, *([length(5)] if size else [])))
        await send(body(b"x", more=True))
        try:
            await send(body(b"", more=True))
        except OSError as error:
            ended.put(type(error).__name__)
            raise
        ended.put("it goes on")

    client = connect(serve(AsgiHandler(app)))
    for _ in range(2):
        client.send(message("HEAD", "/"))
        assert client.answer("HEAD").all(b"content-length") == ([size] if size else [])
        assert ended.get() == "ClientDisconnected"


@pytest.mark.parametrize("pieces", [[b"12345"], [b"12", b"345"], [b"12", b"345", b"", b""]])
@pytest.mark.parametrize("end", ["says so", "returns", "raises"])
def test_one_that_goes_on_behind_its_last_byte(serve, connect, log, pieces, end):
    """It has not said that this is all: it is not told that its client has left, and what it does then is its own."""
    gates, ended = [Gate(), Gate()], Inbox()

    async def app(scope, receive, send):
        await receive()
        left = asyncio.ensure_future(receive())
        await send(start(200, length(5)))
        for piece in pieces:
            await send(body(piece, more=True))
        await gates[int(scope["query_string"])].passed()
        ended.put(left.done())
        if end == "raises":
            raise LookupError(end)
        if end == "says so":
            await send(body(b""))
            assert (await left)["type"] == "http.disconnect"

    client = connect(serve(AsgiHandler(app)))
    for number, gate in enumerate(gates):
        client.get(f"/?{number}")
        answer = client.answer()
        assert (answer.body, answer.all(b"connection")) == (b"12345", [])
        gate.open()
        assert ended.get() is False
        if end == "raises":
            log.wait_for("LookupError")
