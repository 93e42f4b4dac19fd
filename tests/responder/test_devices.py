"""Devices: everything that content can be read from, from where it stands to its end.

What is random access is framed by content-length; what is sequential goes in chunks, of whatever size.
"""

# ruff: noqa: SIM115 - what is opened here is for the server to close

from __future__ import annotations

import gzip
import io
import mmap
import os
import pathlib
import socket
import tempfile
import threading
import zipfile

import pytest
from responder.devices import Device, Reader, Seekable
from responder.messages import PING, PONG, message, request

SMALL = b"some content"
LARGE = b"".join(b"%07d\n" % number for number in range(50_000))


class Named:
    """A path of somebody else's."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return str(self.path)


class Raw(io.RawIOBase):
    """A raw device without a descriptor."""

    def __init__(self, content):
        self.inner = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self.inner.readinto(buffer)


class Iterator:
    def __init__(self, pieces):
        self.pieces = list(pieces)

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.pieces:
            raise StopAsyncIteration
        return self.pieces.pop(0)


class Stream:
    """An object that is an async iterator and has `async def read`, as asyncio.StreamReader is."""

    def __init__(self, content):
        self.inner = io.BytesIO(content)

    async def read(self, count):
        return self.inner.read(count)

    def __aiter__(self):
        raise AssertionError("read() was to be used")


class Whole(Iterator):
    """An async iterator with a `read()` of another kind, which takes no count: aiohttp, httpx and others have such."""

    async def read(self):
        raise AssertionError("it was to be iterated")


class Blocking(Whole):
    def read(self, *, decode=False):
        raise AssertionError("it was to be iterated")


class Nothing(Iterator):
    read = None


class Iterable:
    """One whose iterator is nothing more than that."""

    def __init__(self, pieces):
        self.pieces = pieces

    def __aiter__(self):
        class Bare:
            __anext__ = Iterator(self.pieces).__anext__

        return Bare()


def filled(file, content, position=0):
    file.write(content)
    file.seek(position)
    return file


def on_disk(folder, content):
    path = folder / "file"
    path.write_bytes(content)
    return path


def moved(file, count):
    assert len(file.read(count)) == count
    return file


def zipped(content):
    with zipfile.ZipFile(archive := io.BytesIO(), "w") as file:
        file.writestr("name", content)
    return zipfile.ZipFile(archive).open("name")


def mapped(folder, content):
    with open(on_disk(folder, content), "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def pipe(content, **options):
    reader, writer = os.pipe()
    feed(lambda: os.fdopen(writer, "wb"), content)
    return os.fdopen(reader, "rb", **options)


def socket_file(content):
    ours, theirs = socket.socketpair()
    feed(lambda: theirs.makefile("wb"), content, theirs)
    file = ours.makefile("rb")
    ours.close()
    return file


def feed(open_, content, also=None):
    """Writes from a thread: no pipe holds much."""

    def run():
        with open_() as file:
            file.write(content)
        if also is not None:
            also.close()

    threading.Thread(target=run, daemon=True).start()


async def generator(content):
    yield b""
    for start in range(0, len(content), 70_001):
        yield content[start : start + 70_001]
        yield b""


RANDOM_ACCESS = {
    "path": lambda folder, c: on_disk(folder, c),
    "path object": lambda folder, c: Named(on_disk(folder, c)),
    "pure path": lambda folder, c: pathlib.PurePath(on_disk(folder, c)),
    "file": lambda folder, c: open(on_disk(folder, c), "rb"),
    "file, unbuffered": lambda folder, c: open(on_disk(folder, c), "rb", buffering=0),
    "file, moved by seeking": lambda folder, c: filled(open(folder / "file", "w+b"), b"before" + c, 6),
    "file, moved by reading": lambda folder, c: moved(open(on_disk(folder, b"before" + c), "rb"), 6),
    "file, unbuffered, moved": lambda folder, c: moved(open(on_disk(folder, b"before" + c), "rb", buffering=0), 6),
    "file, written": lambda folder, c: filled(open(folder / "file", "w+b"), c),
    "temporary file": lambda folder, c: filled(tempfile.TemporaryFile(), c),
    "named temporary file": lambda folder, c: filled(tempfile.NamedTemporaryFile(), c),
    "spooled file in memory": lambda folder, c: filled(tempfile.SpooledTemporaryFile(), c),
    "spooled file on disk": lambda folder, c: filled(tempfile.SpooledTemporaryFile(max_size=1), c),
    "BytesIO": lambda folder, c: io.BytesIO(c),
    "BytesIO, moved": lambda folder, c: moved(io.BytesIO(b"before" + c), 6),
    "buffered BytesIO": lambda folder, c: io.BufferedReader(io.BytesIO(c)),
    "map": lambda folder, c: mapped(folder, c),
    "seekable object": lambda folder, c: Seekable(len(c) + 6, b"before" + c, 6),
}
SEQUENTIAL = {
    "pipe": lambda folder, c: pipe(c),
    "pipe, unbuffered": lambda folder, c: pipe(c, buffering=0),
    "pipe, partly read": lambda folder, c: moved(pipe(b"before" + c), 6),
    "socket": lambda folder, c: socket_file(c),
    "plain object": lambda folder, c: Device(*[c] if c else []),
    "plain object, in small pieces": lambda folder, c: Device(*(c[at : at + 4999] for at in range(0, len(c), 4999))),
    "plain object, bytearrays": lambda folder, c: Device(bytearray(c[:5]), memoryview(c[5:])),
    "raw object": lambda folder, c: Raw(c),
    "buffered raw object": lambda folder, c: io.BufferedReader(Raw(c)),
    "async read": lambda folder, c: Reader(*[c] if c else []),
    "async read and iterator": lambda folder, c: Stream(c),
    "async iterator": lambda folder, c: Iterator([c]),
    "async iterator, bytearrays": lambda folder, c: Iterator([bytearray(c[:5]), memoryview(c[5:])]),
    "async iterator with read()": lambda folder, c: Whole([c]),
    "async iterator with a blocking read()": lambda folder, c: Blocking([c]),
    "async iterator without a read": lambda folder, c: Nothing([c]),
    "async iterable": lambda folder, c: Iterable([c]),
    "async generator": lambda folder, c: generator(c),
}
# Random access at a price: either framing is right.
EITHER = {
    "gzip": lambda folder, c: gzip.open(io.BytesIO(gzip.compress(c))),
    "gzip on disk": lambda folder, c: gzip.open(on_disk(folder, gzip.compress(c))),
    "member of a zip": lambda folder, c: zipped(c),
}


@pytest.mark.parametrize("make", RANDOM_ACCESS.values(), ids=RANDOM_ACCESS)
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_random_access(stage, tmp_path, make, content):
    def handler(asked, responder):
        device = make(tmp_path, content)
        if asked.query:
            responder.write(device, {"a": "1"}, 201)
        else:
            responder.write(device, "a/b")

    stage(handler)
    length = b"content-length: %d" % len(content)
    assert stage.kept() == message(b"200 OK", b"content-type: a/b", length, body=content)
    assert stage.kept(request("GET", "/?h")) == message(b"201 Created", b"a: 1", length, body=content)


@pytest.mark.parametrize("make", SEQUENTIAL.values(), ids=SEQUENTIAL)
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_sequential(stage, tmp_path, make, content):
    def handler(asked, responder):
        device = make(tmp_path, content)
        if asked.query:
            responder.write(device, {"a": "1"}, 201)
        else:
            responder.write(device, "a/b")

    stage(handler)
    coded = (b"transfer-encoding", b"chunked")
    client = stage.client()
    client.send(request() + request("GET", "/?h") + PING)
    answer = client.answer()
    assert (answer.status_line, answer.fields) == (b"HTTP/1.1 200 OK", [(b"content-type", b"a/b"), coded])
    assert answer.body == content
    assert answer.trailers == []
    answer = client.answer()
    assert (answer.status_line, answer.fields) == (b"HTTP/1.1 201 Created", [(b"a", b"1"), coded])
    assert answer.body == content
    assert client.until(PONG) == PONG


@pytest.mark.parametrize("make", EITHER.values(), ids=EITHER)
@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_unpacked_on_the_way(stage, tmp_path, make, content):
    """What counts is what read() gives, not what the descriptor holds."""
    stage(lambda _, responder: responder.write(make(tmp_path, content), "a/b"))
    client = stage.client()
    client.send(request() + PING)
    answer = client.answer()
    assert answer.one(b"content-type") == b"a/b"
    assert answer.body == content
    assert client.until(PONG) == PONG


EMPTY = ["path", "file", "file, moved by seeking", "BytesIO", "BytesIO, moved", "temporary file", "seekable object"]


@pytest.mark.parametrize("name", EMPTY)
def test_empty_random_access(stage, tmp_path, name):
    stage(lambda _, responder: responder.write(RANDOM_ACCESS[name](tmp_path, b""), "a/b"))
    assert stage.kept() == message(b"200 OK", b"content-type: a/b", b"content-length: 0")


@pytest.mark.parametrize("name", ["pipe", "plain object", "async read", "async generator", "raw object"])
def test_empty_sequential(stage, tmp_path, name):
    stage(lambda _, responder: responder.write(SEQUENTIAL[name](tmp_path, b""), "a/b"))
    coded = (b"content-type: a/b", b"transfer-encoding: chunked")
    assert stage.kept() == message(b"200 OK", *coded, body=b"0\r\n\r\n")


@pytest.mark.parametrize("make", [lambda c: io.BytesIO(c), lambda c: filled(tempfile.TemporaryFile(), c)])
def test_beyond_the_end(stage, make):
    def handler(_, responder):
        device = make(b"abc")
        device.seek(100)
        responder.write(device, "a/b")

    stage(handler)
    assert stage.kept() == message(b"200 OK", b"content-type: a/b", b"content-length: 0")


TYPES = {
    "a.txt": b"text/plain; charset=utf-8",
    "a.css": b"text/css; charset=utf-8",
    "a.json": b"application/json",
    "a.PNG": b"image/png",
    "a": b"application/octet-stream",
    "a.tar.gz": b"application/octet-stream",
}


@pytest.mark.parametrize(("name", "kind"), TYPES.items())
def test_a_path_has_its_type_from_its_name(stage, tmp_path, name, kind):
    path = tmp_path / name
    path.write_bytes(SMALL)

    def handler(asked, responder):
        if asked.query:
            responder.write(path, status=404)
        else:
            responder.write(path)

    stage(handler)
    fields = (b"content-type: " + kind, b"content-length: 12")
    assert stage.kept() == message(b"200 OK", *fields, body=SMALL)
    assert stage.kept(request("GET", "/?s")) == message(b"404 Not Found", *fields, body=SMALL)


def test_a_type_of_the_callers_wins(stage, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(SMALL)
    stage(lambda _, responder: responder.write(path, {"Content-Type": "c/d"}))
    assert stage.kept() == message(b"200 OK", b"Content-Type: c/d", b"content-length: 12", body=SMALL)


def test_a_str_is_text_and_no_path(stage, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(SMALL)
    stage(lambda _, responder: responder.write(str(path)))
    body = str(path).encode()
    fields = (b"content-type: text/plain; charset=utf-8", b"content-length: %d" % len(body))
    assert stage.kept() == message(b"200 OK", *fields, body=body)


def test_a_sequential_device_whose_length_the_handler_knows(stage):
    stage(lambda _, responder: responder.write(Device(b"abc", b"def"), {"Content-Length": "6"}))
    assert stage.kept() == message(b"200 OK", b"Content-Length: 6", body=b"abcdef")


def test_many_at_once(stage, tmp_path):
    path = on_disk(tmp_path, LARGE)
    stage(lambda _, responder: responder.write(path, "a/b"))
    clients = [stage.client() for _ in range(10)]
    answer = message(b"200 OK", b"content-type: a/b", b"content-length: %d" % len(LARGE), body=LARGE)
    for client in clients:
        client.send(request() * 2)
    for client in clients:
        assert client.exactly(2 * len(answer)) == answer * 2
