"""Time-outs on a clock that the test turns: none is early, none is late by more than the sweep takes to come round."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

import pytest
from connection.fake import Transport, Wire, turns
from connection.tools import Late, message, post


class Clock:
    """Turns the time of the loop that runs, one of asyncio's own."""

    def __init__(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._now = 1000.0
        self._due: tuple[float, Callable[[], object]] | None = None
        loop.time = self.time  # type: ignore[method-assign]
        loop.call_later = self.call_later  # type: ignore[assignment,method-assign]

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: Any) -> asyncio.Handle:
        self._due = (self._now + delay, partial(callback, *arguments))
        return asyncio.Handle(callback, arguments, self._loop)

    async def goes_on(self, seconds: float) -> None:
        """Time passes; what falls due is done, a little late as in any loop."""
        end = self._now + seconds
        while self._due is not None and self._due[0] + 0.001 <= end:
            due, callback = self._due
            self._due = None
            self._now = due + 0.001
            callback()
            await turns(3)
        self._now = end
        await turns(3)


def hello(request, responder):
    responder.write(request.body or b"hello", "text/plain")


@pytest.fixture
def play(twin):
    """Runs `scene(wire, clock)` on a connection that has just been made."""

    def play(handler, scene, **config):
        async def main() -> None:
            clock = Clock()
            wire = Wire(twin, handler, **config)
            wire.service.open()
            await scene(wire, clock)
            wire.service.close()
            wire.lose()

        asyncio.run(main())

    return play


OFFSETS = pytest.mark.parametrize("offset", [0.0, 0.3, 0.49, 0.9])


@OFFSETS
def test_keep_alive(play, offset):
    async def scene(wire, clock):
        await clock.goes_on(offset)
        for _ in range(20):
            wire.feed(message("GET", "/"))
            await clock.goes_on(0.99)
            assert not wire.transport.closed, "closed early"
        await clock.goes_on(1.1)
        assert wire.transport.closed
        assert wire.transport.sent.count(b"HTTP/1.1") == 20

    play(hello, scene, keep_alive_timeout=1.0)


@OFFSETS
def test_head(play, offset):
    async def scene(wire, clock):
        wire.feed(message("GET", "/"))
        await clock.goes_on(offset)
        for byte in (b"G", b"E", b"T"):
            wire.feed(byte)
            await clock.goes_on(0.33)
        assert wire.transport.sent.count(b"HTTP/1.1") == 1, "refused early"
        await clock.goes_on(1.1)
        assert b"HTTP/1.1 408 Request Timeout\r\n" in wire.transport.sent

    play(hello, scene, head_timeout=1.0)


def test_heads_of_a_burst_that_takes_long(play):
    """All have come; what is late with them is the server."""

    async def scene(wire, clock):
        wire.feed(message("GET", "/") * 1000)
        await clock.goes_on(5)
        assert 0 < wire.transport.sent.count(b"HTTP/1.1 200") < 1000
        await turns(100)
        assert wire.transport.sent.count(b"HTTP/1.1 200") == 1000
        assert b"408" not in wire.transport.sent

    play(hello, scene, head_timeout=1.0)


@pytest.mark.parametrize("requests", [0, 1])
def test_empty_lines_give_no_time(play, requests):
    async def scene(wire, clock):
        wire.feed(message("GET", "/") * requests)
        seconds = 0.0
        for _ in range(8):
            if not wire.transport.closed:
                wire.feed(b"\r\n")
                await clock.goes_on(0.9)
                seconds += 0.9
        assert wire.transport.closed
        assert seconds < 4
        assert wire.transport.sent.count(b"HTTP/1.1") == requests

    play(hello, scene, head_timeout=1.0, keep_alive_timeout=1.0)


def test_an_empty_line_behind_content(play):
    """It is none of the content's, whose time is over with its last octet."""

    async def scene(wire, clock):
        request = post("/", b"body")
        wire.feed(request[:-4])
        await clock.goes_on(0.5)
        wire.feed(request[-4:] + b"\r\n")
        await clock.goes_on(5)
        assert wire.transport.sent.count(b"HTTP/1.1") == 1
        assert not wire.transport.closed
        wire.feed(message("GET", "/"))
        await clock.goes_on(5)
        assert wire.transport.sent.count(b"HTTP/1.1 200") == 2

    play(hello, scene, body_timeout=1.0, keep_alive_timeout=8.0)


@pytest.mark.parametrize("before", [b"", message("GET", "/")])
def test_an_end_behind_an_empty_line(play, before):
    async def scene(wire, clock):
        wire.feed(before + b"\r\n")
        wire.protocol.eof_received()
        await turns()
        assert wire.transport.closed

    play(hello, scene)


def test_an_end_in_content_that_is_dropped(play):
    async def scene(wire, clock):
        wire.feed(post("/", b"body")[:-1])
        await turns()
        assert wire.transport.sent.count(b"HTTP/1.1 200") == 1
        wire.protocol.eof_received()
        await turns()
        assert wire.transport.closed
        assert wire.transport.sent.count(b"HTTP/1.1") == 1

    async def ignore(request, responder):
        responder.write(b"", "text/plain")

    play(ignore, scene)


def test_what_comes_behind_the_last_request(play):
    """It is dropped for a moment only."""

    async def scene(wire, clock):
        wire.feed(message("GET", "/", "Connection: close") + b"GET /")
        assert wire.transport.ended
        await clock.goes_on(4.1)
        assert wire.transport.closed

    play(hello, scene)


def test_each_head_has_its_time(play):
    """Also where it begins in the read that brings the last one."""

    async def scene(wire, clock):
        head = message("GET", "/")
        wire.feed(head[:9])
        for _ in range(10):
            await clock.goes_on(0.9)
            wire.feed(head[9:] + head[:9])
        assert wire.transport.sent.count(b"HTTP/1.1 200") == 10
        await clock.goes_on(2.2)
        assert b"HTTP/1.1 408 Request Timeout\r\n" in wire.transport.sent

    play(hello, scene, head_timeout=1.0)


@OFFSETS
def test_body_is_between_reads(play, offset):
    async def scene(wire, clock):
        await clock.goes_on(offset)
        wire.feed(post("/", b"0123456789")[:-10])
        for byte in b"01234567":
            await clock.goes_on(0.99)
            assert wire.transport.sent == b"", "refused early"
            wire.feed(bytes([byte]))
        await clock.goes_on(2.2)
        assert wire.transport.sent.startswith(b"HTTP/1.1 408 Request Timeout\r\n")

    play(hello, scene, body_timeout=1.0)


@OFFSETS
def test_write_is_without_progress(play, offset):
    async def scene(wire, clock):
        await clock.goes_on(offset)
        wire.protocol.pause_writing()
        for left in range(100, 80, -1):
            wire.transport.unsent = left
            await clock.goes_on(0.99)
            assert not wire.transport.aborted, "dropped early"
        await clock.goes_on(3.0)
        assert wire.transport.aborted

    play(hello, scene, write_timeout=1.0)


def test_a_handler_may_take_its_time(play):
    late = Late()

    async def scene(wire, clock):
        wire.feed(message("GET", "/"))
        _, responder = late.calls.get()
        await clock.goes_on(100000)
        assert not wire.transport.closed
        assert wire.transport.sent == b""
        responder.write(b"at last", "text/plain")
        await turns()
        assert wire.transport.sent.endswith(b"at last")

    play(late, scene)


def test_a_failure_costs_no_other_connection(play, log):
    """What one look raises is logged, and the others are looked after."""
    wire_service = None

    class Failing:
        def sweep(self, now):
            wire_service.connections.discard(self)
            raise MemoryError("on purpose")

    async def scene(wire, clock):
        nonlocal wire_service
        wire_service = wire.service
        wire_service.connections.add(Failing())
        await clock.goes_on(2)
        log.expect("looking after a connection failed", "on purpose")
        await clock.goes_on(10)
        assert wire.transport.closed

    play(hello, scene, keep_alive_timeout=5, head_timeout=5)


@pytest.mark.parametrize("look", ["sweep", "drain"])
def test_many_looks_take_many_turns(play, look):
    """Ending thousands of connections whose time is over together must not hold up the others."""

    class Connection:
        def sweep(self, now):
            looked.append(self)
            end = monotonic() + 0.001
            while monotonic() < end:
                pass

        def drain(self):
            self.sweep(0)

        def abort(self):
            pass

    async def scene(wire, clock):
        wire.service.connections.update(Connection() for _ in range(100))
        if look == "sweep":
            wire.service.sweep()
            wire.service.sweep()  # one of them is under way
        else:
            wire.service.drain()
            await clock.goes_on(0.1)
        assert 0 < len(looked) < 50
        await turns(200)
        assert len(looked) == 100 == len(set(looked))
        wire.service.connections.clear()

    looked: list[Connection] = []
    play(hello, scene)


def test_a_clock_that_stands_still(play, twin):
    """Memory ran out as its next tick was asked for: the next connection starts it again."""

    async def scene(wire, clock):
        clock._due = None
        await clock.goes_on(60)
        assert not wire.transport.closed
        other = Transport()
        protocol = twin("http1.connection").new_connection(wire.service)
        protocol.connection_made(other)
        await turns()
        await clock.goes_on(12)
        assert wire.transport.closed
        assert other.closed
        protocol.connection_lost(None)

    play(hello, scene, keep_alive_timeout=5, head_timeout=5)
