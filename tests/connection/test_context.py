"""Context variables: what one request's coroutine handler sets, no other one sees."""

from __future__ import annotations

import asyncio
import contextvars

import pytest
from connection.tools import message, post

user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")


async def at_once(request, responder):
    before = user.get()
    user.set(request.path)
    responder.write({"before": before, "after": user.get()})


async def after_a_wait(request, responder):
    before = user.get()
    user.set(request.path)
    await asyncio.sleep(0)
    responder.write({"before": before, "after": user.get()})


async def after_the_body(request, responder):
    before = user.get()
    user.set(request.path)
    await request.read()
    responder.write({"before": before, "after": user.get()})


@pytest.mark.parametrize("handler", [at_once, after_a_wait, after_the_body])
class TestLeak:
    def test_to_the_next_request(self, serve, connect, handler):
        client = connect(serve(handler))
        for number in range(5):
            client.get(f"/{number}")
            assert client.answer().body == b'{"before":"nobody","after":"/%d"}' % number

    def test_among_pipelined_ones(self, serve, connect, handler):
        client = connect(serve(handler))
        client.send(b"".join(message("GET", f"/{number}") for number in range(20)))
        for number in range(20):
            assert client.answer().body == b'{"before":"nobody","after":"/%d"}' % number

    def test_to_another_connection(self, serve, connect, handler):
        server = serve(handler)
        for number in range(5):
            client = connect(server)
            client.send(post(f"/{number}", b"body"))
            assert client.answer().body == b'{"before":"nobody","after":"/%d"}' % number
