"""Beyond max_connections: few clients are told, the others closed at once, and those within are served meanwhile."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest
from client import Client
from connection.tools import Inbox, in_loop, post, settle, wait_for_no_connection

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


@pytest.mark.parametrize(("limit", "status"), [("max_connections", 503), ("max_connections_per_host", 429)])
def test_a_client_that_leaves_keeps_its_place_while_its_handler_works(serve, connect, limit, status):
    """For the handler holds what that has sent; or one client had any number of them at work."""
    begun, ended = Inbox(), Inbox()

    async def handle(request, responder):
        if request.path == "/":
            responder.write(b"hello", "text/plain")
            return
        await request.read()
        go = asyncio.Event()
        begun.put((asyncio.get_running_loop(), go))
        await go.wait()
        ended.put()

    server = serve(handle, **{limit: 1})
    client = connect(server)
    client.send(post("/works", b"x" * 1000))
    loop, go = begun.get()
    client.reset()
    wait_for_no_connection(server)
    with Client(server.port) as other:
        assert other.answer().status == status
    loop.call_soon_threadsafe(go.set)
    ended.get()
    settle(server)
    with Client(server.port) as other:
        other.get()
        assert other.answer().status == 200
