"""Rule 10, with exceptions of every kind: each costs its own answer, one line of the log, and nothing else."""

from __future__ import annotations

import asyncio

import pytest
from responder.devices import TIMEOUT, Counted, Device, Gate, Reader, Seekable
from responder.messages import FAULT, GET, GET_1_0, begun, chunks, message

from fastresp.errors import BodyError


class Own(BaseException):
    """One that nobody knows."""


class Liar(Exception):
    """One that says it is another, whose attributes it has not."""

    __class__ = BodyError


ERRORS = [
    Liar("no"),
    asyncio.CancelledError("no"),
    GeneratorExit("no"),
    StopIteration("no"),
    StopAsyncIteration("no"),
    SystemExit("no"),
    KeyboardInterrupt("no"),
    Own("no"),
    type("Subclass", (StopIteration,), {})("no"),
    LookupError("no"),
]

STREAM = message(b"200 OK", b"content-type: a/b", b"transfer-encoding: chunked")


@pytest.fixture(params=ERRORS, ids=lambda error: type(error).__name__)
def error(request):
    return request.param


class Raising:
    """Raises what stands among the pieces, of whatever kind."""

    def take(self, count):
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, BaseException):
            raise piece
        return piece


class Blocking(Raising, Device):
    pass


class Coroutine(Raising, Reader):
    pass


class Iterator(Raising, Counted):
    def __init__(self, *pieces):
        super().__init__()
        self.pieces = list(pieces)

    def __aiter__(self):
        return self

    async def __anext__(self):
        piece = self.take(0)
        if not piece:
            raise StopAsyncIteration
        return piece


class Plain(Iterator):
    """One whose `__anext__` is no coroutine function, and raises before there is anything to await."""

    def __anext__(self):
        piece = self.take(0)

        async def give():
            if not piece:
                raise StopAsyncIteration
            return piece

        return give()


class Returned(Raising, Device):
    """Its `read` is a plain function that returns something to await."""

    def take(self, count):
        async def give():
            return Raising.take(self, count)

        return give()


async def generator(*pieces):
    for piece in pieces:
        if isinstance(piece, BaseException):
            raise piece
        yield piece


KINDS = {kind.__name__: kind for kind in (Blocking, Coroutine, Iterator, Plain, Returned, generator)}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("pieces", [(), (b"abc",)], ids=["at once", "in the middle"])
def test_reading(stage, faults, error, kind, pieces):
    if kind in (Iterator, Plain) and isinstance(error, StopAsyncIteration):
        pytest.skip("that is its end")
    devices = []

    def handler(_, responder):
        devices.append(kind(*pieces, error))
        responder.write(devices[-1], "a/b")

    stage(handler)
    other = stage.client()
    for count in (1, 2):  # the same threads
        assert stage.ended(GET + GET) == STREAM + begun(*pieces)
        lines = faults(count)
        assert len(lines) == count
        assert "an answer was broken off" in lines[-1]
        assert "Traceback" in lines[-1]
        assert type(error).__name__ in lines[-1]
    other.send(GET_1_0)
    assert other.is_reset()
    assert stage.serves()
    for device in devices:
        if isinstance(device, Counted):
            assert device.closing.wait(TIMEOUT)
            assert device.closes == 1


class Closing(Device):
    def close(self):
        super().close()
        raise self.error


class AsyncClosing(Reader):
    async def close(self):
        super().close()
        await asyncio.sleep(0)
        raise self.error


class IteratorClosing(Iterator):
    async def aclose(self):
        self.close()
        raise self.error


class ClosingProperty(Device):
    @property
    def close(self):
        self.closes += 1
        self.closing.set()
        raise self.error


CLOSING = {kind.__name__: kind for kind in (Closing, AsyncClosing, IteratorClosing, ClosingProperty)}


@pytest.mark.parametrize("kind", CLOSING.values(), ids=CLOSING)
@pytest.mark.parametrize("how", ["answered", "refused", "left"])
def test_closing(stage, faults, error, kind, how):
    device = kind(*[b"abc"] if how != "left" else [b"x" * 100_000] * 1000)
    device.error = error

    def handler(_, responder):
        if how == "refused":
            responder.write(b"first", "a/b")
        responder.write(device, "a/b")

    stage(handler, may_fail=True)
    if how == "answered":
        assert stage.kept() == STREAM + chunks(b"abc")
    elif how == "refused":
        assert stage.kept().endswith(b"first")
    else:
        client = stage.client()
        client.send(GET)
        client.until(b"\r\n\r\n")
        client.reset()
    assert device.closing.wait(TIMEOUT)
    assert stage.serves()
    lines = faults(2 if how == "refused" else 1)
    [line] = [line for line in lines if "closing" in line.split("\n")[0]]
    assert "Traceback" in line
    assert type(error).__name__ in line
    assert device.closes == 1


def raising(name):
    def method(self, *_):
        raise self.error

    return property(method) if name.endswith(" property") else method


PROBES = ["readable", "seekable", "tell", "seek", "closed property", "read property", "seekable property", "__repr__"]


@pytest.mark.parametrize("name", PROBES)
def test_probing(stage, faults, error, name):
    attributes = {name.removesuffix(" property"): raising(name)}
    if name == "__repr__":
        attributes["readable"] = lambda self: False
    device = type("Probed", (Seekable,), attributes)(3, b"abc")
    device.error = error
    stage(lambda _, responder: responder.write(device, "a/b"))
    assert stage.kept() == FAULT
    assert device.closing.wait(TIMEOUT)
    assert stage.serves()
    [line] = faults(1)
    assert "can't be answered" in line
    if name != "__repr__":
        assert "Traceback" in line
        assert type(error).__name__ in line
    assert device.closes == 1


class Path:
    def __init__(self, error):
        self.error = error

    def __fspath__(self):
        raise self.error


def test_a_path(stage, faults, error):
    stage(lambda _, responder: responder.write(Path(error), "a/b"))
    assert stage.kept() == FAULT
    assert stage.serves()
    [line] = faults(1)
    assert type(error).__name__ in line


def test_an_iterator_that_gives_none(stage, faults, error):
    class Iterable(Iterator):
        def __aiter__(self):
            raise error

    device = Iterable(b"abc")
    stage(lambda _, responder: responder.write(device, "a/b"))
    assert stage.ended() == STREAM
    assert device.closing.wait(TIMEOUT)
    [line] = faults(1)
    assert type(error).__name__ in line
    assert device.closes == 1


def test_one_that_closes_what_hands_it_over(stage, faults):
    """Its `close` writes the device once more: it is not closed within its own close."""

    class Device(Blocking):
        def close(self):
            super().close()
            self.responder.write(self, "a/b")

    device = Device(b"abc")

    def handler(_, responder):
        device.responder = responder
        responder.write(device, "a/b")

    stage(handler)
    assert stage.kept() == STREAM + chunks(b"abc")
    assert "ResponderStateError" in faults(1)[0]
    assert stage.serves()
    assert device.closes == 1


@pytest.mark.parametrize("kind", [Coroutine, Iterator])
def test_one_that_swallows_its_cancellation(stage, faults, kind):
    """The client leaves, and the device goes on as if nothing were."""

    async def wait(self, *_):
        self.reads += 1
        self.reading.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            return b"x"

    device = type("Swallowing", (kind,), {"read" if kind is Coroutine else "__anext__": wait})()
    stage(lambda _, responder: responder.write(device, "a/b"))
    client = stage.client()
    client.send(GET)
    assert device.reading.wait(TIMEOUT)
    client.reset()
    assert device.closing.wait(TIMEOUT)
    assert stage.serves()
    assert (device.reads, device.closes) == (1, 1)
    assert faults(0) == []


def test_a_client_that_leaves_is_no_fault(stage, faults):
    gate = Gate(b"abc")
    stage(lambda _, responder: responder.write(gate, "a/b"))
    client = stage.client()
    client.send(GET)
    assert gate.reading.wait(TIMEOUT)
    client.reset()
    assert stage.serves()
    gate.opened.set()
    assert gate.closing.wait(TIMEOUT)
    assert stage.serves()
    assert faults(0) == []


def test_one_whose_client_left_still_fails(stage, faults, error):
    """What it raises when it is cancelled is logged, and ends nothing."""
    if isinstance(error, asyncio.CancelledError):
        pytest.skip("that is what it is to do")

    class Waiting(Coroutine):
        async def read(self, count):
            self.reading.set()
            try:
                await asyncio.sleep(3600)
            finally:
                raise error

    device = Waiting()
    stage(lambda _, responder: responder.write(device, "a/b"))
    client = stage.client()
    client.send(GET)
    assert device.reading.wait(TIMEOUT)
    client.reset()
    assert device.closing.wait(TIMEOUT)
    [line] = faults(1)
    assert "whose client was gone failed" in line
    assert stage.serves()
    assert device.closes == 1
