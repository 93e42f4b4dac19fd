"""What one read brings: how much of it is kept, and how many reads of one client a turn of the loop has."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import suppress
from time import monotonic

import pytest
from connection.fake import Transport, Wire, turns
from connection.test_turns import SHARE, Turns
from connection.tools import Late, message, post

from fastresp.errors import BodyError


def hello(request, responder):
    responder.write(b"hello", "text/plain")


@pytest.mark.parametrize("rest", [b"\r\n", b"G", b"GET / HTTP/1.1\r\nHost: test\r\n"])
def test_what_is_used_is_not_kept(twin, rest):
    """A client may leave a part of a head there for as long as that may take."""

    async def main():
        wire = Wire(twin, hello)
        data = message("GET", "/" + "x" * 50_000) * 4 + rest
        before = sys.getrefcount(data)
        wire.feed(data)
        assert sys.getrefcount(data) == before
        wire.feed(message("GET", "/")[len(rest.lstrip()) :])
        assert wire.transport.sent.count(b"HTTP/1.1 200 OK") == 5
        wire.lose()

    asyncio.run(main())


def test_an_empty_line_keeps_nothing_of_the_request_before(twin):
    async def main():
        wire = Wire(twin, hello)
        data = message("GET", "/" + "x" * 50_000)
        before = sys.getrefcount(data)
        wire.feed(data)
        wire.feed(b"\r\n")
        assert sys.getrefcount(data) == before
        wire.lose()

    asyncio.run(main())


def test_what_comes_behind_the_last_request_is_not_kept(twin):
    """However long its handler takes."""

    async def main():
        late = Late()
        wire = Wire(twin, late)
        data = message("GET", "/", "Connection: close") + b"x" * 100_000
        before = sys.getrefcount(data)
        wire.feed(data)
        assert sys.getrefcount(data) == before
        late.calls.get()[1].write(b"hello", "text/plain")
        await turns()
        assert wire.transport.sent.endswith(b"hello")
        assert wire.transport.ended  # and not closed, which would reset the connection
        assert not wire.transport.closed
        wire.lose()

    asyncio.run(main())


def test_content_that_was_handed_on_is_not_kept(twin):
    async def handle(request, responder):
        with suppress(BodyError):
            async for _ in request:
                pass

    async def main():
        wire = Wire(twin, handle)
        wire.feed(message("POST", "/", "Content-Length: 200000"))
        piece = b"x" * 100_000
        before = sys.getrefcount(piece)
        wire.feed(piece)
        await turns()
        assert sys.getrefcount(piece) <= before + 1  # the handler's own
        wire.lose()
        await turns()

    asyncio.run(main())


def test_what_is_held_is_kept(twin):
    """A request that waits for an answer before it."""

    async def main():
        late = Late()
        wire = Wire(twin, late)
        wire.feed(message("GET", "/" + "x" * 50_000) + post("/second", b""))
        late.calls.get()[1].write(b"first", "text/plain")
        await turns()
        request, responder = late.calls.get()
        assert (request.method, request.path, request.headers["host"]) == ("POST", "/second", "test")
        responder.write(b"second", "text/plain")
        wire.lose()

    asyncio.run(main())


@pytest.mark.parametrize("size", [250_000, 2_000_000])
def test_reads_of_one_turn(serve, connect, size):
    """A loop that reads on, as long as each read fills its buffer, gives one client no more of a turn for that."""

    def handle(request, responder):
        turns.note(request.path)
        end = monotonic() + 2 * SHARE
        while monotonic() < end:
            pass
        responder.write(b"", "text/plain")

    turns = Turns()
    server = serve(handle)
    client = connect(server)
    turns.count(server)
    sender = threading.Thread(target=client.send, args=(post("/", bytes(size)) * 30,))
    sender.start()
    for _ in range(30):
        assert client.answer().status == 200
    sender.join()
    turns.stop()
    assert len(turns.calls) == 30
    assert turns.most() <= 4


class Answering(Transport):
    """Code that is not ours runs where reading pauses, as the collector may."""

    def __init__(self):
        super().__init__()
        self.late = []

    def pause_reading(self):
        super().pause_reading()
        late, self.late = self.late, []
        for responder in late:
            responder.write(b"late", "text/plain")


@pytest.mark.parametrize(
    "requests",
    [[message("GET", "/late")] * 2 + [message("GET", "/")] * 2, [message("GET", "/late"), post("/", b"")]],
    ids=["of which too many wait", "that wait for the first"],
)
def test_what_is_answered_while_reading_pauses(twin, requests):
    """The requests behind it are handled all the same."""

    def handle(request, responder):
        if request.path == "/late":
            transport.late.append(responder)
        else:
            responder.write(bytes(300_000) if request.path == "/large" else b"", "text/plain")

    async def main():
        wire = Wire(twin, handle, transport=transport)
        wire.feed(message("GET", "/large"))  # answers may be as large as that from now on
        wire.feed(b"".join(requests))
        await turns()
        assert transport.sent.count(b"HTTP/1.1 200 OK") == 1 + len(requests)
        wire.lose()

    transport = Answering()
    asyncio.run(main())
