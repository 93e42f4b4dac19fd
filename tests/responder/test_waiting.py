"""drain(), which waits for the client, and on_close(), which tells when there is nothing more to wait for."""

from __future__ import annotations

import asyncio
import gc
import queue
import threading
from contextlib import suppress

import pytest
from connection import fake
from responder.devices import TIMEOUT
from responder.messages import FAULT, GET, OK, PING, PONG, begun, chunks, fine, message, request
from responder.slowness import IN_HAND, KERNEL, MIB, slow_client, turns

STREAM = message(b"200 OK", b"content-type: a/b", b"transfer-encoding: chunked")


def test_drain_waits_for_the_client(stage):
    waiting, drained = threading.Event(), threading.Event()

    async def handler(_, responder):
        responder.write_begin_chunked("a/b")
        await responder.drain()  # there is nothing to wait for
        responder.write_chunk(b"x" * 4 * MIB)
        waiting.set()
        await responder.drain()
        drained.set()
        responder.write_end_chunked()

    stage(handler)
    other = stage.client()
    with slow_client(stage) as client:
        client.send(GET + PING)
        assert waiting.wait(TIMEOUT)
        client.until(b"\r\n\r\n")
        turns(other, 100)
        assert not drained.is_set()
        assert client.until(PONG) == begun(b"x" * 4 * MIB) + b"0\r\n\r\n" + PONG
        assert drained.is_set()


def test_drain_bounds_what_a_handler_sends(stage):
    sent = []

    async def handler(_, responder):
        responder.write_begin_chunked("a/b")
        while not responder.is_response_canceled:
            responder.write_chunk(b"x" * 65536)
            sent.append(65536)
            await responder.drain()

    stage(handler)
    other = stage.client()
    with slow_client(stage) as client:
        client.send(GET)
        client.until(b"\r\n\r\n")
        for step in range(1, 9):
            client.exactly(MIB // 4)
            turns(other)
            assert sum(sent) <= step * MIB // 4 + IN_HAND + KERNEL
        client.reset()


def test_drain_waits_for_its_turn_in_the_line(stage):
    kept, drained = [], threading.Event()
    loops = queue.Queue()

    async def handler(asked, responder):
        if asked.path == "/first":
            kept.append(responder)
            return
        responder.write_begin_chunked("a/b")
        loops.put(asyncio.get_running_loop())
        await responder.drain()
        drained.set()
        responder.write_end_chunked(b"second")

    stage(handler)
    client = stage.client()
    client.send(request("GET", "/first") + request("GET", "/second"))
    loop = loops.get(timeout=TIMEOUT)
    turns(stage.client())
    assert not drained.is_set()
    loop.call_soon_threadsafe(lambda: fine(kept.pop()))
    assert client.until(b"0\r\n\r\n") == OK + STREAM + begun(b"second") + b"0\r\n\r\n"
    assert drained.is_set()


# -- on_close() ------------------------------------------------------------------------------------------------------


async def pieces():
    yield b"abc"


ENDS = {
    "data": lambda r: fine(r),
    "chunks": lambda r: (r.write_begin_chunked("a/b"), r.write_end_chunked(b"abc")),
    "device": lambda r: r.write(pieces(), "a/b"),
    "nothing": lambda r: None,
}


@pytest.mark.parametrize("call", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("when", ["before", "behind"])
def test_on_close_when_the_answer_is_complete(stage, call, when):
    called = queue.Queue()

    def handler(_, responder):
        def register():
            for number in (1, 2, 3):
                responder.on_close(lambda number=number: called.put(number))

        if when == "before":
            register()
        call(responder)
        if when == "behind" and call is not ENDS["nothing"]:
            register()

    stage(handler)
    stage.kept()
    if when == "before" or call is not ENDS["nothing"]:
        assert [called.get(timeout=TIMEOUT) for _ in range(3)] == [1, 2, 3]
    assert stage.serves()
    assert called.empty()


def test_on_close_that_fails(stage, faults):
    called = threading.Event()

    def handler(_, responder):
        responder.on_close(lambda: 1 / 0)
        responder.on_close(called.set)
        fine(responder)

    stage(handler)
    assert stage.kept() == OK
    assert called.wait(TIMEOUT)
    [line] = faults(1)
    assert "ZeroDivisionError" in line


def test_on_close_after_a_fault(stage):
    called = threading.Event()

    def handler(_, responder):
        responder.on_close(called.set)
        raise ValueError("no")

    stage(handler, may_fail=True)
    assert stage.kept() == FAULT
    assert called.wait(TIMEOUT)


# -- what on_close() calls may answer another request ----------------------------------------------------------------


@pytest.fixture
def kept(stage):
    """Keeps the responders, by path: `kept(client, "/1", "/2")` asks for them and returns them."""
    arrived = queue.Queue()
    stage(lambda _, responder: arrived.put((asyncio.get_running_loop(), responder)))

    def ask(client, *paths):
        client.send(b"".join(request("GET", path) for path in paths))
        loops, responders = zip(*(arrived.get(timeout=TIMEOUT) for _ in paths), strict=True)
        return loops[0].call_soon_threadsafe, *responders

    return ask


def test_on_close_that_ends_the_next_answer(stage, kept):
    """What the next answer has said before its turn comes in front of what it says then."""
    client = stage.client()
    do, first, second = kept(client, "/1", "/2")

    def play():
        second.write_begin_chunked("a/b")
        second.write_chunk(b"one")
        first.on_close(lambda: second.write_end_chunked(b"two"))
        fine(first)

    do(play)
    expected = OK + STREAM + chunks(b"one", b"two")
    assert client.exactly(len(expected)) == expected


def test_a_device_whose_end_ends_the_next_answer(stage, kept):
    client = stage.client()
    do, first, second = kept(client, "/1", "/2")

    class Device:
        def __init__(self):
            self.left = [b"", b"ok"]

        async def read(self, count):
            return self.left.pop()

        def close(self):
            second.write_end_chunked(b"two")

    def play():
        second.write_begin_chunked("a/b")
        second.write_chunk(b"one")
        first.write(Device(), "a/b")

    do(play)
    expected = STREAM + chunks(b"ok") + STREAM + chunks(b"one", b"two")
    assert client.exactly(len(expected)) == expected


def test_on_close_that_swaps(stage, kept):
    """The responder whose answer is complete has nothing to give, not the exchange that serves the next client."""
    client, other = stage.client(), stage.client()
    do, first, second = kept(client, "/1", "/2")

    def play():
        first.on_close(lambda: first.swap(second))
        fine(first)

    do(play)
    assert client.exactly(len(OK)) == OK
    _, third = kept(other, "/3")

    def answer():
        with pytest.raises(RuntimeError, match="already been answered"):
            second.write("nobody's", "a/b")
        first.write("second", "a/b")
        third.write("third", "a/b")

    do(answer)
    for its, text in ((other, b"third"), (client, b"second")):
        expected = message(b"200 OK", b"content-type: a/b", b"content-length: %d" % len(text), body=text)
        assert its.exactly(len(expected)) == expected


def test_drain_looks_again_after_a_swap(serve, connect):
    """What waits for its turn gets the first turn by it, which nothing else would tell."""
    kept = {}

    async def handler(request, responder):
        kept[request.path] = responder
        if request.path == "/one":
            await both.wait()
            responder.swap(kept["/two"])
            responder.write(b"by one", "text/plain")
        else:
            both.set()
            await responder.drain()
            responder.write(b"by two", "text/plain")

    both = asyncio.Event()
    client = connect(serve(handler))
    client.send(request("GET", "/one") + request("GET", "/two"))
    assert [client.answer().body for _ in range(2)] == [b"by two", b"by one"]


def test_drains_that_are_given_up(twin):
    def futures():
        gc.collect()
        return sum(isinstance(thing, asyncio.Future) for thing in gc.get_objects())

    async def main():
        wire = fake.Wire(twin, lambda _, responder: kept.append(responder))
        wire.feed(request("GET", "/") * 2)
        _, second = kept
        before = futures()
        second.write_begin_chunked("a/b")
        for _ in range(100):
            with suppress(TimeoutError):
                await asyncio.wait_for(second.drain(), 0)
            waiting = asyncio.ensure_future(second.drain())
            await fake.turns(2)
            waiting.cancel()
        await fake.turns()
        del waiting
        assert futures() - before < 20
        wire.lose()

    kept = []
    asyncio.run(main())
    kept.clear()


def test_drain_lets_others_run_when_the_client_is_gone(serve, connect):
    """A handler that writes on in vain must not keep the loop."""
    gone, told = asyncio.Event(), queue.Queue()

    async def handler(_, responder):
        responder.write_begin_chunked("a/b")
        responder.on_close(gone.set)
        await gone.wait()
        assert responder.is_response_canceled
        turned = []
        asyncio.get_running_loop().call_soon(turned.append, 1)
        for _ in range(3):
            responder.write_chunk(b"x")
            await responder.drain()
        told.put(list(turned))

    client = connect(serve(handler))
    client.send(GET)
    client.until(b"\r\n\r\n")
    client.reset()
    assert told.get(timeout=TIMEOUT) == [1]
