"""Rule 11: answers may come late, from anywhere; they leave in the order of the requests.

And swap(): two responders trade their requests.
"""

from __future__ import annotations

import asyncio
import queue
import threading

import pytest
from responder.messages import FAULT, GET, OK, PING, PONG, begun, chunks, fine, message, request

from fastresp import Response

TIMEOUT = 10.0
STREAM = message(b"200 OK", b"content-type: a/b", b"transfer-encoding: chunked")


def named(name):
    return message(b"200 OK", b"content-type: a/b", b"content-length: %d" % len(name), body=name.encode())


def tell(responder, name):
    responder.write(name, "a/b")


class Shelf:
    """A handler that keeps its responders by path, for the test to use in the loop."""

    def __init__(self):
        self.responders = {}
        self.arrived = queue.Queue()
        self.loop = None

    def __call__(self, asked, responder):
        self.responders[asked.path] = responder
        self.loop = asyncio.get_running_loop()
        self.arrived.put(asked.path)

    def wait(self, *paths):
        assert [self.arrived.get(timeout=TIMEOUT) for _ in paths] == list(paths)

    def do(self, call):
        """Calls it in the loop, and returns what it returns."""
        done = queue.Queue()

        def run():
            try:
                done.put((call(), None))
            except BaseException as error:
                done.put((None, error))

        self.loop.call_soon_threadsafe(run)
        result, error = done.get(timeout=TIMEOUT)
        if error is not None:
            raise error
        return result

    def answer(self, path):
        self.do(lambda: tell(self.responders.pop(path), path))


@pytest.fixture
def shelf(stage):
    shelf = Shelf()
    stage(lambda asked, responder: shelf(asked, responder))
    yield shelf
    shelf.responders.clear()


def test_after_the_handler_has_returned(stage):
    stage(lambda _, responder: asyncio.get_running_loop().call_soon(fine, responder))
    assert stage.kept() == OK


def test_from_a_timer(stage):
    stage(lambda _, responder: asyncio.get_running_loop().call_later(0.001, fine, responder))
    assert stage.kept() == OK


def test_from_another_thread(stage):
    def handler(_, responder):
        loop = asyncio.get_running_loop()
        threading.Thread(target=loop.call_soon_threadsafe, args=(fine, responder)).start()

    stage(handler)
    assert stage.kept() == OK


def test_from_a_task_of_the_handlers(stage):
    tasks = set()

    async def work(responder):
        await asyncio.sleep(0)
        responder.write_begin_chunked("a/b")
        await asyncio.sleep(0)
        responder.write_chunk(b"abc")
        await asyncio.sleep(0)
        responder.write_end_chunked()

    def handler(_, responder):
        task = asyncio.ensure_future(work(responder))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    stage(handler)
    assert stage.kept() == STREAM + chunks(b"abc")


def test_a_coroutine_that_waits(stage):
    async def handler(_, responder):
        for _ in range(5):
            await asyncio.sleep(0)
        fine(responder)

    stage(handler)
    assert stage.kept(GET * 3) == OK * 3


def test_nothing_is_sent_before(stage, shelf):
    client = stage.client()
    client.send(request("GET", "/late"))
    shelf.wait("/late")
    assert stage.serves()  # the loop has turned meanwhile
    client.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.socket.recv(1)
    client.socket.settimeout(TIMEOUT)
    shelf.answer("/late")
    assert client.exactly(len(named("/late"))) == named("/late")


@pytest.mark.parametrize("order", [["/1", "/2", "/3"], ["/3", "/2", "/1"], ["/2", "/3", "/1"], ["/3", "/1", "/2"]])
def test_pipelined_in_the_order_of_the_requests(stage, shelf, order):
    client = stage.client()
    client.send(request("GET", "/1") + request("GET", "/2") + request("GET", "/3"))
    shelf.wait("/1", "/2", "/3")
    for path in order:
        shelf.answer(path)
    client.send(PING)
    assert client.until(PONG) == named("/1") + named("/2") + named("/3") + PONG


def test_pipelined_chunks_wait_for_those_before(stage, shelf):
    client = stage.client()
    client.send(request("GET", "/1") + request("GET", "/2"))
    shelf.wait("/1", "/2")
    first, second = shelf.responders.pop("/1"), shelf.responders.pop("/2")
    shelf.do(lambda: (second.write_begin_chunked("a/b"), second.write_chunk(b"second")))
    shelf.do(lambda: (first.write_begin_chunked("a/b"), first.write_chunk(b"first")))
    assert client.exactly(len(STREAM + begun(b"first"))) == STREAM + begun(b"first")
    shelf.do(lambda: second.write_chunk(b"more"))
    shelf.do(lambda: first.write_end_chunked())
    both = chunks() + STREAM + begun(b"second", b"more")
    assert client.exactly(len(both)) == both
    shelf.do(lambda: second.write_end_chunked(b"end"))
    assert client.exactly(len(chunks(b"end"))) == chunks(b"end")


def test_pipelined_kinds_of_answer(stage, shelf, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 300_000)
    client = stage.client()
    client.send(b"".join(request("GET", f"/{number}") for number in range(5)))
    shelf.wait(*(f"/{number}" for number in range(5)))
    take = shelf.responders.pop
    shelf.do(lambda: take("/4").send_response(Response(b"y" * 100_000, mime_type="a/b")))
    shelf.do(lambda: take("/3").write(path, "a/b"))
    shelf.do(lambda: take("/2").write(102) or tell(take("/1"), "/1"))
    shelf.do(lambda: tell(take("/0"), "/0"))
    assert client.exactly(2 * len(named("/0"))) == named("/0") + named("/1")
    assert client.until(FAULT) == message(b"102 Processing") + FAULT  # "/2" was dropped after its interim response
    large = [(b"x", 300_000), (b"y", 100_000)]
    for octet, size in large:
        answer = message(b"200 OK", b"content-type: a/b", b"content-length: %d" % size, body=octet * size)
        assert client.exactly(len(answer)) == answer


def test_close_in_the_middle_of_a_pipeline(stage, shelf):
    client = stage.client()
    client.send(request("GET", "/1") + request("GET", "/2") + request("GET", "/3"))
    shelf.wait("/1", "/2", "/3")
    third = shelf.responders["/3"]
    shelf.answer("/3")
    shelf.do(lambda: shelf.responders.pop("/2").write(b"2", {"connection": "close"}))
    shelf.answer("/1")
    closed = message(b"200 OK", b"connection: close", b"content-length: 1", body=b"2")
    assert client.rest() == named("/1") + closed
    assert third is not None


# -- swap ------------------------------------------------------------------------------------------------------------


def two(stage, shelf):
    client = stage.client()
    client.send(request("GET", "/1") + request("GET", "/2"))
    shelf.wait("/1", "/2")
    return client, shelf.responders.pop("/1"), shelf.responders.pop("/2")


@pytest.mark.parametrize("order", ["first", "second"])
@pytest.mark.parametrize("by", ["first", "second"])
def test_swapped(stage, shelf, order, by):
    client, first, second = two(stage, shelf)
    shelf.do(lambda: first.swap(second) if by == "first" else second.swap(first))
    answers = [lambda: tell(first, "by first"), lambda: tell(second, "by second")]
    for answer in answers if order == "first" else reversed(answers):
        shelf.do(answer)
    expected = named("by second") + named("by first")
    assert client.exactly(len(expected)) == expected


def test_swapped_twice_is_not_swapped(stage, shelf):
    client, first, second = two(stage, shelf)
    shelf.do(lambda: (first.swap(second), first.swap(second), tell(second, "2"), tell(first, "1")))
    expected = named("1") + named("2")
    assert client.exactly(len(expected)) == expected


@pytest.mark.parametrize("begun_by", ["first", "second"])
def test_swapped_after_begin(stage, shelf, begun_by):
    """The state goes along: who takes over the stream ends it."""
    client, first, second = two(stage, shelf)
    streaming, ready = (first, second) if begun_by == "first" else (second, first)
    shelf.do(lambda: (streaming.write_begin_chunked("a/b"), streaming.write_chunk(b"one")))
    shelf.do(lambda: streaming.swap(ready))
    shelf.do(lambda: (ready.write_chunk(b"two"), ready.write_end_chunked(b"three")))
    shelf.do(lambda: tell(streaming, "whole"))
    stream = STREAM + chunks(b"one", b"two", b"three")
    expected = stream + named("whole") if begun_by == "first" else named("whole") + stream
    assert client.exactly(len(expected)) == expected


def test_swapped_with_one_that_has_answered(stage, shelf):
    client, first, second = two(stage, shelf)
    shelf.do(lambda: (tell(first, "1"), first.swap(second), tell(first, "2")))
    expected = named("1") + named("2")
    assert client.exactly(len(expected)) == expected
    with pytest.raises(RuntimeError, match="already been answered"):
        shelf.do(lambda: tell(second, "3"))


def test_swapped_across_connections(stage, shelf):
    one, other = stage.client(), stage.client()
    one.send(request("GET", "/one"))
    shelf.wait("/one")
    other.send(request("GET", "/other"))
    shelf.wait("/other")
    first, second = shelf.responders.pop("/one"), shelf.responders.pop("/other")
    shelf.do(lambda: (first.swap(second), tell(first, "first"), tell(second, "second")))
    assert one.exactly(len(named("second"))) == named("second")
    assert other.exactly(len(named("first"))) == named("first")


def test_swapped_and_gone(stage, shelf):
    """Being canceled belongs to the request, and goes along."""
    one, other, left = stage.client(), stage.client(), threading.Event()
    one.send(request("GET", "/one"))
    shelf.wait("/one")
    other.send(request("GET", "/other"))
    shelf.wait("/other")
    first, second = shelf.responders.pop("/one"), shelf.responders.pop("/other")
    shelf.do(lambda: first.on_close(left.set))
    one.reset()
    assert left.wait(TIMEOUT)
    shelf.do(lambda: first.swap(second))
    assert (first.is_response_canceled, second.is_response_canceled) == (False, True)
    shelf.do(lambda: (tell(second, "nobody"), tell(first, "first")))
    assert other.exactly(len(named("first"))) == named("first")


def test_swapped_and_dropped(stage, shelf, faults):
    """The fault is that of the request whose responder it has become."""
    client, *held = two(stage, shelf)
    shelf.do(lambda: (held[0].swap(held[1]), tell(held[1], "second")))
    shelf.do(held.clear)
    expected = named("second") + FAULT
    assert client.exactly(len(expected)) == expected
    [line] = faults(1)
    assert "GET /2 from 127.0.0.1:" in line
