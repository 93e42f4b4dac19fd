"""What one read of the socket brings is decrypted over several turns of the loop, in which others are served.

The connections here have no socket: a read is as large as the test says, and turns can be counted.
"""

from __future__ import annotations

import _ssl
import asyncio
import ctypes
import ssl
from contextlib import suppress

import pytest
from connection.fake import turns
from connection.tools import message, post

READ = 262144  # what a loop reads at once
RECORD = 16384  # octets of the largest record


def echo(request, responder):
    responder.write(request.body or request.target, "text/plain")


class Sizes:
    """A handler that notes how much of a body comes in each turn of the loop."""

    def __init__(self):
        self.sizes = []

    async def __call__(self, request, responder):
        body = b""
        async for piece in request:
            self.sizes.append(len(piece))
            body += piece
        responder.write(body, "text/plain")


BODY = bytes(range(251)) * 34  # 8,534 octets, each in a record of 23 or 30 bytes


def test_a_large_answer_to_a_client_that_takes_it_at_once(alone, ends):
    """It is encrypted in many turns."""
    size = 16 << 20

    def handle(request, responder):
        responder.write(b"x" * size, "text/plain")

    async def test(connection):
        client = connection()
        client.shake_hands()
        client.hear()
        client.feed(client.records(message("GET", "/")))
        most = heard = 0
        for _ in range(100):
            said = sum(map(len, client.transport.writes))
            most = max(most, said)
            heard += len(client.hear())
            await asyncio.sleep(0)
        assert heard > size
        assert most < 2 << 20

    alone(test, handle, ends)


def test_a_read_that_is_full(alone, ends):
    """More may wait, which the loop would read in the same turn."""
    body = bytes(READ)

    async def test(connection):
        client = connection()
        client.shake_hands()
        client.feed(client.records(post("/", b"x" * READ)[:-READ], *(bytes(RECORD) for _ in range(READ // RECORD))))
        assert not client.transport.reading
        await turns()
        assert client.transport.reading
        assert client.hear().endswith(body)

    alone(test, echo, ends)


def test_a_read_of_small_records(alone, ends):
    handler = Sizes()

    async def test(connection):
        busy, other = connection(), connection()
        busy.shake_hands()
        other.shake_hands()
        data = busy.records(message("POST", "/", f"Content-Length: {len(BODY)}")) + busy.octets(BODY)
        assert len(data) < READ
        busy.feed(data)
        assert not busy.transport.reading
        await turns(2)
        other.feed(other.records(post("/", b"other")))
        await turns(2)
        assert other.hear().endswith(b"other")
        assert 5 < sum(handler.sizes) < len(BODY) / 2
        while not busy.transport.reading:
            await turns(1)
        await turns(5)
        assert busy.hear().endswith(BODY)
        handler.sizes.remove(5)
        assert max(handler.sizes) <= 1024  # some 512 a turn, and a handler may miss one
        busy.feed(busy.records(post("/", b"again")))
        await turns(5)
        assert busy.hear().endswith(b"again")

    alone(test, handler, ends)


def test_large_records_come_at_once(alone, ends):
    async def test(connection):
        client = connection()
        client.shake_hands()
        body = bytes(range(256)) * 600
        client.feed(client.records(message("POST", "/", f"Content-Length: {len(body)}"), *parts(body, 16384)))
        assert client.transport.reading
        assert client.hear().endswith(body)

    alone(test, echo, ends)


def parts(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 7, 1000, 30000])
def test_records_that_are_cut_anywhere(alone, ends, size):
    """The borders of records are found, wherever a read ends."""

    async def test(connection):
        client = connection()
        client.shake_hands()
        body = BODY[:700] * (20 if size > 100 else 1)
        data = client.records(message("POST", "/", f"Content-Length: {len(body) + 60000}"))
        data += (
            client.octets(body) + client.records(*parts(bytes(60000), 16384)) + client.octets(message("GET", "/end"))
        )
        for part in parts(data, size):
            while not client.transport.reading:
                await turns(1)
            client.feed(part)
        await turns(200)
        said = client.hear()
        assert said.count(body + bytes(60000)) == 1
        assert said.endswith(b"/end")

    alone(test, echo, ends)


def test_a_handshake_in_small_records(alone, contexts):
    """Each octet of the hello in a record of its own."""
    ends = contexts(ssl.TLSVersion.TLSv1_2)

    async def test(connection):
        client = connection()
        with suppress(ssl.SSLWantReadError):
            client.tls.do_handshake()
        hello = client.outgoing.read()
        client.feed(b"".join(hello[:3] + b"\0\1" + hello[at : at + 1] for at in range(5, len(hello))))
        assert not client.transport.reading
        assert client.transport.sent == b""
        while not client.transport.reading:
            await turns(1)
        client.incoming.write(client.transport.sent)
        client.transport.writes.clear()
        with suppress(ssl.SSLWantReadError):
            client.tls.do_handshake()
        client.feed(client.outgoing.read())
        client.hear()
        client.feed(client.records(message("GET", "/there")))
        assert client.hear().endswith(b"/there")

    alone(test, echo, ends)


def key_update(tls):
    """Has OpenSSL's client make a KeyUpdate that asks for another; Python has no call for it."""
    try:
        update = ctypes.CDLL(_ssl.__file__).SSL_key_update
    except (AttributeError, OSError):
        pytest.skip("OpenSSL can't be called here")
    update.argtypes = [ctypes.c_void_p, ctypes.c_int]
    ssl_of = ctypes.c_void_p.from_address(id(tls._sslobj) + object.__basicsize__ + ctypes.sizeof(ctypes.c_void_p))
    assert update(ssl_of.value, 1) == 1
    tls.do_handshake()


@pytest.mark.skipif(not hasattr(_ssl, "__file__"), reason="OpenSSL can't be called here")
def test_a_flood_of_key_updates(alone, contexts):
    """Each costs us 20 times as much as a record of one octet, and is answered."""

    async def test(connection):
        client = connection()
        client.shake_hands()
        for _ in range(2000):
            key_update(client.tls)
        data = client.outgoing.read() + client.records(message("GET", "/behind"))
        sent = len(client.transport.sent)
        client.feed(data)
        turn = 0
        while not client.transport.reading:
            assert len(client.transport.sent) - sent < 64 * 27
            sent = len(client.transport.sent)
            await turns(1)
            turn += 1
        assert 2000 / 64 < turn < 200
        assert client.hear().endswith(b"/behind")

    alone(test, echo, contexts(ssl.TLSVersion.TLSv1_3))


def test_a_client_that_does_not_take_our_key_updates(alone, contexts):
    """What waits to be decrypted goes on when there is room again."""

    async def test(connection):
        client = connection()
        client.shake_hands()
        for _ in range(200):
            key_update(client.tls)
        client.ours.pause_writing()
        client.feed(client.outgoing.read() + client.records(message("GET", "/behind")))
        await turns(50)
        assert not client.transport.reading
        assert len(client.transport.sent) < 64 * 27 + 4000
        client.ours.resume_writing()
        await turns(50)
        assert client.transport.reading
        assert client.hear().endswith(b"/behind")

    alone(test, echo, contexts(ssl.TLSVersion.TLSv1_3))


class Switch:
    """A handler that reads a body when it is told."""

    def __init__(self):
        self.open = asyncio.Event()

    async def __call__(self, request, responder):
        body = b""
        await self.open.wait()
        async for piece in request:
            body += piece
        responder.write(b"%d" % len(body), "text/plain")


def test_pauses_of_the_protocol(alone, ends):
    """It gets nothing while it has paused, and goes on where it was."""
    handler = Switch()

    async def test(connection):
        client = connection()
        client.shake_hands()
        body = bytes(100) * 12000
        data = client.records(message("POST", "/", f"Content-Length: {len(body)}"), *parts(body, 1000))
        for part in parts(data, READ):
            if client.transport.reading:
                client.feed(part)
                data = data[len(part) :]
            await turns(20)
        assert not client.transport.reading
        assert len(data) > READ  # a handler that does not read holds the client back
        handler.open.set()
        for part in parts(data, READ):
            while not client.transport.reading:
                await turns(1)
            client.feed(part)
        await turns(20)
        assert client.hear().endswith(b"1200000")

    alone(test, handler, ends, max_body_size=2000000)


def test_the_end_stands_behind_what_waits(alone, ends):
    async def test(connection):
        client = connection()
        client.shake_hands()
        data = client.octets(post("/", BODY))
        with suppress(ssl.SSLWantReadError):
            client.tls.unwrap()
        client.feed(data + client.outgoing.read())
        assert not client.transport.closed
        while not client.transport.closed:
            await turns(1)
        assert BODY in client.hear()

    alone(test, echo, ends)


def test_an_end_without_close_notify_stands_behind_what_waits(alone, ends):
    async def test(connection):
        client = connection()
        client.shake_hands()
        client.feed(client.octets(post("/", BODY)))
        assert client.ours.eof_received() is True
        assert not client.transport.closed
        while not client.transport.closed:
            await turns(1)
        client.incoming.write(client.transport.sent)
        assert client.tls.read(65536).startswith(b"HTTP/1.1 200 OK\r\n")

    alone(test, echo, ends)


@pytest.mark.parametrize("way", ["write_eof", "close", "abort", "lost"])
def test_what_waits_is_dropped_at_our_end(alone, ends, way):
    calls = []

    def handle(request, responder):
        calls.append(request.target)
        responder.write(b"", "text/plain")

    async def test(connection):
        client = connection()
        client.shake_hands()
        requests = [message("GET", f"/{number}") for number in range(100)]
        client.feed(b"".join(map(client.octets, requests)))
        assert not client.transport.reading
        before = len(calls)
        if way == "lost":
            client.transport.deaf = True
            client.ours.connection_lost(None)
        else:
            getattr(client.ours, way)()
            if way == "abort":
                assert client.transport.aborted
            else:
                # the system may have more: closing the socket would reset the connection
                assert client.transport.ended
                assert client.transport.reading
                client.ours.data_received(bytes(100))
        await turns(20)
        assert len(calls) == before

    alone(test, handle, ends)


def test_garbage_behind_much_that_is_good(alone, ends, remarks):
    calls = []

    def handle(request, responder):
        calls.append(request.target)
        responder.write(b"", "text/plain")

    async def test(connection):
        client = connection()
        client.shake_hands()
        client.feed(client.octets(message("GET", "/") * 100) + b"\x17\x03\x03\0\x40" + bytes(64))
        assert not client.transport.aborted
        while not client.transport.aborted:
            await turns(1)

    alone(test, handle, ends)
    assert len(calls) > 50
    assert len(remarks()) == 1


def test_the_hello_of_ssl_2(alone, contexts, remarks):
    """Its framing is another one, in which records could be hidden."""

    async def test(connection):
        client = connection()
        client.feed(b"\x80\x2e\x01\x03\x03" + bytes(41))
        assert client.transport.aborted

    alone(test, echo, contexts())
    (line,) = remarks()
    assert "the handshake failed" in line
