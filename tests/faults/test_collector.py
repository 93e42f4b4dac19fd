"""The collector runs in the middle of a call, and code of a handler's with it: who waits is told."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from connection.fake import Wire, turns
from connection.tools import message

from fastresp import ResponderStateError


class Dying:
    """Answers when the collector finds it."""

    def __init__(self, responder):
        self.cycle = self
        self.responder = responder

    def __del__(self):
        with suppress(ResponderStateError):  # it was in time
            self.responder.write(b"dying", "text/plain")


@contextmanager
def collecting(allocations: int) -> Iterator[None]:
    """The collector runs after so many allocations."""
    gc.set_threshold(gc.get_count()[0] + allocations)
    gc.enable()
    try:
        yield
    finally:
        gc.disable()
        gc.set_threshold(700, 10, 10)


@pytest.fixture
def disabled_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("disabled_collector")
@pytest.mark.parametrize("how", ["read", "pieces"])
def test_a_body_that_ends_while_it_is_asked_for(twin, how):
    """What the collector runs meanwhile answers the request: its reader is told."""

    async def main():
        for allocations in range(1, 30):
            ended: list[int] = []

            async def handle(request, responder, allocations=allocations, ended=ended):
                Dying(responder)
                del responder
                with collecting(allocations):
                    try:
                        if how == "read":
                            await request.read()
                        else:
                            async for _ in request:
                                pass
                    finally:
                        ended.append(allocations)

            wire = Wire(twin, handle)
            wire.feed(message("POST", "/", "Expect: 100-continue", "Content-Length: 5"))
            await turns()
            gc.disable()
            wire.lose()
            await turns()
            assert ended
            gc.collect()

    asyncio.run(main())


@pytest.mark.usefixtures("disabled_collector")
def test_a_turn_that_comes_while_it_is_waited_for(twin):
    async def main():
        for allocations in range(1, 30):
            first: list[object] = []

            async def handle(request, responder, allocations=allocations, first=first):
                if request.path == "/first":
                    first.append(responder)
                    return
                responder.write_begin_chunked("text/plain")
                responder.write_chunk(b"abc")
                Dying(first.pop())
                with collecting(allocations):
                    await responder.drain()
                responder.write_end_chunked()

            wire = Wire(twin, handle)
            wire.feed(message("GET", "/first") + message("GET", "/second"))
            await turns()
            gc.disable()
            gc.collect()
            await turns()
            assert wire.transport.sent.endswith(b"0\r\n\r\n")
            wire.lose()

    asyncio.run(main())


@pytest.mark.usefixtures("disabled_collector")
@pytest.mark.parametrize("first", [True, False], ids=["first", "behind another"])
def test_an_answer_that_ends_in_the_middle_of_a_chunk(twin, first):
    """What runs as the chunk is framed, or kept, ends the answer: then the chunk is no part of it."""

    class Ending:
        def __init__(self, responder):
            self.cycle = self
            self.responder = responder

        def __del__(self):
            with suppress(ResponderStateError):
                self.responder.write_end_chunked(b"END")

    def handle(request, responder):
        if request.path == "/late":
            late.append(responder)
            return
        responder.write_begin_chunked("text/plain")
        Ending(responder)
        lists = [[] for _ in range(300)]  # else a new one may take the memory of an old one, and not count
        with collecting(allocations), suppress(ResponderStateError):
            responder.write_chunk(b"hello")
        del lists
        gc.collect()

    async def main():
        wire = Wire(twin, handle)
        wire.feed((b"" if first else message("GET", "/late")) + message("GET", "/"))
        if not first:
            late.pop().write(b"late", "text/plain")
        await turns()
        content = wire.transport.sent.rpartition(b"chunked\r\n\r\n")[2]
        assert content in (b"3\r\nEND\r\n0\r\n\r\n", b"5\r\nhello\r\n3\r\nEND\r\n0\r\n\r\n")
        wire.lose()
        wire.service.close()

    late = []
    for number in range(12):
        allocations = number
        asyncio.run(main())
