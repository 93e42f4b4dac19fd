"""A handler that waits for nothing but `drain`, or its device, does not keep the loop from the other clients."""

from __future__ import annotations

import threading

import pytest
from connection.tools import message


async def stream(responder, octets):
    responder.write_begin_chunked("a/b")
    async for octet in octets:
        responder.write_chunk(octet)
        await responder.drain()


async def device(responder, octets):
    responder.write(octets, "a/b")


class Octets:
    """A device of single octets, until it is over."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.is_over = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.is_over:
            raise StopAsyncIteration
        self.begun.set()
        return b"x"


@pytest.mark.parametrize(("method", "answer"), [("HEAD", stream), ("GET", stream), ("GET", device)])
def test_others_are_answered(serve, connect, method, answer):
    octets = Octets()

    async def handle(request, responder):
        if request.path == "/endless":
            await answer(responder, octets)
        else:
            responder.write("fine")

    server = serve(handle)
    client, other = connect(server), connect(server)
    try:
        client.send(message(method, "/endless"))
        assert octets.begun.wait(10)
        other.get()
        assert other.answer().body == b"fine"
    finally:
        octets.is_over = True
