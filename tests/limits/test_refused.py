"""Beyond max_connections: few clients are told, the others closed at once, and those within are served meanwhile."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
from connection.tools import in_loop, settle, wait_for_no_connection

REFUSED = 64
CLIENTS = 200


def hello(request, responder):
    responder.write(b"hello", "text/plain")


@pytest.mark.parametrize(("limit", "status"), [("max_connections", 503), ("max_connections_per_host", 429)])
def test_clients_that_linger(serve, connect, limit, status):
    """They ask, and neither read nor leave."""
    server = serve(hello, **{limit: 1})
    admitted = connect(server)
    admitted.get()
    assert admitted.answer().body == b"hello"
    clients = [connect(server) for _ in range(CLIENTS)]
    for client in clients:
        with suppress(ConnectionError):
            client.get()
    settle(server)
    assert in_loop(server, lambda: len(server._service.connections)) <= REFUSED + 8  # some are about to be forgotten
    for _ in range(10):
        admitted.get()
        assert admitted.answer().body == b"hello"
    told = 0
    for client in clients:
        with suppress(ConnectionError):
            told += client.rest().startswith(b"HTTP/1.1 %d " % status)
    assert 0 < told <= REFUSED
    admitted.get()
    assert admitted.answer().body == b"hello"
    for client in [*clients, admitted]:
        client.socket.close()
    wait_for_no_connection(server)
    again = connect(server)
    again.get()
    assert again.answer().body == b"hello"


def test_those_that_leave_make_room_for_others_to_be_told(serve, connect):
    server = serve(hello, max_connections=1)
    admitted = connect(server)
    admitted.get()
    assert admitted.answer().body == b"hello"
    for _ in range(2 * REFUSED):
        client = connect(server)
        assert client.answer().status == 503
        client.socket.close()
    admitted.get()
    assert admitted.answer().body == b"hello"


def test_those_that_say_nothing(serve, connect):
    """All are gone again, though none of them leaves by itself."""
    server = serve(hello, max_connections=1, head_timeout=0.2, write_timeout=0.2)
    admitted = connect(server)
    admitted.get()
    assert admitted.answer().body == b"hello"
    clients = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(CLIENTS)]
    try:
        settle(server)
        admitted.get()
        assert admitted.answer().body == b"hello"
        admitted.socket.close()
        wait_for_no_connection(server)
    finally:
        for client in clients:
            client.close()
