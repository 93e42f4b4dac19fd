"""WSGI: answers that clients take slowly wait on disk, and hold no thread of the application."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import queue
import random
import tempfile
import threading
import tracemalloc

import pytest
from adapters.wsgi_applications import answering

from fastresp.core.blocking import FILES
from fastresp.wsgi import WsgiHandler
from fastresp.wsgi import feed as feeds
from fastresp.wsgi import spool as spools
from fastresp.wsgi.feed import Feed

SIZE = 24_000_000


def content(seed: int, size: int = SIZE) -> bytes:
    return random.Random(seed).randbytes(size)


class Large:
    """An application whose every answer is a large one, in pieces of all sizes, and that tells when it is through."""

    def __init__(self, *fields, size=SIZE):
        self.content = content(1, size)
        self.through = threading.Semaphore(0)
        self.fields = fields

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/small":
            return answering(b"small")(environ, start_response)
        start_response("200 OK", list(self.fields))
        return self

    def __iter__(self):
        sizes = random.Random(2)
        position = 0
        while position < len(self.content):
            size = sizes.choice([1, 100, 5000, 70_000, 1_000_000])
            yield self.content[position : position + size]
            position += size

    def close(self):
        self.through.release()


def test_slow_clients_hold_no_thread(serve, connect):
    """Not one byte is read of them, and others are answered; then they get all that there was for them."""
    app = Large()
    server = serve(WsgiHandler(app, threads=2))
    slow = [connect(server) for _ in range(6)]
    for client in slow:
        client.get()
    for _ in slow:
        assert app.through.acquire(timeout=20)
    client = connect(server)
    client.get("/small")
    assert client.answer().body == b"small"
    for client in slow:
        answer = client.answer()
        assert hashlib.sha1(answer.body).digest() == hashlib.sha1(app.content).digest()


@pytest.mark.parametrize("limit", [20_000, 300_000, 5_000_000])
@pytest.mark.parametrize("fields", [(), (("Content-Length", str(SIZE)),)], ids=["chunked", "length"])
@pytest.mark.parametrize("cached", [True, False])
def test_a_bounded_one_is_used_again_and_again(serve, connect, monkeypatch, limit, fields, cached):
    if not cached:  # a file system that can't tell what it has in memory
        monkeypatch.delattr(os, "RWF_NOWAIT", raising=False)
    monkeypatch.setattr("fastresp.wsgi.feed.PATIENCE", 0)
    app = Large(*fields)
    client = connect(serve(WsgiHandler(app, threads=1, spool_limit=limit)))
    client.get()
    assert hashlib.sha1(client.answer().body).digest() == hashlib.sha1(app.content).digest()
    assert app.through.acquire(timeout=10)


def test_without_a_disk(serve, connect):
    """The thread waits for its client, from a large first piece on."""
    pieces = [content(seed, 1_000_000) for seed in range(5)]

    def app(environ, start_response):
        start_response("200 OK", [])
        return iter(pieces)

    client = connect(serve(WsgiHandler(app, threads=1, spool_limit=0)))
    for _ in range(3):
        client.get()
        assert client.answer().body == b"".join(pieces)


def test_a_client_that_keeps_up_costs_no_disk(serve, connect, monkeypatch):
    made = []
    monkeypatch.setattr("fastresp.wsgi.feed.PATIENCE", 10)
    monkeypatch.setattr("fastresp.wsgi.feed.Spool", made.append)
    app = Large()
    client = connect(serve(WsgiHandler(app, threads=1)))
    client.get()
    assert client.answer().body == app.content
    assert made == []


@pytest.mark.parametrize("when", ["at once", "later", "never writable"])
def test_a_disk_that_takes_no_more(serve, connect, monkeypatch, log, when):
    """The thread waits for the client, then, and nothing is lost."""
    monkeypatch.setattr("fastresp.wsgi.feed._complaint._next", 0.0)
    writes = []

    def write(fd, data, position):
        writes.append(len(data))
        if when == "at once" or len(writes) > 3:
            raise OSError(errno.ENOSPC, "no space left")
        return pwrite(fd, data[:50_000], position)

    def refuse(**_):
        raise FileNotFoundError(errno.ENOENT, "no usable temporary directory")

    pwrite = os.pwrite
    if when == "never writable":
        monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    else:
        monkeypatch.setattr(spools.os, "pwrite", write)
    app = Large(size=8_000_000)
    client = connect(serve(WsgiHandler(app, threads=1)))
    client.get()
    log.wait_for("answers can't be written to a temporary file")
    assert client.answer().body == app.content
    assert app.through.acquire(timeout=10)
    assert len([line for line in log.lines if "can't be written" in line]) == 1


def test_what_was_sent_before_a_failure_arrives(serve, connect, log):
    data = content(3, 8_000_000)

    def app(environ, start_response):
        start_response("200 OK", [])
        yield data
        raise LookupError("in the middle")

    client = connect(serve(WsgiHandler(app, threads=1)))
    client.get()
    log.wait_for("LookupError: in the middle")  # before anything is read
    seen = client.rest()
    assert not seen.endswith(b"0\r\n\r\n")
    assert data[:100_000] in seen.replace(b"\r\n20000\r\n", b"")


def test_its_file_is_freed_when_the_client_leaves(serve, connect, monkeypatch):
    made, freed = [], threading.Event()

    class Watched(spools.Spool):
        def __init__(self):
            super().__init__()
            made.append(self._file.fileno())

        def __del__(self):
            super().__del__()
            freed.set()

    monkeypatch.setattr("fastresp.wsgi.feed.Spool", Watched)
    app = Large()
    client = connect(serve(WsgiHandler(app, threads=1)))
    client.get()
    assert app.through.acquire(timeout=10)
    assert len(made) == 1
    assert not freed.is_set()
    client.reset()
    assert freed.wait(10)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(made[0])


def test_a_file_that_was_large_is_freed_in_a_thread(monkeypatch):
    """It keeps its size where it is written from its beginning again."""
    freed = queue.SimpleQueue()

    class Watched(spools.Spool):
        def __del__(self):
            super().__del__()
            freed.put(threading.get_ident())

    async def main():
        feed = Feed(asyncio.get_running_loop(), 1 << 30)
        for size in (2 << 20, 100_000):
            await asyncio.to_thread(feed.put, bytes(size))
            while feed._read < feed._written and size > 100_000:
                await anext(feed)
        feed.aclose()
        assert await asyncio.to_thread(freed.get, timeout=10) != threading.get_ident()

    monkeypatch.setattr("fastresp.wsgi.feed.PATIENCE", 0)
    monkeypatch.setattr("fastresp.wsgi.feed.Spool", Watched)
    asyncio.run(main())


def test_small_pieces_take_no_more_memory_than_large_ones(serve, connect):
    """64 KiB of what waits are 64 KiB of memory, and it arrives in order."""
    first = bytes(8_000_000)  # more than sockets hold
    through = threading.Semaphore(0)

    class Pieces:
        def __iter__(self):
            yield first
            for number in range(9000):
                yield b"%06x," % number

        def close(self):
            through.release()

    def app(environ, start_response):
        start_response("200 OK", [])
        return Pieces()

    server = serve(WsgiHandler(app, threads=1))
    clients = [connect(server) for _ in range(5)]
    tracemalloc.start()
    try:
        for client in clients:
            client.get()
            assert through.acquire(timeout=20)
        kept = [tracemalloc.Filter(True, path) for path in (__file__, feeds.__file__)]
        statistics = tracemalloc.take_snapshot().filter_traces(kept).statistics("filename")
    finally:
        tracemalloc.stop()
    assert sum(each.size for each in statistics) < 5 * 100_000
    content = b"".join(b"%06x," % number for number in range(9000))
    for client in clients:
        assert client.answer().body[8_000_000:] == content


def test_a_large_piece_is_not_copied():
    """Neither into one with the small ones before it: the loop would stand still."""

    async def main():
        feed = Feed(asyncio.get_running_loop())
        large = bytes(1 << 20)
        putting = asyncio.create_task(asyncio.to_thread(lambda: [*map(feed.put, (b"a ", b"few", large))]))
        while feed._size < len(large):  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert await anext(feed) == b"a few"
        assert await anext(feed) is large
        assert await putting == [True] * 3
        feed.aclose()

    asyncio.run(main())


def test_a_file_that_is_cut_by_another(monkeypatch):
    """Nobody can reach it by a name; should it lose its bytes all the same, the answer is broken off."""

    async def main():
        feed = Feed(asyncio.get_running_loop(), 1 << 30)
        monkeypatch.setattr("fastresp.wsgi.feed.PATIENCE", 0)
        await asyncio.to_thread(feed.put, bytes(100_000))
        os.truncate(feed._spool._file.fileno(), 0)
        with pytest.raises(Exception, match="not there any more"):
            await anext(feed)
        feed.aclose()

    asyncio.run(main())
    assert FILES.limit <= 32
