"""Large bodies, whole and in bounded memory, and clients that are slow."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import tracemalloc

import pytest
from client import TIMEOUT
from connection.test_bodies import pattern
from connection.tools import Gate, Inbox, in_loop, message, settle, wait_for_no_connection
from tls.tools import transports

MIB = 1 << 20
LARGE = 64 * MIB
PIECE = pattern(MIB)
SUM = hashlib.sha256()
for _ in range(LARGE // MIB):
    SUM.update(PIECE)


class Endless(io.RawIOBase):
    """64 MiB that are nowhere in memory."""

    def __init__(self):
        self.left = LARGE

    def readable(self):
        return True

    def read(self, size=-1):
        at = (LARGE - self.left) % MIB
        piece = PIECE[at : at + min(size, self.left)]
        self.left -= len(piece)
        return piece


def read_sum(client, size):
    found = hashlib.sha256(client.buffer)
    size -= len(client.buffer)
    client.buffer = b""
    while size:
        data = client.socket.recv(min(size, 1 << 18))
        assert data
        size -= len(data)
        found.update(data)
    return found.digest()


@pytest.mark.parametrize("kind", ["device", "bytes"])
def test_download(secure, opened, kind):
    whole = PIECE * (LARGE // MIB) if kind == "bytes" else None

    def handle(request, responder):
        source = whole if kind == "bytes" else Endless()
        responder.write(source, {"content-type": "application/octet-stream", "content-length": str(LARGE)})

    client = opened(secure(handle))
    tracemalloc.start()
    try:
        client.get()
        head = client.head()
        assert head.one(b"content-length") == b"%d" % LARGE
        assert read_sum(client, LARGE) == SUM.digest()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB
    client.get("/", "Connection: close")
    client.head()
    assert read_sum(client, LARGE) == SUM.digest()
    assert client.rest() == b""


def test_upload(secure, opened):
    async def handle(request, responder):
        found = hashlib.sha256()
        async for piece in request:
            found.update(piece)
        responder.write(found.digest(), "application/octet-stream")

    client = opened(secure(handle, max_body_size=LARGE))
    tracemalloc.start()
    try:
        client.send(message("POST", "/", f"Content-Length: {LARGE}"))
        for _ in range(LARGE // MIB):
            client.send(PIECE)
        assert client.answer().body == SUM.digest()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB


def test_both_ways_at_once(secure, hand_made):
    async def handle(request, responder):
        responder.write_begin_chunked("application/octet-stream")
        async for piece in request:
            responder.write_chunk(piece)
            await responder.drain()
        responder.write_end_chunked()

    size = 8 * MIB
    client = hand_made(secure(handle))
    client.wire(client.shake_hands())
    request = client.records(message("POST", "/", f"Content-Length: {size}"), *[PIECE] * 8)
    writing = threading.Thread(target=client.wire, args=(request,), daemon=True)
    writing.start()
    assert client.answer().body == PIECE * 8
    writing.join(TIMEOUT)


def test_a_slow_reader_holds_the_writer_back(secure, opened):
    written = Inbox()

    async def handle(request, responder):
        responder.write_begin_chunked("application/octet-stream")
        for _ in range(64):
            responder.write_chunk(PIECE)
            written.put()
            await responder.drain()
        responder.write_end_chunked()

    server = secure(handle)
    client = opened(server)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.get()
    written.get()
    before = -1
    while before != written.count:
        before = written.count
        settle(server)
    assert before < 32
    (transport,) = transports(server)
    assert 0 < in_loop(server, transport.get_write_buffer_size) <= 2 * MIB
    assert client.answer().body == PIECE * 64


def test_an_answer_that_nobody_takes(secure, opened):
    server = secure(lambda request, responder: responder.write(PIECE * 32, "text/plain"), write_timeout=0.2)
    client = opened(server)
    client.get()
    wait_for_no_connection(server)


def test_a_slow_handler_holds_the_client_back(secure, hand_made):
    gate = Gate()

    async def handle(request, responder):
        await gate.passed()
        found = hashlib.sha256()
        async for piece in request:
            found.update(piece)
        responder.write(found.digest(), "application/octet-stream")

    server = secure(handle)
    client = hand_made(server)
    client.wire(client.shake_hands())
    client.send(message("POST", "/", f"Content-Length: {32 * MIB}"))
    parts = [client.records(PIECE) for _ in range(32)]
    sent = Inbox()

    def upload():
        for part in parts:
            client.wire(part)
            sent.put()

    writing = threading.Thread(target=upload, daemon=True)
    writing.start()
    sent.get()
    before = -1
    while before != sent.count:
        before = sent.count
        settle(server)
    assert before < 30
    gate.open()
    assert client.answer().body == hashlib.sha256(PIECE * 32).digest()
    writing.join(TIMEOUT)


def test_what_came_before_a_pause_is_not_forgotten(secure, hand_made):
    """All of it arrives in one segment; nothing more comes that could wake the server."""

    async def handle(request, responder):
        responder.write(await request.read(), "text/plain")

    client = hand_made(secure(handle))
    client.wire(client.shake_hands())
    requests = [message("POST", "/", "Content-Length: 60000") + PIECE[:60000] for _ in range(20)]
    client.wire(client.records(*(data[at : at + 1000] for data in requests for at in range(0, len(data), 1000))))
    for _ in range(20):
        assert client.answer().body == PIECE[:60000]
