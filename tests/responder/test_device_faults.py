"""Rule 10, when it goes wrong: what can't be read is a 500, what breaks off breaks the connection; both are logged."""

# ruff: noqa: SIM115 - what is opened here is for the server to close

from __future__ import annotations

import io
import os
import pathlib
import tempfile

import pytest
from responder.devices import Device, Reader, Seekable
from responder.messages import FAULT, GET, GET_1_0, begun, message

TYPE = b"content-type: a/b"
STREAM = message(b"200 OK", TYPE, b"transfer-encoding: chunked")
LARGE = 1_000_000


def closed_file():
    file = tempfile.TemporaryFile()
    file.close()
    return file


def closed_bytes():
    file = io.BytesIO(b"abc")
    file.close()
    return file


def write_only(folder):
    return open(folder / "written", "wb")


def text(folder):
    path = folder / "text"
    path.write_text("abc")
    return path.open()


UNREADABLE = {
    "missing path": (lambda folder: folder / "missing", "missing"),
    "missing folder": (lambda folder: folder / "no" / "file", "no/file"),
    "directory": (lambda folder: folder, "directory"),
    "closed file": (lambda folder: closed_file(), "closed"),
    "closed BytesIO": (lambda folder: closed_bytes(), "closed"),
    "file open for writing": (write_only, "reading"),
    "file open as text": (text, "text"),
    "text in memory": (lambda folder: io.StringIO("abc"), "text"),
    "a name with NUL": (lambda folder: folder / "a\0b", "null"),
    "a name with half a character": (lambda folder: folder / "a\ud83d", "surrogates not allowed"),
}


@pytest.mark.parametrize(("make", "reason"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("second", ["a/b", {"a": "1"}], ids=["type", "headers"])
def test_unreadable(stage, faults, tmp_path, make, reason, second):
    stage(lambda _, responder: responder.write(make(tmp_path), second, 201))
    assert stage.kept() == FAULT
    [line] = faults(1)
    assert reason in line
    assert "GET / from 127.0.0.1:" in line


class Sized(io.BytesIO):
    """Is not what it says."""

    def __init__(self, said):
        super().__init__(b"abc")
        self.said = [said, 0]

    def tell(self):
        return self.said.pop()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (5.7, "'float' object"),
        (float("nan"), "'float' object"),
        (None, "'NoneType'"),
        (1 << 62, "more than can be sent"),
    ],
)
def test_a_size_that_is_none(stage, faults, said, reason):
    stage(lambda _, responder: responder.write(Sized(said), "a/b", 201))
    assert stage.kept() == FAULT
    assert any(reason in line for line in faults(1))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="this user may read everything")
def test_forbidden(stage, faults, tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"abc")
    path.chmod(0)
    stage(lambda _, responder: responder.write(path, "a/b"))
    assert stage.kept() == FAULT
    [line] = faults(1)
    assert "Permission" in line


def test_unreadable_is_an_answer(stage, tmp_path):
    def handler(_, responder):
        responder.write(tmp_path / "missing", "a/b")
        with pytest.raises(RuntimeError, match="already been answered"):
            responder.write(b"x", "a/b")

    stage(handler)
    assert stage.kept() == FAULT
    assert stage.ended(GET_1_0) == FAULT.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")


async def failing_generator():
    yield b"abc"
    raise OSError("the disk is on fire")


SEQUENTIAL = {
    "blocking": lambda: Device(b"abc", OSError("the disk is on fire")),
    "async": lambda: Reader(b"abc", OSError("the disk is on fire")),
    "generator": failing_generator,
}


@pytest.mark.parametrize("make", SEQUENTIAL.values(), ids=SEQUENTIAL)
def test_failing_half_way(stage, faults, make):
    stage(lambda _, responder: responder.write(make(), "a/b"))
    assert stage.ended(GET + GET) == STREAM + begun(b"abc")
    [line] = faults(1)
    assert "the disk is on fire" in line


@pytest.mark.parametrize("make", SEQUENTIAL.values(), ids=SEQUENTIAL)
def test_failing_half_way_1_0(stage, faults, make):
    """There the end of the connection would be the end of the content: only a reset tells."""
    stage(lambda _, responder: responder.write(make(), "a/b"))
    client = stage.client()
    client.send(GET_1_0)
    assert client.is_reset()
    assert len(faults(1)) == 1


@pytest.mark.parametrize("error", [ValueError("no"), RuntimeError("no"), EOFError("no"), TimeoutError("no")], ids=repr)
def test_failing_at_once(stage, faults, error):
    stage(lambda _, responder: responder.write(Device(error), "a/b"))
    assert stage.ended() == STREAM
    [line] = faults(1)
    assert "no" in line


class Failing(Seekable):
    def read(self, count=-1):
        if self.reads:
            self.reads += 1
            raise OSError("the disk is on fire")
        return super().read(count)


def test_failing_half_way_with_a_length(stage, faults):
    device = Failing(LARGE, b"x" * LARGE)
    stage(lambda _, responder: responder.write(device, "a/b"))
    seen = stage.ended()
    head = message(b"200 OK", TYPE, b"content-length: %d" % LARGE)
    assert seen.startswith(head)
    assert 0 < len(seen) - len(head) < LARGE
    assert set(seen[len(head) :]) == {ord("x")}
    [line] = faults(1)
    assert "the disk is on fire" in line


@pytest.mark.parametrize("size", [10, LARGE])
def test_shorter_than_announced(stage, faults, size):
    device = Seekable(size, b"abc")
    stage(lambda _, responder: responder.write(device, "a/b"))
    assert stage.ended(GET + GET) == message(b"200 OK", TYPE, b"content-length: %d" % size, body=b"abc")
    [line] = faults(1)
    assert str(size - 3) in line


@pytest.mark.parametrize("make", [Device, Reader])
def test_shorter_than_the_handler_says(stage, faults, make):
    stage(lambda _, responder: responder.write(make(b"abc"), {"content-length": "10"}))
    assert stage.ended() == message(b"200 OK", b"content-length: 10", body=b"abc")
    assert len(faults(1)) == 1


@pytest.mark.parametrize("size", [3, LARGE])
def test_longer_than_announced(stage, faults, size):
    device = Seekable(size, b"x" * (size + 50))
    stage(lambda _, responder: responder.write(device, "a/b"))
    body = b"x" * size
    assert stage.kept() == message(b"200 OK", TYPE, b"content-length: %d" % size, body=body)
    assert faults(0) == []


async def generous():
    yield b"abc"
    yield b"defghi"
    yield b"jkl"


class Generous(Device):
    """Gives more than it was asked for."""

    def take(self, count):
        return self.pieces.pop(0) if self.pieces else b""


@pytest.mark.parametrize("make", [generous, lambda: Generous(b"abc", b"defghi", b"jkl")])
def test_longer_than_the_handler_says(stage, faults, make):
    stage(lambda _, responder: responder.write(make(), {"content-length": "5"}))
    assert stage.kept() == message(b"200 OK", b"content-length: 5", body=b"abcde")
    assert faults(0) == []


def test_a_file_that_shrinks(stage, faults, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 5_000_000)
    shrunk = []

    def handler(_, responder):
        responder.write(path, "a/b")
        os.truncate(path, 1)
        shrunk.append(True)

    stage(handler)
    seen = stage.ended()
    head = message(b"200 OK", TYPE, b"content-length: 5000000")
    assert seen.startswith(head)
    assert len(seen) < len(head) + 5_000_000
    assert shrunk
    assert len(faults(1)) == 1


def test_a_file_that_grows(stage, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1_000_000)

    def handler(_, responder):
        responder.write(path, "a/b")
        with path.open("ab") as file:
            file.write(b"y" * 1_000_000)

    stage(handler)
    body = b"x" * 1_000_000
    assert stage.kept() == message(b"200 OK", TYPE, b"content-length: 1000000", body=body)


@pytest.mark.parametrize("piece", ["text", None, 5, [1]], ids=repr)
@pytest.mark.parametrize("make", [Generous, lambda *pieces: AsyncGenerous(*pieces)])
def test_pieces_that_are_no_bytes(stage, faults, make, piece):
    stage(lambda _, responder: responder.write(make(b"abc", piece), "a/b"))
    assert stage.ended() == STREAM + begun(b"abc")
    assert len(faults(1)) == 1


class AsyncGenerous(Generous):
    async def read(self, count):
        return self.take(count)


def test_others_are_not_affected(stage, faults):
    """A fault costs its own connection, and that alone."""
    stage(lambda asked, responder: responder.write(Device(b"abc", OSError("no")), "a/b"))
    other = stage.client()
    assert stage.ended() == STREAM + begun(b"abc")
    other.send(GET)
    assert other.rest() == STREAM + begun(b"abc")
    assert stage.serves()
    assert len(faults(2)) == 2


# -- files whose size says nothing -----------------------------------------------------------------------------------


PROC = ["/proc/version", "/proc/self/cgroup", "/proc/self/status", "/proc/filesystems"]
SYS = ["/sys/kernel/mm/transparent_hugepage/enabled", "/sys/class/net/lo/mtu", "/sys/devices/system/cpu/online"]


def opened(path):
    return open(path, "rb")


@pytest.mark.parametrize("make", [pathlib.Path, opened], ids=["path", "file"])
@pytest.mark.parametrize("name", PROC + SYS)
def test_a_small_file_of_the_system_s_making(stage, name, make):
    if not os.path.exists(name):
        pytest.skip("no such file on this system")
    stage(lambda _, responder: responder.write(make(name), "a/b"))
    seen = stage.kept()
    body = seen.partition(b"\r\n\r\n")[2]
    assert seen == message(b"200 OK", TYPE, b"content-length: %d" % len(body), body=body)
    if name != "/proc/self/status":
        assert body == pathlib.Path(name).read_bytes()
    assert body


@pytest.mark.skipif(not os.path.exists("/proc/kallsyms"), reason="no such file on this system")
def test_a_large_file_of_the_system_s_making(stage):
    stage(lambda _, responder: responder.write(pathlib.Path("/proc/kallsyms"), "a/b"))
    whole = pathlib.Path("/proc/kallsyms").read_bytes()
    client = stage.client()
    client.send(GET)
    answer = client.answer()
    assert answer.body == whole
    assert bool(answer.chunks) == (len(whole) > 65536)


@pytest.mark.parametrize("size", [0, 10, 4096, 70_000, 5_000_000])
@pytest.mark.parametrize("make", [pathlib.Path, opened], ids=["path", "file"])
def test_a_file_of_holes(stage, tmp_path, make, size):
    """It has no blocks either, but its size is true."""
    path = tmp_path / "file"
    path.touch()
    os.truncate(path, size)
    stage(lambda _, responder: responder.write(make(path), "a/b"))
    assert stage.kept() == message(b"200 OK", TYPE, b"content-length: %d" % size, body=bytes(size))


def test_a_file_that_its_handler_closes_too(stage, tmp_path):
    """The number of its descriptor belongs to another file a moment later."""
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_bytes(b"x" * LARGE)
    other.write_bytes(b"secret" * LARGE)
    kept = []

    def handler(_, responder):
        with path.open("rb") as file:
            responder.write(file, "a/b")
        kept.append(other.open("rb"))

    stage(handler)
    assert stage.kept() == message(b"200 OK", TYPE, b"content-length: %d" % LARGE, body=b"x" * LARGE)
    kept.pop().close()
