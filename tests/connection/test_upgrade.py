"""A request that asks for another protocol (RFC 9110, section 7.8): its answer may be that, or HTTP as ever."""

from __future__ import annotations

import asyncio
import socket

import pytest
from connection.fake import Wire, turns
from connection.tools import Inbox, Late, in_loop, message, post, settle, wait_for_no_connection

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n"
ASK = ("Connection: keep-alive, Upgrade", "Upgrade: echo")


@pytest.fixture
def echo_class(twin):
    """A session that sends back what it gets, in capitals, closes at a full stop, and notes what it is told."""

    class Echo(twin("core.link").Session):
        def __init__(self, told=None):
            self.told = told or Inbox()
            self.link = None
            self.drains = self.sweeps = 0

        def upgrade(self, responder, headers=None):
            self.link = responder._upgrade(b"echo", headers, self)

        def received(self, data):
            self.told.put(data)
            for start in range(0, len(data), 4):
                self.link.send(data[start : start + 4].upper())
            if b"." in data:
                self.link.close()

        def ended(self):
            self.told.put("ended")
            self.link.close()

        def over(self):
            self.told.put("over")

        def failed(self):
            self.told.put("failed")
            self.link.send(b"failed")
            self.link.close()

        def drain(self):
            self.drains += 1
            if self.drains == 1:
                self.told.put("drain")
                self.link.send(b"bye")
            self.link.close()

        def sweep(self, now):
            self.sweeps += 1

    return Echo


@pytest.fixture
def scene(twin):
    """Runs a coroutine that gets a function from a handler to its wire."""

    def run(main):
        async def within():
            await main(lambda handler, **config: Wire(twin, handler, **config))

        asyncio.run(within())

    return run


class TestOnASocket:
    def test_bytes_both_ways_and_the_end(self, serve, connect, echo_class):
        session = echo_class()
        server = serve(lambda _, responder: session.upgrade(responder, {"x-a": "1"}))
        client = connect(server)
        client.get("/", *ASK)
        assert client.head().status == 101
        client.send(b"some bytes")
        assert client.exactly(10) == b"SOME BYTES"
        client.send(b"more.")
        assert client.rest() == b"MORE."
        assert session.told.take(3) == [b"some bytes", b"more.", "over"]
        wait_for_no_connection(server)

    def test_requests_before_it_are_answered_first(self, serve, connect, echo_class):
        session = echo_class()
        late = Late()

        def handle(request, responder):
            late(request, responder) if request.path == "/late" else session.upgrade(responder)

        server = serve(handle)
        client = connect(server)
        client.send(message("GET", "/late") + message("GET", "/", *ASK) + b"early")
        _, responder = late.calls.get()
        settle(server)
        in_loop(server, responder.write, b"first", "text/plain")
        assert client.answer().body == b"first"
        assert client.exactly(len(SWITCH)) == SWITCH
        assert client.exactly(5) == b"EARLY"

    def test_a_client_that_closes_its_side(self, serve, connect, echo_class):
        session = echo_class()
        server = serve(lambda _, responder: session.upgrade(responder))
        client = connect(server)
        client.send(message("GET", "/", *ASK) + b"last")
        client.half_close()
        assert client.rest() == SWITCH + b"LAST"
        assert session.told.take(3) == [b"last", "ended", "over"]
        wait_for_no_connection(server)

    def test_a_client_that_leaves(self, serve, connect, echo_class):
        session = echo_class()
        closed = Inbox()

        def handle(_, responder):
            responder.on_close(closed.put)
            session.upgrade(responder)

        client = connect(serve(handle))
        client.get("/", *ASK)
        client.until(b"\r\n\r\n")
        client.reset()
        assert session.told.get() == "over"
        closed.get()

    def test_a_megabyte_to_a_client_that_reads_late(self, serve, connect, echo_class):
        session = echo_class()

        async def handle(_, responder):
            session.upgrade(responder)
            waits = 0
            for _ in range(64):
                session.link.send(bytes(65536))
                while (waiter := session.link.waiter()) is not None:
                    waits += 1
                    await waiter
            session.told.put(waits)
            session.link.close()

        client = connect(serve(handle))
        client.get("/", *ASK)
        assert client.head().status == 101
        assert client.rest() == bytes(64 * 65536)
        assert session.told.get() > 0

    def test_over_tls(self, serve_on, tls, echo_class):
        session = echo_class()
        server = serve_on(lambda _, responder: session.upgrade(responder), host="127.0.0.1", port=0, ssl=tls.server)
        raw = socket.create_connection(("127.0.0.1", server.port), 10)
        with tls.client.wrap_socket(raw, server_hostname="localhost") as client:
            client.sendall(message("GET", "/", *ASK) + b"early")
            wanted = SWITCH + b"EARLY"
            got = b""
            while len(got) < len(wanted):
                got += client.recv(4096)
            assert got == wanted
            client.sendall(b"more.")
            assert client.recv(4096) == b"MORE."
            assert client.recv(4096) == b""
        assert session.told.take(3) == [b"early", b"more.", "over"]

    def test_the_server_ends(self, serve, connect, echo_class):
        session = echo_class()
        server = serve(lambda _, responder: session.upgrade(responder))
        client = connect(server)
        client.get("/", *ASK)
        client.until(b"\r\n\r\n")
        ending = asyncio.run_coroutine_threadsafe(server.close(5.0), server._loop)
        assert client.rest() == b"bye"
        ending.result(10)
        assert session.told.take(2) == ["drain", "over"]

    def test_the_handler_fails_behind_it(self, serve, connect, echo_class, log):
        session = echo_class()

        async def handle(_, responder):
            session.upgrade(responder)
            raise LookupError("on purpose")

        client = connect(serve(handle))
        client.get("/", *ASK)
        assert client.rest() == SWITCH + b"failed"
        assert session.told.take(2) == ["failed", "over"]
        log.expect("on purpose")

    def test_a_session_that_raises(self, serve, connect, echo_class, log):
        class Broken(echo_class):
            def received(self, data):
                raise LookupError("on purpose")

        session = Broken()
        client = connect(serve(lambda _, responder: session.upgrade(responder), write_timeout=0.1))
        client.get("/", *ASK)
        client.until(b"\r\n\r\n")
        client.send(b"x")
        assert client.rest() == b""
        assert session.told.get() == "over"
        while log.lines:
            log.expect()


class TestAnsweredWithHttp:
    @pytest.mark.parametrize("is_late", [False, True])
    def test_requests_go_on(self, serve, connect, is_late):
        async def late(request, responder):
            await asyncio.sleep(0)
            responder.write(request.path)

        server = serve(late if is_late else lambda request, responder: responder.write(request.path))
        client = connect(server)
        client.send(message("GET", "/a", *ASK) + message("GET", "/b") + message("GET", "/c", *ASK))
        assert [client.answer().body for _ in range(3)] == [b"/a", b"/b", b"/c"]
        client.get("/d")
        assert client.answer().body == b"/d"

    def test_nothing_behind_it_is_read_before_its_answer(self, serve, connect):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.send(message("GET", "/a", *ASK) + message("GET", "/b"))
        request, responder = late.calls.get()
        settle(server)
        assert (request.path, late.calls.count) == ("/a", 1)
        in_loop(server, responder.write, b"a")
        assert client.answer().body == b"a"
        request, responder = late.calls.get()
        in_loop(server, responder.write, b"b")
        assert client.answer().body == b"b"

    def test_a_client_that_closes_its_side(self, serve, connect):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.get("/a", *ASK)
        client.half_close()
        _, responder = late.calls.get()
        settle(server)
        in_loop(server, responder.write, b"a")
        assert client.answer().body == b"a"
        assert client.rest() == b""
        wait_for_no_connection(server)


@pytest.mark.parametrize(
    "request_bytes",
    [
        message("GET", "/"),
        message("GET", "/", "Upgrade: echo"),
        message("GET", "/", "Connection: keep-alive", "Upgrade: echo"),
        message("GET", "/", "Connection: upgraded", "Upgrade: echo"),
        message("GET", "/", "Connection: close, upgrade", "Upgrade: echo"),
        message("GET", "/", *ASK, version="1.0"),
        post("/", b"content", *ASK),
    ],
)
def test_a_request_that_cannot_have_another_protocol(scene, echo_class, request_bytes):
    async def main(wire_of):
        def handle(_, responder):
            with pytest.raises(ValueError, match="does not ask for another protocol"):
                echo_class().upgrade(responder)
            responder.write(b"instead", "text/plain")

        wire = wire_of(handle)
        wire.feed(request_bytes)
        await turns()
        assert b"instead" in wire.transport.sent

    scene(main)


@pytest.mark.parametrize(
    "headers",
    [
        {"upgrade": "other"},
        {"UPGRADE": "other"},
        {"connection": "close"},
        {"content-length": "0"},
        {"transfer-encoding": "chunked"},
    ],
)
def test_fields_that_contradict_it(scene, echo_class, headers):
    async def main(wire_of):
        def handle(_, responder):
            with pytest.raises(ValueError, match="leave out"):
                echo_class().upgrade(responder, headers)
            responder.write(b"instead", "text/plain")

        wire = wire_of(handle)
        wire.feed(message("GET", "/", *ASK))
        assert b"instead" in wire.transport.sent

    scene(main)


def test_it_is_a_final_answer(scene, echo_class):
    async def main(wire_of):
        def handle(_, responder):
            session = echo_class()
            session.upgrade(responder)
            for call in (responder.write, lambda: responder.write_chunk(b""), lambda: session.upgrade(responder)):
                with pytest.raises(Exception, match="another protocol"):
                    call()
            assert repr(responder) == "<Responder upgraded>"

        wire = wire_of(handle)
        wire.feed(message("GET", "/", *ASK))
        assert wire.transport.sent == SWITCH
        wire.lose()

    scene(main)


def test_what_a_session_sends_in_a_read_leaves_in_one_write(scene, echo_class):
    async def main(wire_of):
        wire = wire_of(lambda _, responder: echo_class().upgrade(responder))
        wire.feed(message("GET", "/", *ASK) + b"with the head")
        assert wire.transport.writes == [SWITCH + b"WITH THE HEAD"]
        wire.feed(b"twelve bytes")
        assert wire.transport.writes[1:] == [b"TWELVE BYTES"]
        wire.lose()

    scene(main)


def test_bytes_that_come_in_pieces_keep_their_order(scene, echo_class):
    """Of those that wait behind the head as the answer is given late."""

    async def main(wire_of):
        kept = []
        wire = wire_of(lambda _, responder: kept.append(responder))
        wire.feed(message("GET", "/", *ASK) + b"one ")
        assert not wire.transport.reading
        session = echo_class()
        session.upgrade(kept.pop())
        wire.transport.reading = True  # what has been on its way to us
        wire.feed(b"two ")
        wire.feed(b"three")
        await turns()
        assert wire.transport.sent == SWITCH + b"ONE TWO THREE"
        assert b"".join(session.told.take(session.told.count)) == b"one two three"
        wire.lose()

    scene(main)


def test_reading_is_paused_and_resumed(scene, echo_class):
    async def main(wire_of):
        session = echo_class()
        wire = wire_of(lambda _, responder: session.upgrade(responder))
        wire.feed(message("GET", "/", *ASK))
        session.link.pause_reading()
        assert not wire.transport.reading
        wire.protocol.proceed()
        assert not wire.transport.reading
        session.link.resume_reading()
        assert wire.transport.reading
        wire.lose()
        session.link.pause_reading()
        session.link.resume_reading()

    scene(main)


def test_a_link_that_is_over_takes_nothing(scene, echo_class):
    async def main(wire_of):
        session = echo_class()
        wire = wire_of(lambda _, responder: session.upgrade(responder))
        wire.feed(message("GET", "/", *ASK))
        wire.lose()
        session.link.send(b"late")
        session.link.close()
        session.link.abort()
        assert session.link.waiter() is None
        assert session.told.take(1) == ["over"]
        assert session.told.count == 1
        assert wire.transport.sent == SWITCH

    scene(main)


def test_abort(scene, echo_class):
    async def main(wire_of):
        session = echo_class()
        wire = wire_of(lambda _, responder: session.upgrade(responder))
        wire.feed(message("GET", "/", *ASK))
        session.link.abort()
        assert wire.transport.aborted
        assert session.told.get() == "over"
        wire.lose()

    scene(main)


def test_the_sweep_and_the_drain_reach_the_session(scene, echo_class):
    async def main(wire_of):
        session = echo_class()
        wire = wire_of(lambda _, responder: session.upgrade(responder))
        wire.feed(message("GET", "/", *ASK))
        wire.protocol.sweep(1.0)
        assert (session.sweeps, session.drains) == (1, 0)
        wire.service.drain()
        wire.protocol.sweep(2.0)
        assert session.drains == 1
        await turns()
        assert wire.transport.sent == SWITCH + b"bye"
        assert wire.transport.closed
        wire.lose()

    scene(main)


def test_the_access_log_hears_of_it_at_the_end(scene, echo_class, caplog):
    caplog.set_level("INFO", "fastresp.access")

    async def main(wire_of):
        wire = wire_of(lambda _, responder: echo_class().upgrade(responder), access_log=True)
        wire.feed(message("GET", "/", *ASK) + b"body")
        assert not caplog.messages
        wire.feed(b".")
        await turns()
        wire.lose()
        assert caplog.messages == [f'127.0.0.1:50000 "GET / HTTP/1.1" 101 {len(SWITCH) + 5}']

    scene(main)
