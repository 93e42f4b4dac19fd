"""Neither side runs ahead of the other: what waits on the server has a bound, and all of it arrives in the end."""

from __future__ import annotations

import asyncio
import select
import socket

import pytest
from client import Client
from connection.fake import Transport, Wire, turns
from connection.test_bodies import MIB
from connection.tools import Gate, Inbox, chunked, message, settle


def small_client(server) -> Client:
    """A client whose kernel buffers are small."""
    client = Client.__new__(Client)
    client.socket = socket.socket()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    client.socket.settimeout(10)
    client.socket.connect(("127.0.0.1", server.port))
    client.buffer = b""
    return client


class TestUnreadBodies:
    """A handler that does not read holds its client back."""

    @pytest.mark.parametrize("framing", ["length", "chunks"])
    def test_what_is_read_ahead_has_a_bound(self, twin, framing):
        gate = Gate()

        async def handle(request, responder):
            await gate.passed()
            size = 0
            async for piece in request:
                size += len(piece)
            responder.write(str(size))

        async def main():
            wire = Wire(twin, handle)
            body = b"x" * 4 * MIB
            if framing == "length":
                wire.feed(message("POST", "/", f"Content-Length: {len(body)}"))
            else:
                whole = chunked("/", *[b"x" * 65536] * 64)
                head, mark, body = whole.partition(b"\r\n\r\n")
                wire.feed(head + mark)
            sent = 0

            def send() -> None:
                nonlocal sent
                while wire.transport.reading and sent < len(body):
                    wire.feed(body[sent : sent + 65536])
                    sent += 65536

            send()
            await turns()
            send()
            assert sent <= MIB
            assert not wire.transport.reading
            gate.open()
            for _ in range(1000):
                send()
                await turns(2)
                if wire.transport.writes:
                    break
            assert wire.transport.sent.endswith(b"\r\n\r\n%d" % (4 * MIB))
            wire.lose()

        asyncio.run(main())

    def test_on_a_socket(self, serve):
        gate = Gate()

        async def handle(request, responder):
            await gate.passed()
            responder.write(str(len(await request.read())))

        total = 30 * MIB
        server = serve(handle)
        with small_client(server) as client:
            client.send(message("POST", "/", f"Content-Length: {total}"))
            client.socket.setblocking(False)
            sent = 0
            piece = b"x" * 65536
            while sent < total and select.select([], [client.socket], [], 0.5)[1]:
                sent += client.socket.send(piece[: total - sent])
            assert sent < total, "the client was never held back"
            gate.open()
            client.socket.settimeout(10)
            while sent < total:
                sent += client.socket.send(piece[: total - sent])
            assert client.answer().body == str(total).encode()

    def test_requests_behind_the_body_wait(self, twin):
        gate, calls = Gate(), Inbox()

        async def handle(request, responder):
            calls.put()
            if request.method == "POST":
                await gate.passed()
            responder.write(await request.read(), "text/plain")

        async def main():
            wire = Wire(twin, handle)
            wire.feed(message("POST", "/", "Content-Length: 4"))
            await turns()
            wire.feed(b"body" + message("GET", "/") * 10)
            await turns()
            assert calls.count == 1
            gate.open()
            await turns()
            assert calls.count == 11
            wire.lose()

        asyncio.run(main())


class TestUnreadAnswers:
    """A client that does not read gets no more requests handled."""

    def test_no_request_is_handled_while_the_transport_is_full(self, twin):
        calls = Inbox()

        def handle(request, responder):
            calls.put()
            responder.write(b"x" * 1000, "text/plain")

        async def main():
            wire = Wire(twin, handle)
            wire.feed(message("GET", "/") * 2)
            assert calls.count == 2
            wire.protocol.pause_writing()
            wire.protocol.data_received(message("GET", "/") * 5)
            assert calls.count == 2
            assert not wire.transport.reading
            wire.protocol.resume_writing()
            await turns()
            assert calls.count == 7
            assert wire.transport.reading
            wire.lose()

        asyncio.run(main())

    @pytest.mark.parametrize("size", [65536, 1000000])
    def test_the_handler_is_not_called_for_a_client_that_does_not_read(self, serve, size):
        calls = Inbox()
        body = b"x" * size

        def handle(request, responder):
            calls.put()
            responder.write(body, "text/plain")

        server = serve(handle)
        count = 64 * MIB // size
        with small_client(server) as client:
            client.send(message("GET", "/") * count)
            settle(server)
            assert calls.count * size < 32 * MIB
            for _ in range(count):
                assert client.answer().body == body
        assert calls.count == count

    def test_drain_waits(self, serve):
        written = 0
        full, ended = Inbox(), Inbox()

        async def handle(request, responder):
            nonlocal written
            responder.write_begin_chunked("text/plain")
            while written < 64:
                responder.write_chunk(b"%d" % (written % 10) * MIB)
                written += 1
                if written == 1:
                    full.put()
                await responder.drain()
            responder.write_end_chunked()
            ended.put()

        server = serve(handle)
        with small_client(server) as client:
            client.get()
            full.get()
            settle(server)
            assert written < 16
            answer = client.answer()
            assert [chunk[:1] for chunk in answer.chunks] == [b"%d" % (number % 10) for number in range(64)]
            assert len(answer.body) == 64 * MIB
            ended.get()

    def test_drain_of_a_pipelined_answer_waits_for_its_turn(self, serve, connect):
        """What waits behind an earlier answer would pile up otherwise."""
        gate, chunks = Gate(), Inbox()

        async def handle(request, responder):
            if request.path == "/first":
                await gate.passed()
                responder.write(b"first", "text/plain")
                return
            responder.write_begin_chunked("text/plain")
            for _ in range(10):
                responder.write_chunk(b"x" * 1000)
                chunks.put()
                await responder.drain()
            responder.write_end_chunked()

        server = serve(handle)
        client = connect(server)
        client.send(message("GET", "/first") + message("GET", "/second"))
        chunks.get()
        settle(server)
        assert chunks.count == 1
        gate.open()
        assert client.answer().body == b"first"
        assert len(client.answer().body) == 10000

    def test_a_device_is_not_read_ahead(self, serve):
        taken = 0

        async def device():
            nonlocal taken
            for _ in range(64):
                taken += 1
                yield b"x" * MIB

        def handle(request, responder):
            responder.write(device(), "text/plain")

        server = serve(handle)
        with small_client(server) as client:
            client.get()
            client.head()
            settle(server)
            assert taken < 16
            size = 0
            while chunk := int(client.until(b"\r\n")[:-2], 16):
                client.exactly(chunk)
                size += chunk
                assert client.exactly(2) == b"\r\n"
            assert client.exactly(2) == b"\r\n"
            assert size == 64 * MIB


def test_small_pieces_that_wait_are_joined(twin):
    """Each of their own, they take many times the memory of their content."""

    async def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        for _ in range(200):
            responder.write_chunk(b"x")
            await responder.drain()
        responder.write_end_chunked()

    async def main():
        wire = Wire(twin, handle)
        wire.feed(message("GET", "/"))
        await turns(100)
        assert wire.transport.sent.endswith(b"1\r\nx\r\n0\r\n\r\n")
        assert len(wire.transport.writes) < 10
        wire.lose()

    asyncio.run(main())


class Resetting(Transport):
    """Its client resets the connection at the first write."""

    def write(self, data):
        super().write(data)
        self.closed = True


def test_nothing_more_is_written_when_a_write_has_failed(twin):
    """asyncio would log each of them."""

    def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        for _ in range(5):
            responder.write_chunk(bytes(300_000))
        responder.write_end_chunked()

    async def main():
        wire = Wire(twin, handle, transport=Resetting())
        wire.feed(message("GET", "/"))
        await turns()
        assert len(wire.transport.writes) == 1
        wire.lose()

    asyncio.run(main())
