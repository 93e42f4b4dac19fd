"""Small files that are read in one go: what qualifies, and that nothing else is touched."""

from __future__ import annotations

import os
import threading

import pytest

LIMIT = 1000


@pytest.fixture
def read_whole(twin):
    return twin("core.files").read_whole


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="a system that can't read without waiting")
@pytest.mark.parametrize("size", [1, 999, 1000])
def test_is_read(read_whole, tmp_path, size):
    path = tmp_path / "file \u00e9"
    path.write_bytes(os.urandom(size))
    assert read_whole(path, LIMIT) == path.read_bytes()
    assert read_whole(type("Bytes", (), {"__fspath__": lambda self: os.fsencode(path)})(), LIMIT) == path.read_bytes()


@pytest.mark.parametrize("size", [0, 1001])
def test_is_not_of_that_size(read_whole, tmp_path, size):
    path = tmp_path / "file"
    path.write_bytes(bytes(size))
    assert read_whole(path, LIMIT) is None


def test_is_no_file(read_whole, tmp_path):
    assert read_whole(tmp_path, LIMIT) is None
    assert read_whole(tmp_path / "absent", LIMIT) is None
    assert read_whole(tmp_path / "nul\0", LIMIT) is None
    assert read_whole(tmp_path / "half a character: \ud83d", LIMIT) is None
    (tmp_path / "dangling").symlink_to(tmp_path / "absent")
    assert read_whole(tmp_path / "dangling", LIMIT) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_not_opened(read_whole, tmp_path):
    """Or a writer that waits for a reader would take this for one, and lose what it writes."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    written = threading.Event()

    def write():
        path.write_bytes(b"for a reader that stays")
        written.set()

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(1000):
        assert read_whole(path, LIMIT) is None
    assert not written.is_set()
    assert path.read_bytes() == b"for a reader that stays"
    writer.join()


def test_no_descriptor_is_left(read_whole, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10)
    before = os.dup(0)
    os.close(before)
    for limit in (5, 10, 15):
        for _ in range(100):
            read_whole(path, limit)
    after = os.dup(0)
    os.close(after)
    assert after == before


class Odd:
    def __init__(self, error):
        self.error = error

    def __fspath__(self):
        raise self.error


@pytest.mark.parametrize(
    "thing",
    [1.5, Odd(SystemExit(1)), Odd(KeyboardInterrupt()), Odd(TypeError("no"))],
    ids=["number", "exit", "interrupt", "type"],
)
def test_what_is_no_path(read_whole, thing):
    assert read_whole(thing, LIMIT) is None
