"""Exchanges that are over, and are called all the same: without a socket."""

from __future__ import annotations

import asyncio

import pytest
from connection.fake import Transport, Wire, turns
from connection.tools import message

from fastresp.errors import ResponderStateError


def test_a_client_that_is_given_up_twice(twin):
    """By an abort, and in the same tick as its content is late."""

    async def main():
        closed, kept = [], []

        async def handle(request, responder):
            responder.on_close(lambda: closed.append(True))
            kept.append(responder)
            await request.read()

        wire = Wire(twin, handle, body_timeout=1.0)
        wire.feed(message("POST", "/", "Content-Length: 10", body=b"some"))
        await asyncio.sleep(0)
        wire.protocol.abort()
        wire.protocol.sweep(wire.service.now + 60)
        wire.lose()
        await asyncio.sleep(0)
        assert closed == [True]
        assert wire.transport.sent == b""
        kept.clear()

    asyncio.run(main())


def test_answered_ones_that_are_swapped(twin):

    async def main():
        kept = []

        def handle(request, responder):
            responder.write(request.path)
            kept.append(responder)

        wire = Wire(twin, handle)
        wire.feed(message("GET", "/a") + message("GET", "/b"))
        first, second = kept
        first.swap(second)
        for responder in kept:
            with pytest.raises(ResponderStateError):
                responder.write()
        kept.clear()
        wire.lose()

    asyncio.run(main())


def test_one_that_serves_no_connection_yet(twin):
    """Nothing waits for it."""

    async def main():
        wire = Wire(twin, print)
        twin("http1.exchange").new_exchange(wire.service).wake()
        wire.lose()

    asyncio.run(main())


def test_a_call_in_a_thread_behind_the_end(twin):
    """There is no connection that it works for any more."""

    async def main():
        kept = []

        def handle(request, responder):
            kept.append(responder._unanswered())
            responder.write(204)

        class End:
            def wait(self):
                raise AssertionError("nobody waits for it")

        wire = Wire(twin, handle)
        wire.feed(message("GET", "/"))
        kept.pop().occupied_by(End())
        wire.lose()

    asyncio.run(main())


def test_an_end_that_fails(twin):
    """Nobody can give it again: the next sweep ends the connection, which its client would wait on for ever."""

    class Failing(Transport):
        fails = False

        def write(self, data):
            if self.fails:
                raise MemoryError("on purpose")
            super().write(data)

    async def main():
        kept = []
        wire = Wire(twin, lambda _, responder: kept.append(responder), transport=Failing())
        wire.feed(message("GET", "/"))
        kept[0].write_begin_chunked("text/plain")
        await turns()
        wire.transport.fails = True
        with pytest.raises(MemoryError, match="on purpose"):
            kept[0].write_end_chunked(b"end")
        wire.protocol.sweep(wire.service.now)
        assert wire.transport.aborted
        wire.lose()
        kept.clear()
        await turns()

    asyncio.run(main())
