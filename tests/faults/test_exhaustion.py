"""The stack, or memory, runs out in the middle of a call: the request ends, and nothing is kept."""

from __future__ import annotations

import asyncio
import io
import sys
from contextlib import suppress

import pytest
from connection.fake import Transport, Wire, turns
from connection.tools import message, wait_for_no_connection

from fastresp import Config
from fastresp.net import sockopts

QUICK = {"write_timeout": 0.2}
"""The sweep comes every tenth of a second."""


def endless_tree(request, responder):
    def render():
        responder.write_chunk(b"x" * 100)
        render()

    responder.write_begin_chunked("text/plain")
    render()


def large_at_the_limit(request, responder):
    def descend():
        try:
            descend()
        except RecursionError:
            if "ready" in repr(responder):
                responder.write(b"x" * 300_000, "text/plain")

    descend()


async def endless_tree_in_a_task(request, responder):
    endless_tree(request, responder)


@pytest.mark.parametrize("handler", [endless_tree, endless_tree_in_a_task, large_at_the_limit])
def test_the_end_of_the_stack(serve, connect, handler):
    def plain(request, responder):
        if request.path == "/bad":
            return handler(request, responder)
        return responder.write(b"fine", "text/plain")

    server = serve(plain, **QUICK)
    client, other = connect(server), connect(server)
    client.get("/bad", "Connection: close")
    received = client.rest()  # the connection ends
    assert received == b"" or received.startswith(b"HTTP/1.1 ")
    assert not received.endswith(b"0\r\n\r\n")
    other.get()
    assert other.answer().body == b"fine"
    for each in (client, other):
        each.socket.close()
    wait_for_no_connection(server)


@pytest.mark.parametrize("call", ["writelines", "get_write_buffer_size", "can_write_eof"])
def test_an_answer_or_an_end_that_fails(twin, call):
    """Whatever of them memory or the stack does not hold, the next sweep ends the connection."""

    class Full(Transport):
        fails = False

    def fail(self, *arguments):
        if self.fails:
            raise MemoryError
        return getattr(super(Full, self), call)(*arguments)

    setattr(Full, call, fail)

    async def main():
        def handle(request, responder):
            transport.fails = True
            with suppress(MemoryError):
                responder.write(b"x" * 300_000, "text/plain")

        transport = Full()
        wire = Wire(twin, handle, transport=transport, **QUICK)
        transport.unsent = 1
        wire.feed(message("GET", "/", "Connection: close"))
        await turns()
        assert not transport.closed
        transport.fails = False
        wire.protocol.sweep(wire.service.now)
        assert transport.aborted
        wire.lose()

    asyncio.run(main())


def test_an_end_of_the_client_behind_what_was_lost(twin):
    """It must not have the loop end the connection as if the answer were whole."""

    async def main():
        class Full(Transport):
            def writelines(self, pieces):
                raise MemoryError

        def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            with pytest.raises(MemoryError):
                responder.write_chunk(b"x" * 300_000)
            kept.append(responder)

        kept = []
        wire = Wire(twin, handle, transport=Full(), **QUICK)
        wire.feed(message("GET", "/", version="1.0"))
        assert wire.protocol.eof_received()
        assert not wire.transport.closed
        wire.service.sweep()
        assert wire.transport.aborted
        wire.lose()
        kept.clear()

    asyncio.run(main())


def test_a_drain_beside_what_was_lost(twin):
    """A handler that writes on where something was lost leaves the loop its turns, and ends with its connection."""

    async def main():
        async def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            with pytest.raises(MemoryError):
                responder.write_chunk(b"x" * 300_000)
            while not responder.is_response_canceled:
                responder.write_chunk(b"y")
                await responder.drain()
            ended.append(True)

        class Full(Transport):
            def writelines(self, pieces):
                raise MemoryError

        ended: list[bool] = []
        transport = Full()
        wire = Wire(twin, handle, transport=transport, **QUICK)
        wire.feed(message("GET", "/"))
        await turns()
        assert not ended
        wire.service.sweep()
        assert transport.aborted
        await turns()
        assert ended
        wire.lose()

    asyncio.run(main())


def test_a_failure_between_two_requests(twin):
    """What fails in the reading is not the handlers': nothing more is handled, and the connection ends."""

    async def main():
        class Full(Transport):
            def pause_reading(self):
                raise MemoryError

        handled = []

        def handle(request, responder):
            handled.append(request.path)
            responder.write(b"fine", "text/plain")

        wire = Wire(twin, handle, transport=Full(), **QUICK)
        with pytest.raises(MemoryError):
            wire.feed(b"".join(message("GET", f"/{number}") for number in range(100)))
        count = len(handled)
        assert (not twin.compiled) <= count < 100  # compiled, a piece as it is takes no memory
        await turns()
        assert len(handled) == count
        wire.service.sweep()
        assert wire.transport.aborted
        wire.lose()

    asyncio.run(main())


def test_a_device_whose_reading_can_not_begin(twin, monkeypatch):
    """Its head has announced what will never come."""

    def fail(exchange, source):
        raise MemoryError

    class Device:
        closed = 0

        async def read(self, count):
            return b""

        def close(self):
            self.closed += 1

    async def main():
        monkeypatch.setattr(twin("core.device_answer"), "start_pump", fail)
        device = Device()
        wire = Wire(twin, lambda _, responder: responder.write(device, "text/plain"), **QUICK)
        wire.feed(message("GET", "/"))
        await turns()
        assert wire.transport.sent.startswith(b"HTTP/1.1 200 OK")
        assert not wire.transport.aborted
        wire.service.sweep()
        assert wire.transport.aborted
        assert device.closed == 1
        wire.lose()

    asyncio.run(main())


def test_a_measured_device_whose_reading_can_not_begin(twin, monkeypatch, caplog):
    """Its head is out: nothing but content may follow."""

    def fail(exchange, source):
        failed.set()
        raise MemoryError

    class Device:
        """Of a kind that is measured in a thread."""

        def __init__(self):
            content = io.BytesIO(bytes(200_000))
            self.read, self.seek, self.tell, self.close = content.read, content.seek, content.tell, content.close

        def seekable(self):
            return True

    async def main():
        monkeypatch.setattr(twin("core.device_answer"), "start_pump", fail)
        wire = Wire(twin, lambda _, responder: responder.write(Device(), "text/plain"), **QUICK)
        wire.feed(message("GET", "/"))
        await failed.wait()
        await turns()
        assert b"HTTP/1.1 500 " not in wire.transport.sent
        wire.service.sweep()
        assert wire.transport.aborted
        assert caplog.messages[0].startswith("an answer was broken off: ")
        wire.lose()

    failed = asyncio.Event()
    asyncio.run(main())


def test_what_comes_behind_what_was_lost_is_not_kept(twin):
    class Full(Transport):
        def writelines(self, pieces):
            raise MemoryError

    async def main():
        wire = Wire(twin, lambda _, responder: responder.write(b"x" * 300_000, "text/plain"), transport=Full(), **QUICK)
        with suppress(MemoryError):
            wire.feed(message("GET", "/"))
        data = b"z" * 100_000
        before = sys.getrefcount(data)
        wire.feed(data)
        assert sys.getrefcount(data) == before
        wire.lose()

    asyncio.run(main())


def test_a_close_that_fails_costs_the_next_client_nothing(server_class, connect, monkeypatch):
    """Its socket has the number of the one that asyncio's loop still has in its selector."""
    monkeypatch.setattr(sockopts, "unsent", lambda sock: 0)

    def handle(request, responder):
        if request.path == "/bad":
            loop = asyncio.get_running_loop()
            with monkeypatch.context() as patch:

                def fail(number):
                    raise RecursionError("of the test")

                patch.setattr(loop, "_remove_reader", fail)
                responder.write(b"bad", "text/plain")
        else:
            responder.write(b"fine", "text/plain")

    server = server_class(handle, config=Config(**QUICK))
    with server.background(host="127.0.0.1", port=0, loop_factory=asyncio.SelectorEventLoop):
        client = connect(server)
        client.get("/bad", "Connection: close")
        client.rest()
        wait_for_no_connection(server)
        for _ in range(3):
            other = connect(server)
            other.get()
            assert other.answer().body == b"fine"


def test_a_dropped_responder_at_the_end_of_the_stack(twin):
    """Where the loop can't be called, the sweep answers."""

    class Loop:
        """The running loop; while it is `full`, nothing more can be called."""

        def __init__(self) -> None:
            self.full = False
            self._loop = asyncio.get_running_loop()

        def __getattr__(self, name):
            return getattr(self._loop, name)

        def call_soon(self, *arguments, **more):
            if self.full:
                raise RecursionError("of the test")
            return self._loop.call_soon(*arguments, **more)

    async def main():
        kept = []
        loop = Loop()
        wire = Wire(twin, lambda _, responder: kept.append(responder), loop=loop)
        wire.feed(message("GET", "/"))
        loop.full = True
        kept.clear()
        loop.full = False
        await turns()
        assert wire.transport.sent == b""
        wire.service.sweep()
        await turns()
        assert wire.transport.sent.startswith(b"HTTP/1.1 500 ")
        wire.lose()

    asyncio.run(main())


@pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer needs memory, too")
@pytest.mark.parametrize("size", [10, 100_000])
@pytest.mark.parametrize("way", ["chunk", "end"])
def test_a_piece_that_memory_does_not_hold(twin, way, size):
    """No answer follows content that has a gap, as long as it may be."""
    memory = pytest.importorskip("_testcapi")
    piece = b"x" * size

    def handle(request, responder):
        if request.path == "/next":
            responder.write(b"next", "text/plain")
            return
        responder._begin_sized([("content-length", str(2 * size))], 200)
        responder.write_chunk(piece)
        call = responder.write_chunk if way == "chunk" else responder.write_end_chunked
        memory.set_nomemory(count, count + 1)
        try:
            call(piece)
        except MemoryError:
            memory.remove_mem_hooks()
            responder._fail()
        else:
            memory.remove_mem_hooks()
            if way == "chunk":
                responder.write_end_chunked()

    async def main():
        wire = Wire(twin, handle, **QUICK)
        wire.feed(message("GET", "/") + message("GET", "/next"))
        await turns()
        content = wire.transport.sent.partition(b"\r\n\r\n")[2]
        assert not content[: 2 * size].strip(b"x")
        if not content.endswith(b"next"):
            wire.protocol.sweep(wire.service.now + 60)  # it waits for nothing that may not come
            assert wire.transport.aborted or wire.transport.closed
        wire.lose()
        wire.service.close()
        return content.endswith(b"next")

    count = 0
    while not asyncio.run(main()):
        count += 1
    assert (not twin.compiled) <= count < 100  # compiled, a piece as it is takes no memory
