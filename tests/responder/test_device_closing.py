"""Rule 10: a device belongs to fastresp from the call on, and is closed exactly once, whatever comes of it."""

from __future__ import annotations

import asyncio
import io
import threading

import pytest
from responder.devices import TIMEOUT, Counted, Device, Gate, Reader, Seekable
from responder.messages import FAULT, GET, GET_1_0, HEAD, OK, PING, PONG, fine, request

from fastresp import HeaderError, ResponderStateError

SIZE = 600_000


class Pieces(Counted):
    """An async iterator with an end of its own."""

    def __init__(self, *pieces):
        super().__init__()
        self.pieces = list(pieces)

    def __aiter__(self):
        return self

    async def __anext__(self):
        assert not self.closes, "read after close"
        self.reads += 1
        if not self.pieces:
            raise StopAsyncIteration
        piece = self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return piece

    async def aclose(self):
        await asyncio.sleep(0)
        self.close()


class AsyncClosing(Reader):
    """An object whose `close` is a coroutine function."""

    async def close(self):
        await asyncio.sleep(0)
        super().close()


def small(*pieces):
    content = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    return Seekable(len(content) + 5 * (len(pieces) > len([p for p in pieces if isinstance(p, bytes)])), content)


KINDS = {"blocking": Device, "async": Reader, "iterator": Pieces, "async close": AsyncClosing, "seekable": small}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def make(request):
    return request.param


def closed_once(stage, *devices):
    for device in devices:
        assert device.closing.wait(TIMEOUT), "never closed"
    assert stage.serves()  # the loop has turned: a second close would have come
    assert [device.closes for device in devices] == [1] * len(devices)


QUESTIONS = {
    "GET": (GET, 200),
    "HEAD": (HEAD, 200),
    "HTTP/1.0": (GET_1_0, 200),
    "204": (GET, 204),
    "205": (GET, 205),
    "304": (GET, 304),
}


@pytest.mark.parametrize(("question", "status"), QUESTIONS.values(), ids=QUESTIONS)
@pytest.mark.parametrize("content", [b"", b"abc", b"x" * SIZE], ids=["empty", "small", "large"])
def test_answered(stage, make, question, status, content):
    device = make(*[content] if content else [])
    stage(lambda _, responder: responder.write(device, "a/b", status))
    client = stage.client()
    client.send(question + (b"" if question == GET_1_0 else PING))
    if question == GET_1_0:
        assert client.rest().startswith(b"HTTP/1.1 200 OK\r\n")
    else:
        assert client.until(PONG).startswith(b"HTTP/1.1 %d " % status)
    closed_once(stage, device)
    if question != GET or status != 200:
        assert device.reads == 0 or question == GET_1_0


REFUSED = {
    "type": (lambda r, d: r.write(d, "a\r\nb"), HeaderError),
    "header": (lambda r, d: r.write(d, {"a": "\n"}), HeaderError),
    "name": (lambda r, d: r.write(d, {"": "x"}), HeaderError),
    "header by name": (lambda r, d: r.write(d, "a/b", headers={"a": "\0"}), HeaderError),
    "header and 204": (lambda r, d: r.write(d, {"a": "\n"}, 204), HeaderError),
    "header and 103": (lambda r, d: r.write(d, {"a": "\n"}, 103), HeaderError),
    "transfer-encoding": (lambda r, d: r.write(d, {"transfer-encoding": "chunked"}), ValueError),
    "content-length": (lambda r, d: r.write(d, {"content-length": "x"}), ValueError),
    "status": (lambda r, d: r.write(d, "a/b", 1000), ValueError),
    "type of the status": (lambda r, d: r.write(d, "a/b", "200"), TypeError),
    "101": (lambda r, d: r.write(d, "a/b", 101), ValueError),
    "None": (lambda r, d: r.write(d, None), TypeError),
    "no headers": (lambda r, d: r.write(d, 5.5), TypeError),
    "two statuses": (lambda r, d: r.write(d, 200, 200), TypeError),
}


@pytest.mark.parametrize(("call", "error"), REFUSED.values(), ids=REFUSED)
def test_refused(stage, call, error):
    devices = [kind(b"abc") for kind in KINDS.values()]

    def handler(_, responder):
        for device in devices:
            with pytest.raises(error):
                call(responder, device)
        fine(responder)

    stage(handler)
    assert stage.kept() == OK
    closed_once(stage, *devices)
    assert [device.reads for device in devices] == [0] * len(devices)


STATES = {
    "answered": (fine, lambda r: None),
    "in the middle": (lambda r: r.write_begin_chunked("a/b"), lambda r: r.write_end_chunked()),
}


@pytest.mark.parametrize(("before", "after"), STATES.values(), ids=STATES)
def test_at_the_wrong_time(stage, make, before, after):
    device = make(b"abc")

    def handler(_, responder):
        before(responder)
        with pytest.raises(ResponderStateError):
            responder.write(device, "a/b")
        after(responder)

    stage(handler)
    stage.kept()
    closed_once(stage, device)
    assert device.reads == 0


@pytest.mark.parametrize("kind", [Device, Reader, Pieces, AsyncClosing])
def test_failing(stage, faults, kind):
    device = kind(b"abc", OSError("no"))
    stage(lambda _, responder: responder.write(device, "a/b"))
    assert stage.ended().endswith(b"3\r\nabc\r\n")
    closed_once(stage, device)
    assert len(faults(1)) == 1


@pytest.mark.parametrize("size", [10, SIZE])
@pytest.mark.parametrize("content", [b"abc", b"x" * SIZE * 2], ids=["too short", "too long"])
def test_of_another_size_than_it_says(stage, size, content):
    device = Seekable(size, content)
    stage(lambda _, responder: responder.write(device, "a/b"))
    client = stage.client()
    client.send(GET)
    client.until(b"\r\n\r\n")
    client.exactly(min(size, len(content)))
    closed_once(stage, device)


def test_one_that_can_not_be_read(stage):
    class Unreadable(Device):
        def readable(self):
            return False

    device = Unreadable(b"abc")
    stage(lambda _, responder: responder.write(device, "a/b"))
    assert stage.kept() == FAULT
    closed_once(stage, device)


def test_one_that_can_not_be_measured(stage):
    class Unmeasurable(Seekable):
        def tell(self):
            raise OSError("no")

    device = Unmeasurable(3, b"abc")
    stage(lambda _, responder: responder.write(device, "a/b"))
    assert stage.kept() == FAULT
    closed_once(stage, device)


@pytest.mark.parametrize("kind", [Device, Reader, Pieces, AsyncClosing])
def test_the_client_leaves_in_the_middle(stage, faults, kind):
    """Also a device that never waits (Pieces) has to let the loop see that the client left."""
    asked, left = threading.Event(), threading.Event()
    device = kind(*[b"x" * 100_000] * 1000)

    def handler(_, responder):
        asked.set()
        left.wait(TIMEOUT)  # the loop stands still, and does not see the client leave
        responder.write(device, "a/b")

    stage(handler)
    client = stage.client()
    client.send(GET)
    assert asked.wait(TIMEOUT)
    client.reset()
    left.set()
    closed_once(stage, device)
    assert device.pieces, "it was read to its end, for nobody"
    assert faults(0) == []


def test_the_client_leaves_before_its_turn(stage):
    first, second = threading.Event(), Device(b"abc")
    kept = []

    def handler(asked, responder):
        if asked.path == "/second":
            responder.write(second, "a/b")
            first.set()
        else:
            kept.append(responder)

    stage(handler)
    client = stage.client()
    client.send(GET + request("GET", "/second"))
    assert first.wait(TIMEOUT)
    client.reset()
    closed_once(stage, second)
    assert second.reads == 0
    kept.clear()


def test_the_client_leaves_while_it_is_read(stage):
    """Never closed under a read that is still running in its thread."""
    left = threading.Event()
    device = Gate(b"abc")

    def handler(_, responder):
        responder.on_close(left.set)
        responder.write(device, "a/b")

    stage(handler)
    client = stage.client()
    client.send(GET)
    assert device.reading.wait(TIMEOUT)
    client.reset()
    assert left.wait(TIMEOUT)
    assert stage.serves()
    assert device.closes == 0
    device.opened.set()
    closed_once(stage, device)


def test_a_close_that_fails(stage, faults):
    class Stubborn(Device):
        def close(self):
            super().close()
            raise OSError("it will not")

    device = Stubborn(b"abc")
    stage(lambda _, responder: responder.write(device, "a/b"))
    assert stage.kept().endswith(b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    closed_once(stage, device)
    [line] = faults(1)
    assert "it will not" in line


def test_without_a_close(stage, faults):
    class Endless:
        def __init__(self):
            self.pieces = [b"abc"]

        def read(self, count):
            return self.pieces.pop() if self.pieces else b""

    stage(lambda _, responder: responder.write(Endless(), "a/b"))
    assert stage.kept().endswith(b"\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert faults(0) == []


@pytest.mark.parametrize("how", ["whole", "failing", "left", "refused", "head"])
def test_a_generator_is_finished(stage, how):
    finished, count = threading.Event(), []

    async def pieces():
        try:
            yield b"x" * 100_000
            if how == "failing":
                raise OSError("no")
            for _ in range(1000 if how == "left" else 1):
                yield b"x" * 100_000
        finally:
            count.append(1)
            finished.set()

    def handler(_, responder):
        if how == "refused":
            with pytest.raises(HeaderError):
                responder.write(pieces(), "\n")
            fine(responder)
        else:
            responder.write(pieces(), "a/b")

    stage(handler)
    client = stage.client()
    client.send(HEAD if how == "head" else GET)
    client.until(b"\r\n\r\n")
    if how == "left":
        client.reset()
    elif how in ("whole", "failing"):
        client.socket.settimeout(TIMEOUT)
        client.exactly(200_000 if how == "whole" else 100_000)
    if how in ("refused", "head"):
        assert stage.serves()
        assert count == []  # it never began, so it has nothing to finish
    else:
        assert finished.wait(TIMEOUT)
        assert stage.serves()
        assert count == [1]


@pytest.mark.parametrize("size", [3, SIZE])
def test_a_bytesio_that_its_handler_closes(stage, size):
    def handler(_, responder):
        with io.BytesIO(b"x" * size) as file:
            file.seek(1)
            responder.write(file, "a/b")

    stage(handler)
    client = stage.client()
    client.send(GET)
    assert client.answer().body == b"x" * (size - 1)
