"""What waits for the reader of a body is charged by its cost in memory: a client may send two bytes in each chunk."""

from __future__ import annotations

import asyncio
import select
import sys
import tracemalloc

import pytest
from connection.fake import Wire, turns
from connection.test_backpressure import small_client
from connection.tools import Gate, Inbox, in_loop, message, settle

from fastresp.core.body import HIGH_WATER, Body, whole
from fastresp.net.receiver import ROOM

MIB = 1 << 20
PAIR = b"2\r\nxx\r\n"


def cost(pieces) -> int:
    """The memory of so many objects, as the allocator rounds it."""
    return sum((sys.getsizeof(piece) + 15) // 16 * 16 + 8 for piece in pieces)


class Source:
    """A connection that notes when more is wanted."""

    def __init__(self) -> None:
        self.wanted = 0
        self.gathered: list[bytes] = []

    def want_body(self) -> None:
        self.wanted += 1

    def arm_deadline(self) -> None:
        pass

    def gather(self, pieces) -> None:
        self.gathered += pieces


class TestCharge:
    @pytest.mark.parametrize("size", [1, 2, 100, 1000, 65536])
    def test_full_is_about_what_it_costs(self, size):
        body = Body(Source())
        while not body.full():
            assert body.feed(bytes(bytearray(size))) is not body.full()
        # what grows has an eighth more than it needs
        assert HIGH_WATER // 2 <= cost(body._pieces) <= HIGH_WATER * 1.13 + size + 100

    def test_all_of_it_is_given_back(self):
        """However often it was full, the next piece finds it empty again, and more is wanted at half."""

        async def main():
            source = Source()
            body = Body(source)
            reader = aiter(body)
            sizes = []
            for _ in range(3):
                size = 0
                while not body.full():
                    body.feed(b"xx")
                    size += 2
                sizes.append(size)
                source.wanted = pieces = 0
                while size:
                    piece = await anext(reader)
                    pieces += 1
                    size -= len(piece)
                    assert piece == b"x" * len(piece)
                    assert bool(source.wanted) is (body._size < HIGH_WATER // 2)
                    assert not body.full()
                assert pieces < 120, "a reader that comes late would take so many in one turn"
            assert sizes[0] == sizes[1] == sizes[2]

        asyncio.run(main())

    def test_read_takes_it_all(self):
        async def main():
            source = Source()
            body = Body(source)
            while not body.full():
                body.feed(b"xx")
            reading = asyncio.ensure_future(body.read())
            await turns(3)
            assert not body.full()
            assert b"".join(source.gathered).strip(b"x") == b""
            body.end(b"whole")
            assert await reading == b"whole"

        asyncio.run(main())

    def test_a_body_that_is_there(self):
        assert asyncio.run(whole(b"xx" * MIB).read()) == b"xx" * MIB
        assert asyncio.run(whole(b"").read()) == b""


def test_what_is_read_ahead_has_a_bound(twin):
    gate = Gate()

    async def handle(request, responder):
        size = 0
        async for piece in request:
            await gate.passed()
            size += len(piece)
        responder.write(b"%d" % size, "text/plain")

    async def main():
        wire = Wire(twin, handle, max_body_size=100 * MIB)
        wire.feed(message("POST", "/", "Transfer-Encoding: chunked"))
        data = PAIR * 1000
        sent = 0
        tracemalloc.start()
        try:
            for _ in range(3000):
                if wire.transport.reading:
                    wire.feed(data)
                    sent += 1000
                await turns(1)
            size, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert not wire.transport.reading
        assert 2 * sent < HIGH_WATER + 2 * 1000
        assert size < 2 * HIGH_WATER + (0 if twin.compiled else ROOM)  # which all connections have together
        gate.open()
        for _ in range(10_000):
            await asyncio.sleep(0)
            if wire.transport.reading:
                break
        wire.feed(b"0\r\n\r\n")
        for _ in range(100_000):
            await asyncio.sleep(0)
            if wire.transport.sent:
                break
        assert wire.transport.sent.endswith(b"\r\n\r\n%d" % (2 * sent))
        wire.lose()

    asyncio.run(main())


def test_on_a_socket(serve):
    """Three readers that wait: the process does not grow by what their clients would send."""
    gate, waiting = Gate(), Inbox()

    async def handle(request, responder):
        size = 0
        async for piece in request:
            if not size:
                waiting.put()
                await gate.passed()
            size += len(piece)
        responder.write(b"%d" % size, "text/plain")

    server = serve(handle)
    clients = [small_client(server) for _ in range(3)]
    sent = []
    data = PAIR * 4000
    try:
        for client in clients:
            client.send(message("POST", "/", "Transfer-Encoding: chunked") + PAIR)
            waiting.get()
        in_loop(server, tracemalloc.start)
        for client in clients:
            client.socket.setblocking(False)
            count = 0
            while count < 16 * MIB and select.select([], [client.socket], [], 0.2)[1]:
                count += client.socket.send(data[count % len(PAIR) :])
            sent.append(count)
            assert count < 16 * MIB, "the client was never held back"
            client.socket.settimeout(10)
        settle(server)
        size, _ = in_loop(server, tracemalloc.get_traced_memory)
        in_loop(server, tracemalloc.stop)
        assert size < len(clients) * (2 * HIGH_WATER + 65536)  # and what the loop itself holds
        gate.open()
        for client, count in zip(clients, sent, strict=True):
            client.send(PAIR[count % len(PAIR) :] if count % len(PAIR) else b"")
            client.send(b"0\r\n\r\n")
            assert client.answer().body == b"%d" % (2 + 2 * -(-count // len(PAIR)))
    finally:
        tracemalloc.stop()
        for client in clients:
            client.socket.close()
