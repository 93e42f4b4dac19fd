"""Hundreds of clients that waste the server's time, at once: good ones are answered promptly, the others are closed."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress

import pytest
from connection.tools import message, wait_for_no_connection

resource = pytest.importorskip("resource", reason="no descriptor limit to raise on this platform")

EACH = 50
PROMPT = 2.0
"""Seconds that a good client may have to wait, on a busy machine of a CI."""
IN_TIME = 15.0


@pytest.fixture(autouse=True)
def _descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def handle(request, responder):
    responder.write(b"x" * 3000000 if request.path == "/large" else b"hello", "text/plain")


class Bad:
    """A client that wastes time: how it starts, and what it sends again and again."""

    def __init__(self, kind: str, start: bytes, drip: bytes = b"") -> None:
        self.kind = kind
        self.start = start
        self.drip = drip


KINDS = [
    Bad("never speaks", b""),
    Bad("slow head", b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n"),
    Bad("slow line", b"GET /", b"x"),
    Bad("slow body", message("POST", "/", "Content-Length: 100") + b"x"),
    Bad("slow chunk", message("POST", "/", "Transfer-Encoding: chunked") + b"5\r\nx"),
    Bad("idle", message("GET", "/")),
    Bad("never reads", message("GET", "/large")),
    Bad("asks much and never reads", message("GET", "/large") * 100),
]


def start(stack: ExitStack, port: int, bad: Bad) -> socket.socket:
    client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    client.setblocking(False)
    if bad.start:
        client.send(bad.start)
    return client


def test_good_clients_are_answered_and_bad_ones_are_closed(serve, connect):
    server = serve(handle, head_timeout=0.6, body_timeout=0.6, write_timeout=0.6, keep_alive_timeout=0.6)
    longest = 0.0
    asked = 0

    def ask() -> None:
        nonlocal longest, asked
        before = time.monotonic()
        client = connect(server)
        for _ in range(3):
            client.get()
            assert client.answer().body == b"hello"
        client.socket.close()
        longest = max(longest, time.monotonic() - before)
        asked += 1

    with ExitStack() as stack:
        clients = []
        for number in range(EACH):
            clients += [(start(stack, server.port, bad), bad) for bad in KINDS]
            if number % 10 == 0:
                ask()
        end = time.monotonic() + IN_TIME
        # none of the bad clients reads or leaves: the server has to be the one that ends it
        while server._service.connections:
            assert time.monotonic() < end, {bad.kind for client, bad in clients}
            ask()
            for client, bad in clients:
                if bad.drip:
                    with suppress(OSError):
                        client.send(bad.drip)
        ask()
    assert asked > EACH // 10
    assert longest < PROMPT
    wait_for_no_connection(server)


def test_connections_are_counted_while_they_come_at_once(serve, connect):
    """Hundreds at once against a limit: exactly that many are served, and of the others 64 at a time are told."""
    server = serve(lambda request, responder: responder.write(b"hello", "text/plain"), max_connections=50)
    clients = [connect(server) for _ in range(400)]
    for client in clients:
        with suppress(ConnectionError):
            client.get()

    def status(client):
        try:
            return client.answer().status
        except (AssertionError, ConnectionError):  # closed without a word
            return 0

    statuses = [status(client) for client in clients]
    assert statuses.count(200) == 50
    assert statuses.count(503) >= 64
    assert statuses.count(200) + statuses.count(503) + statuses.count(0) == 400
    for client in clients:
        client.socket.close()
    wait_for_no_connection(server)
    client = connect(server)
    client.get()
    assert client.answer().status == 200
