"""What fails leaves no cycle behind: all that its handler held is let go at once, without the collector."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from connection.tools import Inbox, wait_for_no_connection

from fastresp.core.closing import all_closed


@contextmanager
def no_collector() -> Iterator[None]:
    logging.disable()  # pytest keeps each record, with its traceback
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        logging.disable(logging.NOTSET)


class Held:
    """Stands in a frame of a handler's."""


@pytest.mark.parametrize("how", ["read", "pieces", "read behind the answer"])
@pytest.mark.parametrize("content", [b"abc", b"x" * 300_000], ids=["small", "large"])
def test_an_upload_that_breaks_off_leaves_no_cycle(serve, connect, how, content):
    async def handle(request, responder):
        held = Held()
        refs.put(weakref.ref(held))
        if how == "read behind the answer":
            responder.write(b"fine", "text/plain")
        if how == "pieces":
            async for _ in request:
                pass
        else:
            await request.read()

    refs = Inbox()
    server = serve(handle)
    with no_collector():
        client = connect(server)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + content)
        ref = refs.get()
        client.reset()
        wait_for_no_connection(server)
        settled(server)
        assert ref() is None


class FailingDevice:
    """A device that fails, in a thread."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def read(self, count):
        raise self.error("of the device's")


def test_a_device_that_fails_leaves_no_cycle(serve, connect):
    def handle(request, responder):
        device = FailingDevice(LookupError)
        refs.put(weakref.ref(device))
        responder.write(device, "text/plain")

    refs = Inbox()
    server = serve(handle)
    with no_collector():
        client = connect(server)
        client.get()
        client.rest()
        ref = refs.get()
        wait_for_no_connection(server)
        for _ in range(100):  # the thread that has read it may be about to let go of it
            settled(server)
            if ref() is None:
                break
        assert ref() is None, gc.get_referrers(ref())


def settled(server) -> None:
    """Returns when the tasks of what has ended are over."""

    async def main() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        await all_closed(server._service)

    asyncio.run_coroutine_threadsafe(main(), server._loop).result(10)
