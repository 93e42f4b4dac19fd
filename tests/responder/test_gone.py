"""Rule 7: once the client is gone nothing is an error any more, nothing is sent, and every device is closed."""

from __future__ import annotations

import asyncio
import queue
import threading

import pytest
from responder.devices import Device, Reader
from responder.messages import GET, OK, begun, fine, message, request

from fastresp import Headers, Response

TIMEOUT = 10.0


class Leaver:
    """A handler that answers only when its client is gone, and tells what that was like."""

    def __init__(self, *calls, before=lambda responder: responder.write(102)):
        self.calls = calls
        self.before = before
        self.told = queue.Queue()

    async def __call__(self, request, responder):
        left = asyncio.Event()
        responder.on_close(left.set)
        self.told.put(responder.is_response_canceled)
        self.before(responder)
        await left.wait()
        try:
            for call in self.calls:
                result = call(responder)
                assert (await result if asyncio.iscoroutine(result) else result) is None
        except BaseException as error:
            self.told.put(error)
            raise
        self.told.put(responder.is_response_canceled)


def leave(stage, leaver, *, until=b"\r\n\r\n"):
    """A client asks, and leaves without an answer."""

    stage(leaver)
    client = stage.client()
    client.send(GET)
    client.until(until)
    client.reset()
    assert leaver.told.get(timeout=TIMEOUT) is False
    assert leaver.told.get(timeout=TIMEOUT) is True
    assert stage.serves()


SILENT = {
    "status": lambda r: r.write(404),
    "headers": lambda r: r.write(Headers({"a": "1"}), 404),
    "data": lambda r: r.write(b"x", "a/b"),
    "large data": lambda r: r.write(b"x" * 1_000_000, "a/b"),
    "text": lambda r: r.write("x"),
    "document": lambda r: r.write({"a": 1}),
    "interim": lambda r: r.write(102),
    "response": lambda r: r.send_response(Response(b"x")),
    "begin": lambda r: r.write_begin_chunked("a/b", ["x-t"], 201),
    "chunk": lambda r: r.write_chunk(b"x"),
    "end": lambda r: r.write_end_chunked(b"x", {"x-t": "1"}),
    "drain": lambda r: r.drain(),
    "swap": lambda r: r.swap(r),
    "what is refused else": lambda r: r.write(b"x", {"a": "\n"}),
    "a wrong overload": lambda r: r.write(None),
}


@pytest.mark.parametrize("call", SILENT.values(), ids=SILENT)
def test_silent_when_ready(stage, faults, call):
    leave(stage, Leaver(call, call, *SILENT.values()))
    assert faults(0) == []


@pytest.mark.parametrize("call", SILENT.values(), ids=SILENT)
def test_silent_in_the_middle(stage, faults, call):
    def begin(responder):
        responder.write_begin_chunked("a/b")
        responder.write_chunk(b"abc")

    leave(stage, Leaver(call, call, *SILENT.values(), before=begin), until=b"abc\r\n")
    assert faults(0) == []


def test_no_answer_at_all_is_fine_then(stage, faults):
    leave(stage, Leaver())
    assert faults(0) == []


@pytest.mark.parametrize("make", [Device, Reader])
@pytest.mark.parametrize("form", ["type", "headers", "nothing", "bad type", "bad status", "None"])
def test_devices_are_closed_and_never_read(stage, make, form):
    device = make(b"abc")
    call = {
        "type": lambda r: r.write(device, "a/b"),
        "headers": lambda r: r.write(device, {"a": "1"}, 201),
        "nothing": lambda r: r.write(device),
        "bad type": lambda r: r.write(device, "\r\n"),
        "bad status": lambda r: r.write(device, "a/b", 9999),
        "None": lambda r: r.write(device, None),
    }[form]
    leave(stage, Leaver(call))
    assert device.closing.wait(TIMEOUT)
    assert device.reads == 0
    assert device.closes == 1


def test_an_iterator_is_closed(stage):
    closed = threading.Event()

    class Pieces:
        def __aiter__(self):
            return self

        async def __anext__(self):
            raise AssertionError("it was read")

        async def aclose(self):
            closed.set()

    leave(stage, Leaver(lambda r: r.write(Pieces(), "a/b")))
    assert closed.wait(TIMEOUT)


def test_a_path_is_not_opened(stage, tmp_path, faults):
    leave(stage, Leaver(lambda r: r.write(tmp_path / "missing", "a/b")))
    assert faults(0) == []


def test_drain_ends_when_the_client_leaves(stage):
    """The handler writes on and on, and waits as it should, for a client that is not there any more."""
    asked, left, told = threading.Event(), threading.Event(), queue.Queue()

    async def handler(_, responder):
        asked.set()
        left.wait(TIMEOUT)  # the loop stands still, and does not see the client leave
        responder.write_begin_chunked("a/b")
        for _ in range(2000):  # bounded, for a drain() that never lets the loop look
            if responder.is_response_canceled:
                break
            responder.write_chunk(b"x" * 100_000)
            await responder.drain()
        told.put(responder.is_response_canceled)

    stage(handler)
    client = stage.client()
    client.send(GET)
    assert asked.wait(TIMEOUT)
    client.reset()
    left.set()
    assert told.get(timeout=TIMEOUT) is True


def test_everyone_in_the_line_is_told(stage):
    told, kept = queue.Queue(), []

    def handler(request, responder):
        kept.append(responder)
        responder.on_close(lambda: told.put((request.path, responder.is_response_canceled)))
        if request.path == "/0":
            responder.write(102)

    stage(handler)
    client = stage.client()
    client.send(b"".join(request("GET", f"/{number}") for number in range(5)))
    client.until(b"\r\n\r\n")
    client.reset()
    assert sorted(told.get(timeout=TIMEOUT) for _ in range(5)) == [(f"/{number}", True) for number in range(5)]
    for responder in kept:
        assert responder.is_response_canceled
        fine(responder)
    kept.clear()


def test_an_answer_that_was_complete_before_is_not_canceled(stage):
    kept, closed = [], threading.Event()

    def handler(_, responder):
        responder.on_close(closed.set)
        fine(responder)
        kept.append(responder)

    stage(handler)
    client = stage.client()
    client.send(GET)
    assert client.exactly(len(OK)) == OK
    client.reset()
    assert closed.wait(TIMEOUT)
    assert stage.serves()
    assert kept[0].is_response_canceled is False


def test_a_client_that_says_goodbye_is_told_of_and_found_out(stage):
    """Closing looks like half closing, until something is sent."""
    told = queue.Queue()

    def handler(_, responder):
        responder.write_begin_chunked("a/b")
        responder.on_close(lambda: told.put((responder, asyncio.get_running_loop())))

    stage(handler)
    client = stage.client()
    client.send(GET)
    client.until(b"\r\n\r\n")
    client.socket.close()
    responder, loop = told.get(timeout=TIMEOUT)
    gone = threading.Event()

    def send() -> None:
        responder.write_chunk(b"x")
        if responder.is_response_canceled:
            gone.set()
        else:
            loop.call_later(0.01, send)

    loop.call_soon_threadsafe(send)
    assert gone.wait(TIMEOUT)


def test_a_half_closed_client_is_not_gone(stage):
    kept = queue.Queue()

    def handler(_, responder):
        kept.put((responder, asyncio.get_running_loop()))

    stage(handler)
    client = stage.client()
    client.send(GET)
    client.half_close()
    responder, loop = kept.get(timeout=TIMEOUT)
    assert responder.is_response_canceled is False
    loop.call_soon_threadsafe(fine, responder)
    del responder
    assert client.rest() == OK


def test_nothing_is_left_of_a_chunked_answer(stage):
    """What the client saw before it left is exact to the end."""
    leaver = Leaver(
        lambda r: r.write_chunk(b"never"),
        lambda r: r.write_end_chunked(b"seen"),
        before=lambda r: (r.write_begin_chunked("a/b"), r.write_chunk(b"abc")),
    )
    stage(leaver)
    client = stage.client()
    client.send(GET)
    seen = message(b"200 OK", b"content-type: a/b", b"transfer-encoding: chunked") + begun(b"abc")
    assert client.exactly(len(seen)) == seen
    assert client.buffer == b""
    client.reset()
    assert leaver.told.get(timeout=TIMEOUT) is False
    assert leaver.told.get(timeout=TIMEOUT) is True
