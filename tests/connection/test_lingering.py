"""A client that still sends what nobody reads gets its whole answer: the connection is not reset before it is read."""

from __future__ import annotations

import logging
import selectors
import threading

import pytest
from client import Client
from connection.fake import turns
from connection.tools import chunked, message, settle, wait_for_no_connection
from limits import clock

from fastresp.net import sockopts

MIB = 1 << 20
SIZE = 300_000
UPLOAD = 20 * MIB
LINGER = 2.0
ANSWER = b"y" * SIZE


async def ignore(request, responder):
    responder.write(ANSWER, "text/plain")


def exchange(client: Client, data: bytes) -> tuple[bytes, int]:
    """Sends and reads at the same time, as long as either goes on: what came, and how much was sent."""
    received = []
    sent = 0
    view = memoryview(data)
    client.socket.setblocking(False)
    with selectors.DefaultSelector() as selector:
        both = selectors.EVENT_READ | selectors.EVENT_WRITE
        selector.register(client.socket, both)
        while True:
            ready = selector.select(10)
            assert ready, "neither side goes on"
            if ready[0][1] & selectors.EVENT_READ:
                piece = client.socket.recv(65536)  # a reset would be an error here
                if not piece:
                    return b"".join(received), sent
                received.append(piece)
            if ready[0][1] & selectors.EVENT_WRITE:
                try:
                    sent += client.socket.send(view[sent : sent + 65536])
                except (BrokenPipeError, ConnectionResetError):
                    selector.modify(client.socket, selectors.EVENT_READ)
                if sent == len(data):
                    selector.modify(client.socket, selectors.EVENT_READ)


@pytest.mark.parametrize("behind", [b"\r\n", message("GET", "/")])
def test_what_stands_behind_a_large_body_resets_nothing(serve, connect, behind):
    """A large body is read without a byte of what follows, which is still in the socket when the connection closes."""
    server = serve(lambda request, responder: responder.write(b"fine", "text/plain"))
    for _ in range(5):
        client = connect(server)
        body = b"x" * 900_000
        head = ("Connection: close", f"Content-Length: {len(body)}")
        received, _ = exchange(client, message("POST", "/", *head, body=body) + behind)
        assert received.endswith(b"\r\n\r\nfine")


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_the_whole_answer_arrives_every_time(serve, connect, framing):
    server = serve(ignore)
    if framing == "length":
        data = message("POST", "/", f"Content-Length: {UPLOAD}", body=b"x" * UPLOAD)
    else:
        data = chunked("/", *[b"x" * 65536] * (UPLOAD // 65536))
    for _ in range(30):
        client = connect(server)
        received, _ = exchange(client, data)
        head, _, content = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert content == ANSWER
        client.socket.close()
    wait_for_no_connection(server)


def test_a_client_that_reads_late(serve, connect):
    """It has sent all that fits, and reads only then: everything is there."""
    server = serve(ignore)
    client = connect(server)
    upload = threading.Thread(target=lambda: _send(client, message("POST", "/", f"Content-Length: {UPLOAD}")))
    upload.start()
    upload.join(10)
    settle(server)
    assert client.answer().body == ANSWER
    assert client.rest() == b""


@pytest.mark.parametrize(("field", "version"), [("Connection: close", "1.1"), ("X-A: b", "1.0")])
def test_a_request_behind_the_last(serve, connect, field, version):
    """It comes while the answer that says close is on its way, and is not read any more."""

    def large(request, responder):
        responder.write(b"y" * (5 * MIB), "text/plain")

    server = serve(large)
    client = connect(server)
    client.send(message("GET", "/", field, version=version))
    head = client.until(b"\r\n\r\n")
    assert b"connection: close\r\n" in head
    settle(server)
    client.get("/more")
    settle(server)
    assert client.exactly(5 * MIB) == b"y" * (5 * MIB)
    assert client.rest() == b""
    client.socket.close()
    wait_for_no_connection(server)


def _send(client: Client, head: bytes) -> None:
    client.send(head + b"x" * MIB)


class TestClock:
    """How long that goes on."""

    def begin(self, wire) -> None:
        wire.feed(message("POST", "/", f"Content-Length: {UPLOAD}", body=b"x" * 100))

    def test_a_client_that_sends_for_ever(self, twin):
        async def scene(wire, time):
            self.begin(wire)
            await time.goes_on(0.1)
            assert wire.transport.sent.endswith(ANSWER)
            assert wire.transport.ended
            seconds = 0.1
            while not wire.transport.aborted and seconds < 10:
                assert wire.transport.reading
                wire.feed(b"x" * 65536)
                await time.goes_on(0.1)
                seconds += 0.1
            assert LINGER <= seconds <= LINGER + 2.2

        clock.play(twin, ignore, scene)

    def test_full_reads(self, twin):
        """A loop that reads on, as long as each read fills its buffer, has one of them a turn."""

        async def scene(wire, time):
            self.begin(wire)
            await time.goes_on(0.1)
            assert wire.transport.ended
            for _ in range(3):
                wire.feed(bytes(256_000))
                assert not wire.transport.reading
                await turns()
                assert wire.transport.reading

        clock.play(twin, ignore, scene)

    def test_a_client_that_takes_nothing(self, twin):
        async def scene(wire, time):
            wire.hold()
            self.begin(wire)
            for _ in range(9):
                if wire.transport.reading:
                    wire.feed(b"x" * 65536)
                await time.goes_on(1.0)
            assert not wire.transport.aborted
            for _ in range(5):
                if wire.transport.reading:
                    wire.feed(b"x" * 65536)
                await time.goes_on(1.0)
            assert wire.transport.aborted

        clock.play(twin, ignore, scene, write_timeout=10.0)

    def test_a_client_that_takes_its_time(self, twin):
        """As long as it takes something it is not ended; then it has a moment more."""

        async def scene(wire, time):
            client = wire.hold()
            self.begin(wire)
            for _ in range(40):
                client.take(7000)
                if wire.transport.reading:
                    wire.feed(b"x" * 65536)
                await time.goes_on(1.0)
                assert not wire.transport.aborted
            client.take(SIZE)
            await time.goes_on(1.0)
            assert not wire.transport.aborted
            await time.goes_on(4.0)
            assert wire.transport.aborted

        clock.play(twin, ignore, scene, write_timeout=5.0)

    def test_what_the_system_has_is_not_cut(self, twin, monkeypatch, caplog):
        """It goes on sending what a client that takes nothing has not taken: no loss, and no line of one."""
        caplog.set_level(logging.INFO, "fastresp")
        monkeypatch.setattr(sockopts, "unsent", lambda sock: 1000)

        async def scene(wire, time):
            wire.feed(message("GET", "/", "Connection: close"))
            await time.goes_on(1.0)
            assert wire.transport.ended
            assert not wire.transport.aborted
            await time.goes_on(10.0)
            assert wire.transport.aborted
            assert caplog.messages == []

        clock.play(twin, ignore, scene, write_timeout=5.0)

    def test_what_the_system_has_goes_on_being_taken(self, twin, monkeypatch):
        """A close would have the system reset the connection if the client sent something."""
        left = 100_000
        monkeypatch.setattr(sockopts, "unsent", lambda sock: left)

        async def scene(wire, time):
            nonlocal left
            wire.feed(message("GET", "/", "Connection: close"))
            for _ in range(10):
                left -= 9000
                await time.goes_on(1.0)
                assert wire.transport.ended
                assert not wire.transport.aborted
            await time.goes_on(4.0)
            assert wire.transport.aborted

        clock.play(twin, ignore, scene, write_timeout=5.0)

    def test_a_server_that_ends(self, twin):
        """What is dropped of an upload is read, for the answer may be on its way."""

        async def scene(wire, time):
            wire.feed(message("POST", "/", "Content-Length: 200000", body=b"x" * 1000))
            await time.goes_on(0.1)
            assert wire.transport.sent.endswith(ANSWER)
            wire.service.drain()
            await time.goes_on(1.0)
            assert not wire.transport.ended
            assert not wire.transport.closed
            wire.feed(b"x" * 199_000)
            await time.goes_on(1.0)
            assert wire.transport.closed

        clock.play(twin, ignore, scene)

    def test_a_client_that_sends_all_before_it_reads(self, twin):
        """What is dropped is read, whatever the client takes; the next request has to wait."""

        async def scene(wire, time):
            client = wire.hold()
            wire.feed(message("POST", "/", "Content-Length: 200000", body=b"x" * 1000))
            await time.goes_on(0.1)
            for _ in range(198):
                assert wire.transport.reading
                wire.feed(b"x" * 1000)
            wire.feed(b"x" * 1000 + message("POST", "/", "Content-Length: 0"))
            await time.goes_on(1.0)
            assert not wire.transport.reading
            assert wire.transport.sent.endswith(ANSWER)
            assert wire.transport.sent.count(b"HTTP/1.1 200") == 1
            client.take(SIZE)
            await time.goes_on(1.0)
            assert wire.transport.sent.count(b"HTTP/1.1 200") == 2

        clock.play(twin, ignore, scene)

    def test_a_client_that_leaves(self, twin):
        async def scene(wire, time):
            self.begin(wire)
            await time.goes_on(0.1)
            wire.protocol.eof_received()
            await time.goes_on(5.0)
            assert wire.transport.closed

        clock.play(twin, ignore, scene)
