"""One connection's burst is dealt with in turns: other clients, signals and the server's end get theirs in between."""

from __future__ import annotations

import asyncio
import threading
from time import monotonic

import pytest
from client import TIMEOUT
from connection.test_drain import close
from connection.tools import Gate, Inbox, chunked, in_loop, message, settle, wait_for_no_connection

BURST = 200
REQUESTS = 16
PENDING = 4
"""Of those that are not answered at once."""
LONG = 0.01
"""Seconds that a turn takes where each of these is to have one of its own."""
SHARE = 0.002
"""Seconds that all but the first may take in one turn."""
PIECES = 256


class Turns:
    """Counts the turns of a server's loop; handlers `note` the path of each request."""

    def __init__(self) -> None:
        self.now = 0
        self.calls: list[tuple[int, str]] = []
        self._server = None
        self._counting = True

    def count(self, server) -> None:
        """Begins to count."""
        self._server = server
        in_loop(server, self._turn)

    def stop(self) -> None:
        self._counting = False
        settle(self._server)

    def _turn(self) -> None:
        if self._counting:
            self.now += 1
            self._server._loop.call_soon(self._turn)

    def note(self, path: str) -> None:
        self.calls.append((self.now, path))

    def most(self, first: int = 0) -> int:
        """Calls in one turn, from the call of that number on."""
        turns = [turn for turn, _ in self.calls[first:]]
        return max(turns.count(turn) for turn in set(turns))

    def between(self, first: str, last: str) -> int:
        found = {path: turn for turn, path in self.calls}
        return found[last] - found[first]


def plain(note):
    def handle(request, responder):
        note(request.path)
        responder.write(request.body or request.target, "text/plain")

    return handle


def coroutine(note):
    async def handle(request, responder):
        note(request.path)
        responder.write(await request.read() or request.target, "text/plain")

    return handle


def waiting(note):
    async def handle(request, responder):
        note(request.path)
        await asyncio.sleep(0)
        responder.write(await request.read() or request.target, "text/plain")

    return handle


def burst(count: int = BURST) -> bytes:
    return b"".join(message("GET", f"/{number}") for number in range(count))


KINDS = pytest.mark.parametrize("kind", [plain, coroutine, waiting])


@KINDS
class TestRequests:
    def test_so_many_a_turn(self, serve, connect, kind):
        turns = Turns()
        server = serve(kind(turns.note))
        client = connect(server)
        turns.count(server)
        client.send(burst())
        for number in range(BURST):
            assert client.answer().body == b"/%d" % number
        turns.stop()
        assert [path for _, path in turns.calls] == [f"/{number}" for number in range(BURST)]
        assert turns.most() <= REQUESTS

    @pytest.mark.parametrize("seconds", [SHARE, LONG])
    def test_fewer_where_they_take_long(self, serve, connect, kind, seconds):
        def note(path):
            turns.note(path)
            end = monotonic() + seconds
            while monotonic() <= end:
                pass

        turns = Turns()
        server = serve(kind(note))
        client = connect(server)
        turns.count(server)
        client.send(burst(20))
        for number in range(20):
            assert client.answer().body == b"/%d" % number
        turns.stop()
        assert turns.most() <= (2 if kind is plain else PENDING)
        if kind is not plain and seconds == LONG:  # they begin as plain ones do, within the read
            assert turns.most(PENDING) == 2

    def test_another_client_does_not_wait_for_the_last(self, serve, connect, kind):
        """It asks while the first of the burst is handled: its turn comes long before the burst is over."""
        turns, begun, asked = Turns(), Inbox(), threading.Event()

        def note(path):
            turns.note(path)
            if path == "/0":
                begun.put()
                asked.wait(TIMEOUT)

        server = serve(kind(note))
        client, other = connect(server), connect(server)
        other.get("/before")
        assert other.answer().body == b"/before"
        client.send(burst())
        begun.get()
        other.get("/other")
        asked.set()
        assert other.answer().body == b"/other"
        for number in range(BURST):
            assert client.answer().body == b"/%d" % number
        order = [path for _, path in turns.calls]
        assert order.index("/other") - order.index("/0") <= 4 * REQUESTS

    def test_the_server_ends_behind_what_has_come(self, serve, connect, kind):
        turns, begun, asked = Turns(), Inbox(), threading.Event()

        def note(path):
            turns.note(path)
            if path == "/20":
                begun.put()
                asked.wait(TIMEOUT)

        server = serve(kind(note))
        client = connect(server)
        client.send(burst())
        begun.get()
        closing = asyncio.run_coroutine_threadsafe(server.close(10.0), server._loop)
        asked.set()
        answers = [client.answer()]
        while not answers[-1].all(b"connection"):
            answers.append(client.answer())
        assert [answer.body for answer in answers] == [b"/%d" % number for number in range(len(answers))]
        assert len(answers) >= 21
        assert client.rest() == b""
        client.socket.close()  # or the server lingers, as it has not read all
        closing.result(TIMEOUT)
        assert len(turns.calls) == len(answers), "handled, and not answered"


@KINDS
class TestPieces:
    """A client may send a byte in each chunk."""

    COUNT = 4096

    def test_so_many_a_turn(self, serve, connect, kind):
        turns = Turns()
        server = serve(kind(turns.note))
        client = connect(server)
        turns.count(server)
        client.send(message("GET", "/before") + chunked("/chunks", *[b"x"] * self.COUNT) + message("GET", "/behind"))
        assert client.answer().body == b"/before"
        assert client.answer().body == b"x" * self.COUNT
        assert client.answer().body == b"/behind"
        turns.stop()
        assert turns.between("/before", "/behind") >= self.COUNT // PIECES - 1

    def test_another_client_does_not_wait_for_the_last(self, serve, connect, kind):
        turns, begun, asked = Turns(), Inbox(), threading.Event()

        def note(path):
            turns.note(path)
            if path == "/before":
                begun.put()
                asked.wait(TIMEOUT)

        server = serve(kind(note))
        client, other = connect(server), connect(server)
        other.get("/connected")
        assert other.answer().body == b"/connected"
        client.send(message("GET", "/before") + chunked("/chunks", *[b"x"] * self.COUNT) + message("GET", "/behind"))
        begun.get()
        other.get("/other")
        asked.set()
        assert other.answer().body == b"/other"
        assert [client.answer().body for _ in range(3)] == [b"/before", b"x" * self.COUNT, b"/behind"]
        order = [path for _, path in turns.calls]
        assert order.index("/other") < order.index("/behind")


def test_an_async_reader_of_single_bytes(serve, connect):
    """It reads along with what comes, and misses none."""
    count = 5000
    pieces = 0

    async def handle(request, responder):
        nonlocal pieces
        size = 0
        async for piece in request:
            pieces += 1
            size += len(piece)
        responder.write(b"%d" % size, "text/plain")

    client = connect(serve(handle))
    client.send(chunked("/", *[b"x"] * count) + message("GET", "/"))
    assert client.answer().body == b"%d" % count
    assert client.answer().body == b"0"


def test_many_small_chunks(serve, connect):
    """Chunks that the client takes at once, of an octet each: many turns all the same."""
    turns = Turns()

    async def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        for _ in range(3000):
            turns.note("")
            responder.write_chunk(b"x")
            await responder.drain()
        responder.write_end_chunked()

    server = serve(handle)
    client = connect(server)
    turns.count(server)
    client.get()
    assert len(client.answer().chunks) == 3000
    turns.stop()
    assert turns.most() <= PIECES


def test_late_answers_in_a_burst(serve, connect):
    """What waits for its answers is bounded, what goes on is dealt with in turns, and each gets its own answer."""
    turns, gate = Turns(), Gate()

    async def handle(request, responder):
        turns.note(request.path)
        await gate.passed()
        responder.write(request.target, "text/plain")

    server = serve(handle)
    client = connect(server)
    turns.count(server)
    client.send(burst(300))
    client.half_close()
    gate.open()
    for number in range(300):
        assert client.answer().body == b"/%d" % number
    assert client.rest() == b""
    turns.stop()
    assert turns.most() <= 2 * REQUESTS
    wait_for_no_connection(server)


def test_a_client_that_leaves_in_the_middle_of_its_burst(serve, connect):
    """The rest is not handled once that is known, and the server goes on."""
    turns, begun, left = Turns(), Inbox(), threading.Event()

    def handle(request, responder):
        turns.note(request.path)
        if request.path == "/0":
            begun.put()
            left.wait(TIMEOUT)
        responder.write(b"x" * 100, "text/plain")

    server = serve(handle)
    client = connect(server)
    client.send(burst())
    begun.get()
    client.reset()
    left.set()
    wait_for_no_connection(server)
    other = connect(server)
    other.get("/other")
    assert other.answer().status == 200
    closing = close(server)
    assert other.rest() == b""
    closing.result(TIMEOUT)
