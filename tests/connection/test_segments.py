"""TCP has no messages: whichever way the bytes of the requests are cut, the answers are the same."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
import threading

import pytest
from connection.fake import Wire, turns
from connection.tools import chunked, message, post, settle

REQUESTS = b"".join(
    [
        message("GET", "/one?a=1&b=%20", "X-Long: " + "v" * 300),
        post("/two", b"a body of some bytes"),
        chunked("/three", b"in", b"three", b"chunks", trailers="X-Sum: 1\r\n"),
        b"\r\n",
        message("HEAD", "/four"),
        message("POST", "/five", "Expect: 100-continue", "Content-Length: 0"),
        message("GET", "/six", "Accept: */*", "X-Obs: \xe9"),
        post("/seven", bytes(range(256)) * 4),
        message("GET", "/last", "Connection: close"),
    ]
)
COUNT = 8


def show(request, responder):
    responder.write(
        [
            request.method,
            request.target.decode(),
            request.query.items(),
            list(request.headers),
            request.body.hex(),
            list(request.trailers),
        ]
    )


async def show_late(request, responder):
    await request.read()
    await asyncio.sleep(0)
    show(request, responder)


def answers(twin, handler, pieces) -> bytes:
    """What a connection sends when it is fed these pieces."""

    async def main() -> bytes:
        wire = Wire(twin, handler)
        for piece in pieces:
            while not wire.transport.reading:
                await turns(1)
            wire.feed(piece)
            await turns(3)
        await turns(50)
        sent = wire.transport.sent
        assert wire.transport.closed or wire.transport.ended
        wire.lose()
        return sent

    return asyncio.run(main())


@pytest.mark.parametrize("handler", [show, show_late])
class TestCuts:
    def test_bytes(self, twin, handler):
        whole = answers(twin, handler, [REQUESTS])
        assert whole.count(b"HTTP/1.1 200 OK\r\n") == COUNT
        cut = answers(twin, handler, [REQUESTS[at : at + 1] for at in range(len(REQUESTS))])
        assert cut.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"") == whole

    def test_two_pieces(self, twin, handler):
        whole = answers(twin, handler, [REQUESTS])
        for at in range(1, len(REQUESTS), 7):
            assert answers(twin, handler, [REQUESTS[:at], REQUESTS[at:]]) == whole

    def test_random(self, twin, handler):
        whole = answers(twin, handler, [REQUESTS])
        for seed in range(30):
            dice = random.Random(seed)
            cuts = sorted({0, len(REQUESTS), *(dice.randrange(len(REQUESTS)) for _ in range(dice.randrange(1, 40)))})
            pieces = [REQUESTS[a:b] for a, b in itertools.pairwise(cuts)]
            assert answers(twin, handler, pieces) == whole, f"seed {seed}"


@pytest.mark.parametrize("handler", [show, show_late])
class TestOnASocket:
    def test_bytes(self, serve, connect, handler):
        server = serve(handler, date_header=False)
        whole = connect(server)
        whole.send(REQUESTS)
        expected = whole.rest()
        client = connect(server)
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(REQUESTS)):
            client.send(REQUESTS[at : at + 1])
        assert client.rest() == expected
        assert expected.count(b"HTTP/1.1 200 OK\r\n") == COUNT

    def test_large_pieces(self, serve, connect, handler):
        """Several hundred requests of all kinds, cut at random."""
        dice = random.Random(7)
        server = serve(handler, date_header=False)
        client = connect(server)
        client.send(REQUESTS)
        once, mark, last = client.rest().rpartition(b"HTTP/1.1 200 OK")
        stream = REQUESTS.rpartition(b"GET /last")[0] * 300 + message("GET", "/last", "Connection: close")
        client = connect(server)

        def send() -> None:
            sent = 0
            while sent < len(stream):
                size = dice.randrange(1, 60000)
                client.send(stream[sent : sent + size])
                sent += size

        sender = threading.Thread(target=send)
        sender.start()
        assert client.rest() == once * 300 + mark + last
        sender.join(10)
        assert not sender.is_alive()


class TestSideBySide:
    """What one client has sent of a request is nothing to the others."""

    def test_halves_of_requests(self, serve, connect):
        server = serve(show)
        clients = [connect(server) for _ in range(4)]
        requests = [chunked(f"/{number}", b"of", b"%d" % number) for number in range(4)]
        for start in range(0, len(requests[0]), 7):
            for client, request in zip(clients, requests, strict=True):
                client.send(request[start : start + 7])
        for number, client in enumerate(clients):
            assert client.answer().body.startswith(b'["POST","/%d"' % number)

    def test_empty_lines_are_counted_for_each(self, serve, connect):
        server = serve(show)
        one, other = connect(server), connect(server)
        for _ in range(8):
            one.send(b"\r\n")
            settle(server)
        other.send(b"\r\n" * 8 + message("GET", "/other"))
        assert other.answer().status == 200
        one.send(b"\r\n" + message("GET", "/one"))
        assert one.answer().status == 400
