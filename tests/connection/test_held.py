"""Answers whose turn has not come are held in memory: no further request is handled once they pass a mark."""

from __future__ import annotations

import asyncio
import logging
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from connection.fake import Wire, turns
from connection.test_bodies import MIB
from connection.tools import Gate, Inbox, Late, answer_late, in_loop, message, settle
from limits import clock

HELD = 262144
"""The mark."""
BEHIND = 63


def letters(number: int, size: int) -> bytes:
    return b"%c" % (97 + number % 26) * size


def ask(count: int = BEHIND) -> bytes:
    return message("GET", "/slow") + b"".join(message("GET", f"/{number}") for number in range(count))


class Slow:
    """Answers all but /slow at once, with `size` bytes each; that one when the test says so."""

    def __init__(self, size: int, make: Callable[[int, int], Any] = letters) -> None:
        self.size = size
        self.make = make
        self.slow = Inbox()
        self.count = 0  # handled behind it

    def __call__(self, request, responder):
        if request.path == "/slow":
            self.slow.put(responder)
            return
        self.count += 1
        responder.write(self.make(int(request.path[1:]), self.size), "text/plain")


class SlowCoroutine(Slow):
    async def __call__(self, request, responder):
        super().__call__(request, responder)


@pytest.mark.parametrize("size", [1000, 60_000, MIB])
def test_plain_handlers(serve, connect, size):
    handler = Slow(size)
    server = serve(handler)
    client = connect(server)
    client.send(ask())
    responder = handler.slow.get()
    settle(server)
    held = handler.count * size
    assert held <= HELD + size + 1000
    assert handler.count == BEHIND or held + size > HELD // 2, "held back too early"
    answer_late(server, responder, "at last")
    assert client.answer().body == b"at last"
    for number in range(BEHIND):
        assert client.answer().body == letters(number, size)
    assert handler.count == BEHIND


def test_heads_of_requests_in_progress(serve, connect):
    """What waits for its handler is charged with its head."""

    async def handle(request, responder):
        begun.put()
        await gate.passed()
        responder.write(b"late", "text/plain")

    begun, gate = Inbox(), Gate()
    server = serve(handle)
    client = connect(server)
    client.send(message("GET", "/" + "x" * 60_000, *[f"{name}: " + "y" * 30_000 for name in "ab"]) * 4)
    begun.take(2)
    settle(server)
    assert begun.count <= 3
    in_loop(server, gate.open)
    assert [client.answer().body for _ in range(4)] == [b"late"] * 4


def test_queries_of_requests_in_progress(serve, connect):
    """What waits for its handler may have had its query decoded, which takes many times its size."""

    async def handle(request, responder):
        begun.put(len(request.query.items()))
        await gate.passed()
        responder.write(b"late", "text/plain")

    begun, gate = Inbox(), Gate()
    server = serve(handle)
    client = connect(server)
    client.send(message("GET", "/?" + "a&" * 10_000) * 4)
    assert begun.take(2) == [10_000] * 2
    settle(server)
    assert begun.count == 2
    in_loop(server, gate.open)
    assert [client.answer().body for _ in range(4)] == [b"late"] * 4


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("access_log", [False, True])
def test_queries_of_answers_that_wait(twin, when, access_log, caplog):
    """An answer that is held keeps of its request what the access log needs."""
    caplog.set_level(logging.INFO, "fastresp.access")

    async def main():
        looked = []

        def handle(request, responder):
            if request.path == "/slow":
                slow.append(responder)
                return
            if when == "after":
                responder.write(b"small", "text/plain")
            looked.append(len(request.query.items()) + len(request.headers))
            if when == "before":
                responder.write(b"small", "text/plain")

        slow: list[Any] = []
        wire = Wire(twin, handle, access_log=access_log)
        asked = message("GET", "/?" + "a&" * 1000)
        wire.feed(message("GET", "/slow") + asked)
        await turns()
        tracemalloc.start()
        try:
            wire.feed(asked * 62)
            await turns(50)
            size, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(looked) == 63
        assert size < 63 * (2 * len(asked) + 3000)  # decoded, they take 168,000 each
        slow[0].write(b"at last", "text/plain")
        await turns(50)
        assert wire.transport.sent.count(b"HTTP/1.1 200 OK") == 64
        wire.lose()

    asyncio.run(main())
    told = [record.getMessage().partition("?")[0] for record in caplog.records]
    client = "127.0.0.1:50000"
    assert told.count(f'{client} "GET /') == (63 if access_log else 0)


def test_a_request_stays_what_it_was_behind_its_answer(twin):
    """Also where its answer has to wait."""

    async def main():
        same = []

        def handle(request, responder):
            if request.path == "/slow":
                slow.append(responder)
                return
            fields = request.headers
            responder.write(b"small", "text/plain")
            same.append(request.headers is fields)

        slow: list[Any] = []
        wire = Wire(twin, handle)
        wire.feed(message("GET", "/slow") + message("GET", "/"))
        assert same == [True]
        slow[0].write(b"at last", "text/plain")
        await turns()
        assert wire.transport.sent.count(b"HTTP/1.1 200 OK") == 2
        wire.lose()

    asyncio.run(main())


def test_they_are_handled_as_answers_go_out(twin):
    """Two slow ones: when the first is answered, and the second is not, what is held is bounded again."""

    async def main():
        handler = Slow(100_000)
        wire = Wire(twin, handler)
        wire.feed(ask(20) + ask(20))
        await turns()
        assert 2 <= handler.count <= 3
        assert not wire.transport.reading
        handler.slow.get().write(b"first", "text/plain")
        await turns(50)
        assert 20 < handler.count <= 23
        assert wire.transport.sent.count(b"HTTP/1.1 200 OK\r\n") == 21
        handler.slow.get().write(b"second", "text/plain")
        await turns(50)
        assert handler.count == 40
        assert wire.transport.sent.count(b"HTTP/1.1 200 OK\r\n") == 42
        assert wire.transport.reading
        wire.lose()

    asyncio.run(main())


@pytest.mark.parametrize("size", [1000, MIB])
def test_coroutines_beside_a_large_answer(serve, connect, size):
    """How much a handler will send is not known before: it is taken to be as much as the largest of late."""
    handler = SlowCoroutine(size)
    server = serve(handler)
    client = connect(server)

    def round_of(count: int) -> int:
        client.send(ask(count))
        responder = handler.slow.get()
        settle(server)
        before = handler.count
        answer_late(server, responder, "at last")
        assert client.answer().body == b"at last"
        for number in range(count):
            assert client.answer().body == letters(number, size)
        return before

    round_of(1)  # the largest of late is known
    done = handler.count
    begun = round_of(BEHIND) - done
    assert begun >= 10 if size == 1000 else begun == 1
    assert handler.count == done + BEHIND


def test_coroutines_that_wait_count_as_much(twin):
    gate = Gate()

    async def handle(request, responder):
        seen.append(request.path)
        if request.path != "/large":
            await gate.passed()
        responder.write(letters(0, 100_000), "text/plain")

    seen: list[str] = []

    async def main():
        wire = Wire(twin, handle)
        wire.feed(message("GET", "/slow") + message("GET", "/large"))
        await turns()
        wire.feed(message("GET", "/again") * 40)
        await turns()
        # one is first in the line and held by nothing; one is held; each of the others may bring as much
        assert 3 <= len(seen) <= 5
        gate.open()
        for _ in range(200):
            await asyncio.sleep(0.001)
            if len(seen) == 42:
                break
        await turns()
        assert len(seen) == 42
        assert wire.transport.sent.count(b"HTTP/1.1 200 OK\r\n") == 42
        wire.lose()

    asyncio.run(main())


def test_what_was_large_is_forgotten(twin):
    """A thousandth of it a second."""
    late = Late()

    async def scene(wire, time):
        wire.feed(message("GET", "/") * 2)
        (_, first), (_, second) = late.calls.take(2)
        second.write(letters(0, MIB), "text/plain")
        first.write(b"first", "text/plain")
        await turns()
        wire.feed(message("GET", "/") * 40)
        await turns()
        assert late.calls.count == 4
        await time.goes_on(5000.0)
        late.calls.get()[1].write(b"third", "text/plain")
        await turns()
        assert late.calls.count == 14  # 10 behind the first that is not answered
        wire.lose()

    clock.play(twin, late, scene)


@pytest.mark.parametrize("kind", [Slow, SlowCoroutine])
def test_small_files(serve, connect, tmp_path, kind):
    size = 60_000
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    handler = kind(size, lambda number, size: path)
    server = serve(handler)
    client = connect(server)
    for _ in range(2):  # what a coroutine sends is not known the first time
        before = handler.count
        client.send(ask())
        responder = handler.slow.get()
        settle(server)
        begun = handler.count - before
        answer_late(server, responder, "at last")
        assert client.answer().body == b"at last"
        for _ in range(BEHIND):
            assert client.answer().body == b"x" * size
    assert begun * size <= HELD + size


def test_large_files_are_not_read_before_their_turn(serve, connect, tmp_path):
    size = MIB
    path = tmp_path / "file"
    path.write_bytes(b"a" * size)
    handler = Slow(size, lambda number, size: path)
    server = serve(handler)
    client = connect(server)
    client.send(ask(20))
    responder = handler.slow.get()
    settle(server)
    assert handler.count == 1, "one file is open, of which only the head is held"
    with path.open("r+b") as file:
        file.write(b"b" * size)
    answer_late(server, responder, "at last")
    assert client.answer().body == b"at last"
    for _ in range(20):
        assert client.answer().body == b"b" * size


def test_devices_are_not_read_before_their_turn(serve, connect):
    reads = Inbox()

    class Device:
        def __init__(self):
            self.left = 3

        async def read(self, size):
            reads.put()
            self.left -= 1
            return b"piece" if self.left >= 0 else b""

    handler = Slow(0, lambda number, size: Device())
    server = serve(handler)
    client = connect(server)
    client.send(ask(20))
    responder = handler.slow.get()
    settle(server)
    assert reads.count == 0
    in_loop(server, responder.write, b"at last")
    assert client.answer().body == b"at last"
    for _ in range(20):
        assert client.answer().body == b"piece" * 3
