"""A client that has said all it wants to say, and still listens, gets its answers (RFC 9112, section 9.6)."""

from __future__ import annotations

import asyncio

import pytest
from connection.tools import Inbox, Late, answer_late, chunked, message, post, settle, wait_for_no_connection


def echo(request, responder):
    responder.write(request.target + b" " + request.body, "text/plain")


async def late_echo(request, responder):
    await asyncio.sleep(0)
    responder.write(request.target + b" " + await request.read(), "text/plain")


@pytest.mark.parametrize("handler", [echo, late_echo])
class TestAnswered:
    def test_one(self, serve, connect, handler):
        server = serve(handler)
        client = connect(server)
        client.get("/a")
        client.half_close()
        assert client.answer().body == b"/a "
        assert client.rest() == b""
        wait_for_no_connection(server)

    def test_many(self, serve, connect, handler):
        server = serve(handler)
        client = connect(server)
        client.send(b"".join(message("GET", f"/{number}") for number in range(200)))
        client.half_close()
        for number in range(200):
            assert client.answer().body == b"/%d " % number
        assert client.rest() == b""
        wait_for_no_connection(server)

    def test_bodies(self, serve, connect, handler):
        client = connect(serve(handler))
        client.send(post("/a", b"one") + chunked("/b", b"t", b"wo") + message("GET", "/c"))
        client.half_close()
        assert [client.answer().body for _ in range(3)] == [b"/a one", b"/b two", b"/c "]
        assert client.rest() == b""

    def test_half_a_head(self, serve, connect, handler):
        """Nothing was asked, and nothing is answered: the connection ends."""
        server = serve(handler)
        client = connect(server)
        client.send(b"GET / HTTP/1.1\r\nHo")
        client.half_close()
        client.rest()
        wait_for_no_connection(server)

    def test_half_a_body(self, serve, connect, handler):
        server = serve(handler)
        client = connect(server)
        client.send(message("POST", "/", "Content-Length: 10", body=b"half"))
        client.half_close()
        assert client.answer().status == 400
        assert client.rest() == b""
        wait_for_no_connection(server)

    def test_nothing(self, serve, connect, handler):
        server = serve(handler)
        client = connect(server)
        client.half_close()
        assert client.rest() == b""
        wait_for_no_connection(server)


def test_late_answers(serve, connect):
    late = Late()
    server = serve(late)
    client = connect(server)
    client.send(message("GET", "/0") + message("GET", "/1"))
    calls = late.calls.take(2)
    client.half_close()
    settle(server)
    for request, responder in reversed(calls):
        assert not responder.is_response_canceled
        answer_late(server, responder, request.path)
    answers = [client.answer() for _ in range(2)]
    answers = [answer if answer.status == 200 else client.answer() for answer in answers]
    assert [answer.body for answer in answers] == [b"/0", b"/1"]
    assert client.rest() == b""


def test_an_answer_that_takes_its_time(serve, connect):
    """The server may ask with an interim response whether anyone still listens; the answer comes all the same."""

    async def handle(request, responder):
        await asyncio.sleep(0.4)
        responder.write(b"at last", "text/plain")

    server = serve(handle, head_timeout=0.1)
    client = connect(server)
    client.get()
    client.half_close()
    while (answer := client.answer()).status == 102:
        assert answer.fields == []
    assert answer.body == b"at last"
    assert client.rest() == b""


@pytest.mark.parametrize("at_once", [True, False])
def test_a_stream_without_content(serve, connect, at_once):
    """Its head is all that is sent of it, so that nothing else could tell a client that has left from a silent one."""
    ended = Inbox()

    async def stream(request, responder):
        if request.method == "GET":
            responder.write(b"next", "text/plain")
            return
        await asyncio.sleep(0)
        responder.write_begin_chunked("text/plain")
        while not responder.is_response_canceled:
            responder.write_chunk(b"x")
            await responder.drain()
            await asyncio.sleep(0)
        responder.write_end_chunked(b"in vain")
        ended.put()

    server = serve(stream)
    client = connect(server)
    client.send(message("HEAD", "/") + message("GET", "/"))
    if not at_once:
        assert client.head().status == 200
    client.half_close()
    if at_once:
        assert client.head().status == 200
    assert client.answer().body == b"next"
    assert client.rest() == b""
    ended.get()
    wait_for_no_connection(server)
