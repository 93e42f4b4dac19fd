"""Answers go past the transport to the system: whole, in order, and to nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

import pytest
from connection.fake import Transport, Wire, turns
from connection.test_backpressure import small_client
from connection.tools import Late, answer_late, in_loop, message, wait_for_no_connection

from fastresp.net.direct import descriptor

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there, all goes by the transport")


@pytest.fixture
def send(twin):
    return twin("net.direct").send


@pytest.fixture
def pair():
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(False)
    with contextlib.ExitStack() as stack:
        for end in ends:
            stack.enter_context(end)
        yield ends


class TestSend:
    def test_what_is_taken_arrives(self, send, pair):
        ours, theirs = pair
        assert send(ours.fileno(), b"some bytes") == 10
        assert send(ours.fileno(), b"") == 0
        assert theirs.recv(100) == b"some bytes"

    def test_a_full_buffer_takes_a_part_and_then_nothing(self, send, pair):
        ours, theirs = pair
        sent = send(ours.fileno(), bytes(10_000_000))
        assert 0 < sent < 10_000_000
        while send(ours.fileno(), b"x"):
            sent += 1
        received = 0
        with contextlib.suppress(BlockingIOError):
            while data := theirs.recv(1000000):
                received += len(data)
        assert received == sent

    def test_a_peer_that_is_gone(self, send, pair):
        ours, theirs = pair
        theirs.close()
        assert send(ours.fileno(), b"x") == 0
        assert send(-1, b"x") == 0


class TestDescriptor:
    def test_of_a_transport_without_a_socket(self):
        assert descriptor(Transport()) == -1


class Filled(Transport):
    """A transport on a socket, which keeps what it is given until the test says that it is sent."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._extra["socket"] = sock

    def write(self, data: bytes | memoryview) -> None:
        self.unsent += len(data)
        super().write(bytes(data))


def received(sock: socket.socket) -> bytes:
    data = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            data += sock.recv(1000000)
    return data


class TestOrder:
    def test_nothing_overtakes_what_the_transport_holds(self, twin, pair):
        ours, theirs = pair
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        big = b"".join(b"%05d" % number for number in range(12000))

        def handle(request, responder):
            responder.write(big if request.path == "/big" else request.target, "text/plain")

        async def main() -> None:
            wire = Wire(twin, handle, transport=Filled(ours))
            transport = wire.transport
            wire.feed(message("GET", "/one"))
            assert received(theirs).endswith(b"/one")
            assert not transport.writes

            wire.feed(message("GET", "/big"))
            assert transport.unsent, "the system has taken all of it"
            beginning = received(theirs)
            assert beginning
            wire.feed(message("GET", "/two"))
            assert not received(theirs)
            assert (beginning + transport.sent).split(b"\r\n\r\n")[1].startswith(big)
            assert transport.sent.endswith(b"/two")

            transport.unsent = 0
            transport.writes.clear()
            wire.feed(message("GET", "/three"))
            assert received(theirs).endswith(b"/three")
            assert not transport.writes

        asyncio.run(main())

    def test_a_slow_client_gets_every_byte(self, serve):
        """Answers of all sizes, to a client that reads when all of them have been asked for."""
        sizes = [1, 100000, 10, 65000, 1000000, 0, 300000, 5]

        def handle(request, responder):
            responder.write(bytes([65 + int(request.path[1:])]) * sizes[int(request.path[1:])], "text/plain")

        server = serve(handle)
        client = small_client(server)
        with client:
            for number in range(len(sizes)):
                client.get(f"/{number}")
            for number, size in enumerate(sizes):
                assert client.answer().body == bytes([65 + number]) * size

    def test_nothing_follows_what_a_transport_has_dropped(self, twin, pair):
        """One that has failed gives up what it holds, and says so to its protocol in another turn."""
        ours, theirs = pair
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        late = Late()

        async def main() -> None:
            wire = Wire(twin, late, transport=Filled(ours))
            wire.feed(message("GET", "/"))
            _, responder = late.calls.get()
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(bytes(60000))
            await turns()
            assert wire.transport.unsent
            wire.transport.abort()
            wire.transport.unsent = 0
            assert received(theirs)
            responder.write_end_chunked(b"the end")
            assert not received(theirs)

        asyncio.run(main())


class TestDescriptorsThatAreUsedAgain:
    def test_a_late_answer_reaches_nobody_else(self, serve, connect):
        late = Late()
        server = serve(late)
        gone = connect(server)
        gone.get("/secret")
        _, responder = late.calls.get()
        gone.reset()
        wait_for_no_connection(server)
        clients = [connect(server) for _ in range(5)]
        for client in clients:
            client.get("/own")
        others = [late.calls.get()[1] for _ in clients]
        in_loop(server, responder.write, b"a secret", "text/plain")
        for other in others:
            answer_late(server, other, "own")
        for client in clients:
            assert client.answer().body == b"own"

    def test_nor_after_the_loop_was_closed(self, twin, pair):
        """uvloop closes its sockets then, without a word to their protocols."""
        ours, theirs = pair
        late = Late()

        async def main() -> Wire:
            wire = Wire(twin, late, transport=Filled(ours))
            wire.feed(message("GET", "/"))
            return wire

        wire = asyncio.run(main())
        _, responder = late.calls.get()
        responder.write(b"a secret")
        assert not received(theirs)
        assert wire.transport.sent
