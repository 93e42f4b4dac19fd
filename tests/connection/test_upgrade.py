"""A request that asks for another protocol (RFC 9110, section 7.8): its answer may be that, or HTTP as ever."""

from __future__ import annotations

import asyncio
import socket

import pytest
from connection.tools import Inbox, Late, in_loop, message, settle, wait_for_no_connection

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
ASK = ("Connection: keep-alive, Upgrade", "Upgrade: websocket")


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

    def test_a_client_that_has_closed_its_side_before(self, serve, connect, echo_class):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.send(message("GET", "/", *ASK))
        client.half_close()
        _, responder = late.calls.get()
        settle(server)
        session = echo_class()
        in_loop(server, session.upgrade, responder)
        assert client.rest() == SWITCH
        assert session.told.take(2) == ["ended", "over"]
        wait_for_no_connection(server)

    def test_a_client_that_sends_and_never_reads(self, serve, connect, echo_class):
        """What is held for it has a bound: its sending comes to a stop."""
        session = echo_class()
        received = []

        def note(data):
            received.append(len(data))
            session.link.send(data)

        session.received = note
        server = serve(lambda _, responder: session.upgrade(responder))
        client = connect(server)
        client.get("/", *ASK)
        client.until(b"\r\n\r\n")
        client.socket.setblocking(False)
        idle = 0
        while idle < 50:  # turns of the loop in which nothing could be sent
            try:
                client.send(bytes(65536))
                idle = 0
            except BlockingIOError:
                settle(server)
                idle += 1
            assert sum(received) < 32 << 20
        client.reset()
        assert session.told.get() == "over"

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
