"""Rule 10: a slow client makes nothing pile up, and a device that blocks stalls nobody."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import sys
import threading

import pytest
from responder.devices import TIMEOUT, Device, Gate, Reader
from responder.messages import GET, PING, PONG, begun, message, request
from responder.slowness import IN_HAND, KERNEL, MIB, slow_client, turns

STREAM = message(b"200 OK", b"content-type: a/b", b"transfer-encoding: chunked")


class Endless:
    """A device of any length, which knows how much was taken from it."""

    def __init__(self):
        self.taken = 0
        self.closing = threading.Event()

    def take(self, count):
        count = min(count, 65536)
        self.taken += count
        return b"x" * count

    def close(self):
        self.closing.set()


class EndlessBlocking(Endless):
    def read(self, count):
        return self.take(count)


class EndlessAsync(Endless):
    async def read(self, count):
        return self.take(count)


class EndlessIterator(Endless):
    def __aiter__(self):
        return self

    async def __anext__(self):
        return self.take(65536)


@pytest.mark.parametrize("kind", [EndlessBlocking, EndlessAsync, EndlessIterator])
def test_a_device_is_read_no_faster_than_its_client_reads(stage, kind):
    device = kind()
    stage(lambda _, responder: responder.write(device, "a/b"))
    other = stage.client()
    with slow_client(stage) as client:
        client.send(GET)
        client.until(b"\r\n\r\n")
        for step in range(1, 9):
            client.exactly(MIB // 4)
            turns(other)
            assert device.taken <= step * MIB // 4 + IN_HAND + KERNEL
        client.reset()
    assert device.closing.wait(TIMEOUT)


def resident():
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * 4096


@pytest.mark.parametrize("form", ["path", "file", "unbuffered file"])
def test_a_huge_file_and_a_slow_client(stage, tmp_path, form):
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(1 << 30)

    def handler(_, responder):
        if form == "path":
            responder.write(path, "a/b")
        else:
            responder.write(path.open("rb", buffering=0 if form == "unbuffered file" else -1), "a/b")

    stage(handler)
    other = stage.client()
    turns(other)
    before = resident()
    with slow_client(stage) as client:
        client.send(GET)
        head = message(b"200 OK", b"content-type: a/b", b"content-length: %d" % (1 << 30))
        assert client.exactly(len(head)) == head
        for _ in range(6):
            assert client.exactly(MIB // 2) == bytes(MIB // 2)
            turns(other)
        assert resident() - before < 16 * MIB
        client.reset()
    turns(other)


def test_a_huge_file_to_several_slow_clients(stage, tmp_path):
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    stage(lambda _, responder: responder.write(path, "a/b"))
    other = stage.client()
    turns(other)
    before = resident()
    clients = [slow_client(stage) for _ in range(8)]
    for client in clients:
        client.send(GET)
    for client in clients:
        client.until(b"\r\n\r\n")
        client.exactly(MIB // 4)
        turns(other, 10)
    assert resident() - before < 24 * MIB
    for client in clients:
        client.reset()
    turns(other)


@pytest.mark.parametrize("size", [300_000, 3_000_000])
def test_a_slow_client_gets_it_all(stage, tmp_path, size):
    path = tmp_path / "file"
    content = (b"%07d\n" * (size // 8 + 1) % tuple(range(size // 8 + 1)))[:size]
    path.write_bytes(content)
    stage(lambda _, responder: responder.write(path, "a/b"))
    with slow_client(stage) as client:
        client.send(GET + PING)
        assert client.until(PONG) == message(
            b"200 OK", b"content-type: a/b", b"content-length: %d" % size, body=content + PONG
        )


# -- blocking devices ------------------------------------------------------------------------------------------------


def test_a_blocking_read_stalls_nobody(stage):
    device = Gate(b"abc")
    stage(lambda _, responder: responder.write(device, "a/b"))
    client = stage.client()
    client.send(GET)
    assert device.reading.wait(TIMEOUT)
    turns(stage.client())
    device.opened.set()
    assert client.until(b"0\r\n\r\n") == STREAM + begun(b"abc") + b"0\r\n\r\n"


def test_many_blocking_reads_stall_nobody(stage):
    """More than any pool of threads has."""
    gates = [Gate(b"abc") for _ in range(60)]
    devices = [*gates, Device(b"free")]
    stage(lambda asked, responder: responder.write(devices[int(asked.path[1:])], "a/b"))
    clients = [stage.client() for _ in devices]
    for number, client in enumerate(clients):
        client.send(request("GET", f"/{number}"))
    assert clients[-1].until(b"0\r\n\r\n") == STREAM + begun(b"free") + b"0\r\n\r\n"
    turns(stage.client())
    for gate in gates:
        gate.opened.set()
    for client in clients[:-1]:
        assert client.until(b"0\r\n\r\n") == STREAM + begun(b"abc") + b"0\r\n\r\n"


class SlowDisk(io.BytesIO):
    """A file whose every read waits until the gate is open."""

    def __init__(self, content):
        super().__init__(content)
        self.opened = threading.Event()
        self.reading = threading.Event()

    def read(self, *arguments):
        self.reading.set()
        assert self.opened.wait(TIMEOUT), "the gate stayed closed"
        return super().read(*arguments)


def test_what_has_to_be_read_to_be_measured_stalls_nobody(stage):
    """The end of a gzip file is found by unpacking it."""
    disk = SlowDisk(gzip.compress(b"abc" * 1000))
    stage(lambda _, responder: responder.write(gzip.GzipFile(fileobj=disk), "a/b"))
    client, other = stage.client(), stage.client()
    turns(other, 1)
    client.send(GET)
    assert disk.reading.wait(TIMEOUT)
    try:
        other.socket.settimeout(TIMEOUT / 4)
        turns(other)
    finally:
        disk.opened.set()
    assert client.answer().body == b"abc" * 1000


def test_a_pipe_without_anything_in_it_stalls_nobody(stage):
    reader, writer = os.pipe()
    stage(lambda _, responder: responder.write(os.fdopen(reader, "rb"), "a/b"))
    client = stage.client()
    client.send(GET)
    assert client.exactly(len(STREAM)) == STREAM
    turns(stage.client())
    os.write(writer, b"abc")
    assert client.exactly(8) == begun(b"abc")
    turns(stage.client())
    os.close(writer)
    assert client.exactly(5) == b"0\r\n\r\n"


@pytest.mark.skipif(sys.platform != "linux", reason="a named pipe tells of its first writer on Linux only")
def test_a_named_pipe_waits_for_its_writer(stage, tmp_path):
    """As any reader of one does."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    stage(lambda _, responder: responder.write(path, "a/b"))
    client = stage.client()
    client.send(GET)
    assert client.exactly(len(STREAM)) == STREAM
    turns(stage.client())
    with open(path, "wb", buffering=0) as writer:
        writer.write(b"abc")
        assert client.exactly(8) == begun(b"abc")
    assert client.exactly(5) == b"0\r\n\r\n"


def test_pieces_arrive_as_they_come(stage):
    gate = threading.Event()

    class Live(Reader):
        async def read(self, count):
            if self.reads:
                await asyncio.get_running_loop().run_in_executor(None, gate.wait, TIMEOUT)
            return await super().read(count)

    stage(lambda _, responder: responder.write(Live(b"abc", b"def"), "a/b"))
    client = stage.client()
    client.send(GET)
    assert client.exactly(len(STREAM + begun(b"abc"))) == STREAM + begun(b"abc")
    gate.set()
    assert client.exactly(13) == begun(b"def") + b"0\r\n\r\n"
