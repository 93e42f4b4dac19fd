"""The cases that newer versions of Qt's tests/auto/qhttpserver have added."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time

import pytest
from client import Client
from connection.test_backpressure import small_client
from connection.tools import Gate, Inbox, Late, answer_late, in_loop, message, post, settle, wait_for_no_connection

MIB = 1024 * 1024


def test_request_not_overwritten(serve, connect):
    """requestNotOverwritten: six POSTs at once; the handler that answers later sees its own request's body."""
    late = Late()
    server = serve(late)
    clients = [connect(server) for _ in range(6)]
    for number, client in enumerate(clients):
        client.send(post(f"/{number}", b"x" * (number + 1) * 1000))
    for request, responder in late.calls.take(6):
        answer_late(server, responder, f"{request.path} {len(request.body)}")
    for number, client in enumerate(clients):
        assert client.answer().body == b"/%d %d" % (number, (number + 1) * 1000)


class TestPoolThreads:
    """parallelFutureRequests, concurrentRequestBack, concurrentMultipart: work is done in pool threads."""

    @pytest.mark.parametrize("kind", ["bytes", "echo", "chunks"])
    def test_parallel(self, serve, connect, kind):
        barrier = threading.Barrier(6)

        def work(body: bytes) -> bytes:
            barrier.wait(10)  # all are there at once
            return body.upper()

        async def handle(request, responder):
            body = await request.read()
            done = await asyncio.to_thread(work, body)
            if kind == "bytes":
                responder.write(b"done", "text/plain")
            elif kind == "echo":
                responder.write(done, "text/plain")
            else:
                responder.write_begin_chunked("text/plain")
                for _ in range(100):
                    responder.write_chunk(done)
                responder.write_end_chunked()

        server = serve(handle)
        clients = [connect(server) for _ in range(6)]
        for number, client in enumerate(clients):
            client.send(post("/", b"body %d;" % number))
        for number, client in enumerate(clients):
            expected = {"bytes": b"done", "echo": b"BODY %d;" % number, "chunks": b"BODY %d;" % number * 100}[kind]
            assert client.answer().body == expected


def test_slow_reader(serve):
    """slowReader: a client that reads slowly gets the whole body, and the request finishes."""
    ended = Inbox()
    body = b"".join(b"%07d\n" % number for number in range(MIB // 2))

    def handle(request, responder):
        responder.on_close(ended.put)
        responder.write(body, "text/plain")

    with small_client(serve(handle)) as client:
        client.get()
        size = int(client.head().one(b"content-length"))
        parts = [client.buffer]
        left = size - len(client.buffer)
        while left:
            time.sleep(0.001)
            parts.append(client.socket.recv(20000))
            left -= len(parts[-1])
        assert b"".join(parts) == body
        ended.get()


class TestSequentialDevices:
    """writeSequentialDevice and its relatives: a pipe that is fed while it is sent."""

    @pytest.fixture
    def pipe(self):
        reading, writing = os.pipe()
        with open(writing, "wb", buffering=0) as end:
            yield open(reading, "rb"), end  # noqa: SIM115

    def test_write_sequential_device(self, serve, connect, pipe):
        """The body is all that was written until the end of the pipe."""
        device, end = pipe
        server = serve(lambda request, responder: responder.write(device, "text/plain"))
        client = connect(server)
        client.get()
        assert client.head().one(b"transfer-encoding") == b"chunked"
        for text in (b"one", b"two", b"three"):
            end.write(text)
            assert client.until(text + b"\r\n") == b"%x\r\n%b\r\n" % (len(text), text)
        end.close()
        assert client.exactly(5) == b"0\r\n\r\n"
        settle(server)
        assert device.closed

    def test_write_much_to_sequential_device(self, serve, connect, pipe):
        """writeMuchToSequentialDevice: twice 129 KiB, more than one buffer."""
        device, end = pipe
        server = serve(lambda request, responder: responder.write(device, "text/plain"))
        client = connect(server)
        client.get()
        data = b"x" * 129 * 1024

        def feed() -> None:
            end.write(data)
            end.write(data.upper())
            end.close()

        feeder = threading.Thread(target=feed)
        feeder.start()
        assert client.answer().body == data + data.upper()
        feeder.join(10)
        settle(server)
        assert device.closed

    def test_write_from_empty_sequential_device(self, serve, connect, pipe):
        """writeFromEmptySequentialDevice: the request finishes, with an empty body."""
        device, end = pipe
        client = connect(serve(lambda request, responder: responder.write(device, "text/plain")))
        client.get()
        end.close()
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"")

    def test_concurrent_requests_to_sequential_device(self, serve, connect):
        """concurrentRequestsToSequentialDevice: two devices on one connection do not mix."""
        ends = []

        def handle(request, responder):
            reading, writing = os.pipe()
            ends.append(open(writing, "wb", buffering=0))  # noqa: SIM115
            responder.write(open(reading, "rb"), "text/plain")  # noqa: SIM115

        server = serve(handle)
        client = connect(server)
        client.send(message("GET", "/") * 2)
        settle(server)
        assert client.head().status == 200
        while len(ends) < 2:
            settle(server)
        ends[1].write(b"second")
        ends[1].close()
        ends[0].write(b"first")
        ends[0].close()
        assert client.until(b"0\r\n\r\n") == b"5\r\nfirst\r\n0\r\n\r\n"
        assert client.answer().body == b"second"


def test_keep_alive_timeout(serve, connect):
    """keepAliveTimeout: the time-out of an idle connection must not cut a handler that takes longer."""

    async def handle(request, responder):
        await asyncio.sleep(0.5)
        responder.write(b"done", "text/plain")

    client = connect(serve(handle, keep_alive_timeout=0.1))
    client.get()
    assert client.answer().body == b"done"
    assert client.rest() == b""


class TestLimits:
    """Each: at the limit it is allowed, beyond it is refused."""

    def both(self, serve, connect, good: bytes, bad: bytes, status: int, **config: int) -> None:
        server = serve(lambda request, responder: responder.write(200), **config)
        client = connect(server)
        client.send(good)
        assert client.answer().status == 200
        client.send(bad)
        answer = client.answer()
        assert answer.status == status
        assert answer.one(b"connection") == b"close"
        assert client.rest() == b""

    def test_maximum_url_size(self, serve, connect):
        """maximumUrlSize: 414."""
        good, bad = (message("GET", "/" + "x" * size) for size in (99, 100))
        self.both(serve, connect, good, bad, 414, max_url_size=100)

    def test_maximum_url_size_in_pieces(self, serve, connect):
        """The limit holds also when the target comes piece by piece."""
        client = connect(serve(lambda request, responder: responder.write(200), max_url_size=50))
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in message("GET", "/" + "x" * 150):
            try:
                client.send(bytes([byte]))
            except ConnectionError:
                break
        assert client.answer().status == 414

    def test_maximum_total_header_size(self, serve, connect):
        """maximumTotalHeaderSize: 431."""
        good, bad = (message("GET", "/", "X: " + "x" * size) for size in (50, 200))
        self.both(serve, connect, good, bad, 431, max_header_size=100)

    def test_maximum_header_field_size(self, serve, connect):
        """maximumHeaderFieldSize: 431."""
        good, bad = (message("GET", "/", "X: " + "x" * size) for size in (97, 98))
        self.both(serve, connect, good, bad, 431, max_header_field_size=100)

    def test_maximum_number_of_header_fields(self, serve, connect):
        """maximumNumberOfHeaderFields: 431."""
        good, bad = (message("GET", "/", *["X: 1"] * count) for count in (9, 10))
        self.both(serve, connect, good, bad, 431, max_header_count=10)

    def test_maximum_body_size(self, serve, connect):
        """maximumBodySize: 413."""
        good, bad = (post("/", b"x" * size) for size in (100, 101))
        self.both(serve, connect, good, bad, 413, max_body_size=100)


def test_timeout_connection(serve, connect):
    """timeoutConnection: the client's patience ends first: is_response_canceled turns true."""
    late, closed = Late(), Inbox()
    server = serve(late)
    client = connect(server)
    client.get()
    _, responder = late.calls.get()
    in_loop(server, responder.on_close, closed.put)
    assert responder.is_response_canceled is False
    client.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.more()
    client.reset()
    closed.get()
    assert responder.is_response_canceled is True


def test_use_canceled_responders(serve, connect):
    """useCanceledResponders: a chunk and an end after the client is gone: no crash, nothing logged."""
    kept, closed = Inbox(), Inbox()

    def handle(request, responder):
        responder.on_close(closed.put)
        if request.path == "/begun":
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"first")
        kept.put(responder)

    server = serve(handle)
    for target in ("/begun", "/untouched"):
        client = connect(server)
        client.get(target)
        responder = kept.get()
        if target == "/begun":
            client.until(b"first\r\n")
        client.reset()
        closed.get()
        in_loop(server, responder.write_chunk, b"second")
        in_loop(server, responder.write_end_chunked, b"last")
        in_loop(server, responder.write, b"all", "text/plain")
        assert responder.is_response_canceled is True
        del responder
    wait_for_no_connection(server)


def test_maximum_connections_per_host(serve):
    """maximumConnectionsPerHost: ten clients, a limit of five: five are served, the others get 429."""
    server = serve(lambda request, responder: responder.write(b"hello", "text/plain"), max_connections_per_host=5)
    clients = []
    try:
        statuses = []
        for _ in range(10):
            clients.append(Client(server.port))
            clients[-1].get()
            statuses.append(clients[-1].answer().status)
        assert statuses == [200] * 5 + [429] * 5
    finally:
        for client in clients:
            client.socket.close()


def test_gate_keeps_the_loop_free(serve, connect):
    """While one handler waits, another connection is served."""
    gate = Gate()

    async def handle(request, responder):
        if request.path == "/slow":
            await gate.passed()
        responder.write(request.path)

    server = serve(handle)
    slow, fast = connect(server), connect(server)
    slow.get("/slow")
    for _ in range(3):
        fast.get("/fast")
        assert fast.answer().body == b"/fast"
    gate.open()
    assert slow.answer().body == b"/slow"
