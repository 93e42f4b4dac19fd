"""A server that closes: idle connections end, running answers are completed, new clients are refused."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from connection.tools import Gate, Inbox, Late, answer_late, message, post, settle, wait_for_no_connection

from fastresp.core.service import LAST_CALL


def close(server, grace: float = 10.0):
    """Begins to close the server; the future of its end."""
    closing = asyncio.run_coroutine_threadsafe(server.close(grace), server._loop)
    settle(server)
    return closing


def echo(request, responder):
    responder.write(request.body or b"hello", "text/plain")


def test_idle_connections_end(serve, connect):
    server = serve(echo)
    clients = [connect(server) for _ in range(5)]
    for client in clients[1:]:
        client.get()
        assert client.answer().body == b"hello"
    closing = close(server)
    for client in clients:
        assert client.rest() == b""
    closing.result(10)


def test_a_running_answer_is_completed(serve, connect):
    late = Late()
    server = serve(late)
    client = connect(server)
    client.get()
    _, responder = late.calls.get()
    closing = close(server)
    assert not closing.done()
    assert responder.is_response_canceled is False
    answer_late(server, responder, "done")
    answer = client.answer()
    assert answer.one(b"connection") == b"close"
    assert answer.body == b"done"
    assert client.rest() == b""
    closing.result(10)


def test_a_request_that_comes_while_the_loop_is_held_up(serve, connect):
    """It has come in the moment that idle clients have, though a loop may look at its clock before its sockets."""

    def handle(request, responder):
        if request.path == "/hold":
            server._service.drain()
            client.get("/more")
            time.sleep(2 * LAST_CALL)
        responder.write(b"hello", "text/plain")

    server = serve(handle)
    client, other = connect(server), connect(server)
    client.get()
    assert client.answer().body == b"hello"
    other.get("/hold")
    for each in (other, client):
        answer = each.answer()
        assert answer.body == b"hello"
        assert answer.one(b"connection") == b"close"


def test_a_stream_is_completed(serve, connect):
    gate, begun = Gate(), Inbox()

    async def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        responder.write_chunk(b"one ")
        begun.put()
        await gate.passed()
        responder.write_end_chunked(b"two")

    server = serve(handle)
    client = connect(server)
    client.get()
    begun.get()
    closing = close(server)
    assert not closing.done()
    gate.open()
    assert client.answer().body == b"one two"
    assert client.rest() == b""
    closing.result(10)


def test_all_that_were_pipelined_are_answered(serve, connect):
    late = Late()
    server = serve(late)
    client = connect(server)
    client.send(b"".join(message("GET", f"/{number}") for number in range(5)))
    calls = late.calls.take(5)
    closing = close(server)
    for request, responder in reversed(calls):
        answer_late(server, responder, request.path)
    answers = [client.answer() for _ in range(5)]
    assert [answer.body for answer in answers] == [b"/0", b"/1", b"/2", b"/3", b"/4"]
    assert answers[-1].one(b"connection") == b"close"
    assert client.rest() == b""
    closing.result(10)


def test_pipelined_requests_that_wait_for_their_turn_are_answered(serve, connect):
    """Unsafe ones, which are handled one after the other: all came before the server began to close."""
    gate, seen = Gate(), Inbox()

    async def handle(request, responder):
        seen.put()
        await gate.passed()
        responder.write(request.path)

    server = serve(handle)
    client = connect(server)
    client.send(b"".join(post(f"/{number}", b"body") for number in range(3)))
    seen.get()
    settle(server)
    closing = close(server)
    gate.open()
    answer = client.answer()
    assert answer.body == b"/0"
    # It may stop after any of them, if it says so; what it has not handled the client can send again elsewhere.
    while not answer.all(b"connection"):
        answer = client.answer()
    assert answer.one(b"connection") == b"close"
    assert client.rest() == b""
    client.socket.close()
    closing.result(10)


@pytest.mark.parametrize("cut", [1, 10, -1])
def test_a_request_that_is_on_its_way_is_answered(serve, connect, cut):
    server = serve(echo)
    client = connect(server)
    request = post("/", b"some body")
    client.send(request[:cut])
    settle(server)
    closing = close(server)
    client.send(request[cut:])
    answer = client.answer()
    assert answer.one(b"connection") == b"close"
    assert answer.body == b"some body"
    assert client.rest() == b""
    closing.result(10)


def test_new_clients_are_refused(serve, connect):
    late = Late()
    server = serve(late)
    client = connect(server)
    client.get()
    _, responder = late.calls.get()
    port = server.port
    closing = close(server)
    assert server.port is None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 10).close()
    answer_late(server, responder, "done")
    assert client.answer().body == b"done"
    closing.result(10)


def test_what_takes_too_long_is_dropped(serve, connect, log):
    late, closed = Late(), Inbox()
    server = serve(late)
    client = connect(server)
    client.get()
    _, responder = late.calls.get()
    server._loop.call_soon_threadsafe(responder.on_close, closed.put)
    close(server, 0.1).result(10)
    log.expect("cut at the end of grace: GET / from")
    closed.get()
    assert responder.is_response_canceled is True
    client.is_reset()
    assert client.buffer == b""
    wait_for_no_connection(server)


def test_a_complete_answer_that_is_not_taken(serve, connect, log):
    server = serve(lambda _, responder: responder.write(b"x" * 30_000_000, "text/plain"))
    client = connect(server)
    client.get()
    client.until(b"\r\n\r\n")
    close(server, 0.1).result(10)
    line = log.expect("cut at the end of grace: ", " bytes of an answer to 127.0.0.1:")
    assert int(line.split(": ")[-1].split()[0]) > 1_000_000
    client.is_reset()
    assert len(client.buffer) < 30_000_000


def test_a_coroutine_that_never_ends_is_canceled(serve, connect, log):
    started, ended = Inbox(), Inbox()

    async def handle(request, responder):
        started.put()
        try:
            await asyncio.Event().wait()
        finally:
            ended.put()

    server = serve(handle)
    client = connect(server)
    client.get()
    started.get()
    close(server, 0.1).result(10)
    log.expect("cut at the end of grace: GET / from")
    log.expect("cancelled at the end of grace: 1 coroutine handler")
    ended.get()


class Streams:
    """A stream that goes on until its handler is told that the client has left, or to its end, if it has one."""

    def __init__(self):
        self.told = Inbox()
        self.go = asyncio.Event()

    async def __call__(self, request, responder):
        kind = request.path[1:]
        over = asyncio.Event()

        def tell():
            self.told.put(kind)
            over.set()

        if kind == "sized":
            responder._begin_sized({"content-length": "4"}, 200)
            responder.write_chunk(b"on")
        elif kind != "whole":
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"on")
        if kind == "late":
            await self.go.wait()
        responder.on_close(tell)
        if kind in ("chunks", "late"):
            await over.wait()
            responder.write_end_chunked(b" and over")
        else:
            await self.go.wait()
            if kind == "whole":
                responder.write(b"whole", "text/plain")
            else:
                responder.write_end_chunked(b"ly")


@pytest.mark.parametrize("tells", [True, False])
def test_streams_are_told_of_the_end(serve, connect, log, tells):
    """Those that nothing ends but their handler; every other answer is completed, as ever."""
    handler = Streams()
    server = serve(handler, disconnect_at_drain=tells)
    clients = {}
    for kind in ("chunks", "late", "sized", "whole"):
        clients[kind] = connect(server)
        clients[kind].get(f"/{kind}")
        if kind != "whole":
            clients[kind].until(b"on")
    settle(server)
    closing = close(server, 10.0 if tells else 0.5)
    if tells:
        assert handler.told.get() == "chunks"
        clients["chunks"].until(b"9\r\n and over\r\n0\r\n\r\n")
    server._loop.call_soon_threadsafe(handler.go.set)
    assert clients["sized"].rest().endswith(b"ly")
    assert clients["whole"].rest().endswith(b"whole")
    if tells:
        clients["late"].until(b"9\r\n and over\r\n0\r\n\r\n")
    else:
        assert not clients["chunks"].rest().endswith(b"0\r\n\r\n")
    closing.result(10)
    while log.lines:
        assert not tells
        assert "at the end of grace" in log.expect()


def test_a_stream_that_begins_behind_the_end(serve, connect):
    handler = Late()
    server = serve(handler, disconnect_at_drain=True)
    client = connect(server)
    client.get()
    _, responder = handler.calls.get()
    closing = close(server)
    told = Inbox()

    def begin():
        responder.on_close(lambda: told.put("before"))
        responder.write_begin_chunked("text/plain")
        responder.on_close(lambda: told.put("behind"))

    server._loop.call_soon_threadsafe(begin)
    assert {told.get(), told.get()} == {"before", "behind"}  # while it goes on
    server._loop.call_soon_threadsafe(responder.write_end_chunked, b"x")
    assert client.answer().body == b"x"
    closing.result(10)
