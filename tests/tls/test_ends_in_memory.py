"""The end of a connection that can't be timed over a socket: each read is as large as the test says."""

from __future__ import annotations

import asyncio
import ssl

import pytest
from connection.fake import turns
from connection.test_clock import Clock
from connection.tools import message
from limits.clock import Holding
from tls.memory import Connection

from fastresp import Config
from fastresp.net import sockopts

RECORDS = 512
"""Records that are decrypted in one turn of the loop."""


@pytest.mark.parametrize("how", ["close_notify", "end"])
def test_an_answer_that_its_client_stops_listening_to(alone, ends, how):
    """Its end is that of the connection: our close_notify would have a half of it look like the whole."""

    async def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        responder.write_chunk(b"half")
        await over.wait()

    async def test(connection):
        client = connection()
        client.shake_hands()
        client.hear()
        client.feed(client.records(message("GET", "/", version="1.0")))
        await turns()
        assert client.hear().endswith(b"half")
        if how == "close_notify":
            with pytest.raises(ssl.SSLWantReadError):
                client.tls.unwrap()
            client.feed(client.outgoing.read())
        else:
            client.ours.eof_received()
        await turns()
        assert client.transport.aborted
        assert client.transport.sent == b""
        client.ours.connection_lost(None)
        over.set()
        await turns()

    over = asyncio.Event()
    alone(test, handle, ends)


@pytest.fixture
def timed(twin, contexts):
    """Runs `scene(client, clock, service)` on a connection that has shaken hands, on a clock that the test turns."""

    def timed(content, scene, transport=None, **config):
        def handle(request, responder):
            responder.write(content, "text/plain")

        if callable(content):
            handle = content

        async def main():
            clock = Clock()
            loop = asyncio.get_running_loop()
            service = twin("core.service").new_service(handle, Config(**config), loop, True, True)
            service.open()
            client = Connection(service, twin, contexts(), transport)
            client.shake_hands()
            client.hear()
            await scene(client, clock, service)
            client.ours.connection_lost(None)
            service.close()

        asyncio.run(main())

    return timed


def test_an_answer_that_closes_while_more_has_come(timed, log):
    """The rest is dropped, for a moment, and the client that has the whole answer is no slow one."""

    async def scene(client, clock, service):
        head = message("GET", "/", "Connection: close", "X: ")
        head = head[:-4] + b"y" * (RECORDS - len(head)) + head[-4:]
        client.feed(client.octets(head) + client.octets(bytes(1000)))
        await turns()
        assert client.hear().endswith(b"hello")
        assert client.transport.ended
        await clock.goes_on(5)
        assert client.transport.closed

    timed(b"hello", scene)
    assert not log.lines


def test_an_answer_that_the_system_has_while_more_comes(timed, monkeypatch):
    """What comes may come again, and would have the system reset the connection behind its close."""
    monkeypatch.setattr(sockopts, "unsent", lambda sock: 1000)

    async def scene(client, clock, service):
        client.feed(client.records(message("GET", "/", "Connection: close")))
        await turns()
        assert client.hear().endswith(b"hello")
        assert client.transport.ended
        client.feed(client.records(message("GET", "/")))
        await clock.goes_on(9)
        assert not client.transport.aborted
        await clock.goes_on(4)
        assert client.transport.aborted

    timed(b"hello", scene, write_timeout=10.0)


def test_small_records_that_are_taken_steadily(timed, remarks):
    """They take five times as much as what they say: what the client takes is counted as it is."""
    pieces = 12_000

    async def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        for _ in range(pieces):
            responder.write_chunk(b"x")
            await asyncio.sleep(0)
        responder.write_end_chunked()

    async def scene(client, clock, service):
        client.transport.hold(client.ours)
        client.feed(client.records(message("GET", "/")))
        await turns(pieces + 100)
        for _ in range(20):
            client.transport.take(14_000)
            await clock.goes_on(1)
            assert not client.transport.closed
        client.transport.take(1 << 20)
        await turns()

    timed(handle, scene, Holding(), write_timeout=4.0)


def test_full_reads_behind_the_end(timed):
    """A loop that reads on, as long as each read fills its buffer, gives them no more of a turn than others."""

    async def scene(client, clock, service):
        client.transport.hold(client.ours)
        client.feed(client.records(message("GET", "/", "Connection: close")))
        await turns()
        for _ in range(3):
            client.feed(bytes(256_000))
            assert not client.transport.reading
            await turns()
            assert client.transport.reading

    timed(bytes(200_000), scene, Holding())


@pytest.mark.parametrize("octets", [3, 1500])
def test_half_a_record_as_the_server_ends(timed, log, octets):
    """As for half a head over TCP, its rest is waited for."""

    async def scene(client, clock, service):
        request = client.records(message("GET", "/", "X: " + "y" * 3000))
        client.feed(request[:octets])
        service.drain()
        await clock.goes_on(1)
        assert not client.transport.closed
        client.feed(request[octets:])
        await turns()
        answer = client.hear()
        assert answer.endswith(b"hello")
        assert b"connection: close\r\n" in answer
        assert client.transport.closed

    timed(b"hello", scene)
    assert not log.lines


@pytest.mark.parametrize("takes", [True, False])
def test_an_answer_behind_a_close_notify(timed, remarks, takes):
    """Who takes it steadily gets it whole, however long that takes; who does not is cut, and the log tells."""
    content = bytes(1 << 20)

    async def scene(client, clock, service):
        client.transport.hold(client.ours)
        request = client.records(message("GET", "/"))
        with pytest.raises(ssl.SSLWantReadError):
            client.tls.unwrap()
        client.feed(request + client.outgoing.read())
        sent = seconds = 0
        while not client.transport.closed and seconds < 100:
            await turns()
            sent += len(client.transport.sent)
            client.transport.writes.clear()
            await clock.goes_on(1)
            seconds += 1
            if takes:
                client.transport.take(65536)
        if takes:
            assert not client.transport.aborted
            assert sent > len(content)
            assert seconds > 10
        else:
            assert client.transport.aborted

    timed(content, scene, Holding(), write_timeout=3.0)
    cut = "an answer to 127.0.0.1:50000 was cut: it took nothing of its answer for too long"
    assert remarks() == ([] if takes else [cut])
