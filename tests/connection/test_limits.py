"""At its limits a server refuses new work, says when to come back, and keeps serving what it has."""

from __future__ import annotations

import socket

import pytest
from connection.tools import message, settle, wait_for_no_connection


def hello(request, responder):
    responder.write(b"hello", "text/plain")


@pytest.mark.parametrize(
    ("limit", "status_line"),
    [
        ("max_connections", b"HTTP/1.1 503 Service Unavailable"),
        ("max_connections_per_host", b"HTTP/1.1 429 Too Many Requests"),
    ],
)
class TestConnections:
    def test_one_too_many(self, serve, connect, limit, status_line):
        server = serve(hello, **{limit: 2})
        good = [connect(server) for _ in range(2)]
        for client in good:
            client.get()
            assert client.answer().body == b"hello"
        refused = connect(server)
        answer = refused.answer()
        assert answer.status_line == status_line
        assert answer.one(b"retry-after") == b"1"
        assert answer.one(b"connection") == b"close"
        assert answer.one(b"content-type") == b"text/plain; charset=utf-8"
        assert answer.body == b"too many connections, try again later\n"
        assert refused.rest() == b""
        for client in good:
            client.get()
            assert client.answer().body == b"hello"

    def test_one_that_sends_at_once_reads_its_refusal(self, serve, connect, limit, status_line):
        server = serve(hello, **{limit: 1})
        good = connect(server)
        good.get()
        assert good.answer().body == b"hello"
        for _ in range(20):
            refused = connect(server)
            refused.get()
            assert refused.answer().status_line == status_line
            assert refused.rest() == b""

    def test_a_place_that_is_left_is_free(self, serve, connect, limit, status_line):
        server = serve(hello, **{limit: 1})
        for _ in range(5):
            client = connect(server)
            client.get()
            assert client.answer().body == b"hello"
            refused = connect(server)
            assert refused.answer().status_line == status_line
            assert refused.rest() == b""
            client.socket.close()
            refused.socket.close()
            wait_for_no_connection(server)

    def test_refused_ones_take_no_place(self, serve, connect, limit, status_line):
        """Clients that were refused and stay must not keep others out, or a few of them could close the server."""
        server = serve(hello, **{limit: 2})
        good = [connect(server) for _ in range(2)]
        for client in good:
            client.get()
            assert client.answer().body == b"hello"
        refused = [connect(server) for _ in range(5)]
        for client in refused:
            assert client.answer().status_line == status_line
        good[0].socket.close()
        settle(server)
        client = connect(server)
        client.get()
        assert client.answer().status_line == b"HTTP/1.1 200 OK"


def test_connections_per_host_counts_hosts(serve, connect):
    """Two addresses of the loopback network are two hosts."""
    server = serve(hello, max_connections_per_host=1)
    first = connect(server)
    first.get()
    assert first.answer().body == b"hello"
    with socket.create_connection(("127.0.0.1", server.port), 10, source_address=("127.0.0.2", 0)) as second:
        second.sendall(message("GET", "/", "Connection: close"))
        assert second.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


class TestRate:
    def test_429(self, serve, connect):
        server = serve(hello, rate_limit_per_second=5)
        client = connect(server)
        client.send(message("GET", "/") * 100)
        answers = [client.answer() for _ in range(100)]
        statuses = [answer.status for answer in answers]
        assert set(statuses) == {200, 429}
        assert statuses[:5] == [200] * 5
        assert statuses.count(200) <= 10  # a second may have turned meanwhile
        refused = answers[statuses.index(429)]
        assert refused.status_line == b"HTTP/1.1 429 Too Many Requests"
        assert refused.one(b"retry-after") == b"1"
        assert refused.all(b"connection") == []

    def test_counts_over_connections(self, serve, connect):
        server = serve(hello, rate_limit_per_second=5)
        statuses = []
        for _ in range(50):
            client = connect(server)
            client.get("/", "Connection: close")
            statuses.append(client.answer().status)
        settle(server)
        assert 429 in statuses

    def test_passes(self, serve, connect):
        """A second later there is a new allowance; the connection has lived on."""
        server = serve(hello, rate_limit_per_second=1)
        client = connect(server)
        refused = 0
        while refused < 1:
            client.get()
            refused += client.answer().status == 429
        for _ in range(100000):
            client.get()
            if client.answer().status == 200:
                break
        else:
            pytest.fail("never served again")
