"""A device's close() that may block runs in a thread, once, also where nothing was read."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
import weakref
from contextlib import suppress

import pytest
from connection.tools import Inbox, in_loop, wait_for_no_connection
from responder.devices import TIMEOUT, Device
from responder.messages import GET, HEAD, PING, PONG, fine
from responder.test_device_closing import closed_once

from fastresp import ResponderStateError
from fastresp.core import closing


def test_a_close_that_blocks_holds_nobody_up(stage):
    closing, over = threading.Event(), threading.Event()

    class Slow(Device):
        def close(self):
            closing.set()
            assert over.wait(TIMEOUT)
            super().close()

    device = Slow(b"abc")
    stage(lambda _, responder: responder.write(device, "a/b"))
    client = stage.client()
    client.send(GET)
    try:
        assert closing.wait(TIMEOUT)
        assert stage.serves()
    finally:
        over.set()
    closed_once(stage, device)


class Slow(Device):
    """Its close() may block, and notes in which thread."""

    def close(self):
        self.closed_in = threading.get_ident()
        super().close()


@pytest.mark.parametrize("how", ["too late", "second"])
def test_a_close_that_may_block_of_one_that_is_not_read(stage, how):
    """Its client has left, or has another answer: that must not hold up the others either."""
    loops, called = Inbox(), Inbox()
    device = Slow(b"abc")

    def give(responder):
        with suppress(ResponderStateError):
            responder.write(device, "a/b")

    def handler(_, responder):
        loops.put(threading.get_ident())
        if how == "second":
            fine(responder)
            give(responder)
        else:
            called.put(responder)

    stage(handler)
    client = stage.client()
    client.send(GET)
    thread = loops.get()
    if how == "too late":
        responder = called.get()
        client.reset()
        wait_for_no_connection(stage.server)
        in_loop(stage.server, give, responder)
    assert device.closing.wait(TIMEOUT)
    closed_once(stage, device)
    assert device.closed_in != thread


def test_one_that_is_closed_keeps_its_address_as_long_as_that_is_noted():
    """Another one that had it meanwhile would never be closed."""

    async def main():
        device = Device()
        seen, identity = weakref.ref(device), id(device)
        closing.close_in_thread(device)
        del device
        while seen() is not None:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert identity not in closing._busy

    asyncio.run(main())


def test_a_system_that_gives_no_thread(stage, faults, monkeypatch):
    """Then it is closed where its handler runs."""

    def refuse(*arguments):
        raise RuntimeError("can't start new thread")

    def handler(_, responder):
        fine(responder)
        with suppress(ResponderStateError):
            responder.write(device, "a/b")

    monkeypatch.setattr(closing.CLOSINGS, "start", refuse)
    device = Slow(b"abc")
    stage(handler)
    stage.kept()
    closed_once(stage, device)


def nameless(folder):
    """A file of 2 MiB that the system frees when it is closed."""
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
    file.write(bytes(2 << 20))
    file.seek(0)
    return file


def deleted(folder):
    """One by its path, whose name goes while it is sent."""
    path = folder / "large"
    path.write_bytes(bytes(2 << 20))
    return path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs files without a name")
@pytest.mark.parametrize(("make", "question"), [(nameless, GET), (deleted, GET), (nameless, HEAD)])
def test_a_large_file_that_nobody_has_a_name_of_is_freed_in_a_thread(stage, tmp_path, monkeypatch, make, question):
    """The system takes its time to give its blocks back."""
    start, started = closing.CLOSINGS.start, Inbox()

    def watched(*call):
        started.put(threading.get_ident())
        return start(*call)

    def handler(_, responder):
        device = make(tmp_path)
        responder.write(device, "a/b")
        if make is deleted:
            device.unlink()
        called.put(threading.get_ident())

    called = Inbox()
    monkeypatch.setattr(closing.CLOSINGS, "start", watched)
    stage(handler)
    client = stage.client()
    client.send(question + PING)
    client.until(PONG)
    assert started.get() == called.get()
