"""Memory runs out in a call that is no handler's: nothing waits for ever, and no byte stands where it must not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap

import pytest
from connection.fake import Wire, turns
from connection.tools import message

import fastresp

QUICK = {"write_timeout": 0.2}


class Loop:
    """The running loop, whose call_soon() fails when the test says so."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.is_full = False

    def __getattr__(self, name):
        return getattr(self._loop, name)

    def call_soon(self, *arguments, **options):
        if self.is_full:
            raise MemoryError
        return self._loop.call_soon(*arguments, **options)


def play(scene):
    async def main():
        await scene(Loop())

    asyncio.run(main())


def test_the_end_of_an_answer_fails_outside_a_read(twin):
    """Its bytes are gathered, and nobody would write them."""

    async def scene(loop):
        kept = []

        def handle(request, responder):
            responder.on_close(lambda: None)
            kept.append(responder)

        wire = Wire(twin, handle, loop=loop, **QUICK)
        wire.feed(message("GET", "/"))
        loop.is_full = True
        with pytest.raises(MemoryError):
            kept[0].write(b"late", "text/plain")
        loop.is_full = False
        await turns()
        wire.service.sweep()
        assert wire.transport.aborted
        wire.lose()

    play(scene)


def test_a_client_that_has_caught_up_is_not_forgotten(twin):
    async def scene(loop):
        async def pieces():
            for _ in range(3):
                yield b"x" * 1000

        wire = Wire(twin, lambda _, responder: responder.write(pieces(), "text/plain"), loop=loop, **QUICK)
        wire.feed(message("GET", "/"))
        wire.protocol.pause_writing()
        await turns()
        loop.is_full = True
        with pytest.raises(MemoryError):
            wire.protocol.resume_writing()
        loop.is_full = False
        await turns()
        wire.service.sweep()
        assert wire.transport.aborted
        wire.lose()
        await turns()

    play(scene)


def test_one_answer_that_can_not_be_given_up(twin, caplog):
    """The client has left: the answers behind the one whose end fails are given up, too."""

    async def scene(loop):
        kept = []

        def handle(request, responder):
            responder.on_close(lambda: None)
            kept.append(responder)

        wire = Wire(twin, handle, loop=loop, **QUICK)
        wire.feed(message("GET", "/") * 3)
        loop.is_full = True
        wire.lose()
        loop.is_full = False
        assert [responder.is_response_canceled for responder in kept] == [True, True, True]
        kept.clear()  # the collector does not see responders
        assert caplog.text.count("giving up an answer failed") == 3

    play(scene)


@pytest.mark.parametrize("place", [0, 1])
def test_a_responder_that_is_dropped_where_nothing_can_be_done(twin, place, caplog):
    """Its request is answered at the next tick, wherever it stands, and its connection serves on."""

    async def scene(loop):
        kept = []
        wire = Wire(twin, lambda _, responder: kept.append(responder), loop=loop, **QUICK)
        wire.feed(message("GET", "/first") + message("GET", "/second"))
        loop.is_full = True
        del kept[place]
        loop.is_full = False
        await turns()
        assert wire.transport.sent == b""
        wire.service.sweep()
        await turns()
        assert caplog.text.count("was dropped without an answer") == 1
        kept.pop().write(b"the other", "text/plain")
        await turns()
        assert [wire.transport.sent.count(status) for status in (b" 500 ", b" 200 ")] == [1, 1]
        wire.feed(message("GET", "/third"))
        kept.pop().write(b"the last", "text/plain")
        await turns()
        assert wire.transport.sent.endswith(b"the last")
        assert not wire.transport.closed
        wire.lose()

    play(scene)


def test_a_head_that_is_held_is_the_only_one(twin, monkeypatch):
    """What it needs beside its bytes fails behind them: no other head may follow."""
    if twin.compiled:
        pytest.skip("nothing can be put in the place of a function in C")

    async def scene(loop):
        kept = []

        def handle(request, responder):
            if request.path == "/first":
                kept.append(responder)
                return
            with monkeypatch.context() as patch:
                patch.setattr(twin("net.output").Output, "note_size", fail)
                responder.write_begin_chunked("text/plain")

        def fail(self, size):
            raise MemoryError

        wire = Wire(twin, handle, loop=loop, **QUICK)
        wire.feed(message("GET", "/first") + message("GET", "/second"))
        kept[0].write(b"first", "text/plain")
        await turns()
        wire.service.sweep()
        assert b" 500 " not in wire.transport.sent
        assert wire.transport.aborted
        wire.lose()

    play(scene)


def test_names_of_trailers_that_memory_does_not_hold():
    """Cython's list comprehensions let go of an item twice (3.3.1)."""
    pytest.importorskip("_testcapi")
    if not fastresp.compiled:
        pytest.skip("it is C that crashed")
    script = """
        import _testcapi
        from fastresp.core.overloads_c import sort_begin

        for number in range(400):
            _testcapi.set_nomemory(number % 8, number % 8 + 1)
            try:
                sort_begin("a/b", [f"x-{number}"], 200)
            except MemoryError:
                pass
            finally:
                _testcapi.remove_mem_hooks()
            kept = [b"x-%d" % each for each in range(50)]
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=30)
