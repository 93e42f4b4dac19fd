"""Every wait for a client has an end: which, and what the client hears of it (408: RFC 9110, section 15.5.9)."""

from __future__ import annotations

import asyncio
import time

import pytest
from connection.test_backpressure import small_client
from connection.tools import Gate, Inbox, message, post, settle, wait_for_no_connection

from fastresp.errors import BodyError


def echo(request, responder):
    responder.write(request.body or b"hello", "text/plain")


class TestKeepAlive:
    def test_closes_quietly(self, serve, connect):
        server = serve(echo, keep_alive_timeout=0.1)
        client = connect(server)
        client.get()
        assert client.answer().body == b"hello"
        assert client.rest() == b""
        client.socket.close()
        wait_for_no_connection(server)

    def test_does_not_count_while_a_handler_works(self, serve, connect):
        async def handle(request, responder):
            await asyncio.sleep(0.5)
            responder.write(b"worth waiting", "text/plain")

        client = connect(serve(handle, keep_alive_timeout=0.1))
        client.get()
        assert client.answer().body == b"worth waiting"
        assert client.rest() == b""

    def test_zero_is_no_wait(self, serve, connect):
        server = serve(echo, keep_alive_timeout=0)
        client = connect(server)
        client.send(message("GET", "/") * 3)
        answers = [client.answer() for _ in range(3)]
        assert [answer.body for answer in answers] == [b"hello"] * 3
        assert [answer.all(b"connection") for answer in answers] == [[], [], [b"close"]]
        assert client.rest() == b""
        client.socket.close()
        wait_for_no_connection(server)

    @pytest.mark.parametrize("behind", [b"\r\n", b"\r\n\r\n", b"\r"])
    def test_zero_says_close_where_an_empty_line_follows(self, serve, connect, behind):
        """As some clients send behind the content of a POST: it is no request (RFC 9112, section 2.2)."""
        client = connect(serve(echo, keep_alive_timeout=0))
        client.send(post("/", b"a body") + behind)
        assert client.answer().all(b"connection") == [b"close"]
        assert client.rest() == b""

    def test_zero_says_close_in_the_middle_of_an_upload(self, serve, connect):
        """Of which the part of a chunk's size line that has come is no next request."""

        async def handle(request, responder):
            async for _ in request:
                responder.write(b"enough", "text/plain")
                return

        client = connect(serve(handle, keep_alive_timeout=0))
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3")
        assert client.answer().all(b"connection") == [b"close"]
        client.send(b"\r\nabc\r\n0\r\n\r\n")
        assert client.rest() == b""

    def test_zero_says_close_where_more_may_come(self, serve, connect):
        async def handle(request, responder):
            await asyncio.sleep(0)
            responder.write(await request.read() or b"hello", {"connection": "keep-alive"})

        client = connect(serve(handle, keep_alive_timeout=0))
        client.send(post("/", b"a body") + message("GET", "/")[:-2])
        answer = client.answer()
        assert answer.body == b"a body"
        assert answer.all(b"connection") == [b"keep-alive"]
        client.send(b"\r\n")
        answer = client.answer()
        assert answer.body == b"hello"
        assert answer.all(b"connection") == [b"close"]
        assert client.rest() == b""


class TestHead:
    @pytest.mark.parametrize("start", [b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n"])
    def test_408(self, serve, connect, start):
        server = serve(echo, head_timeout=0.1)
        client = connect(server)
        client.send(start)
        answer = client.answer()
        assert answer.status_line == b"HTTP/1.1 408 Request Timeout"
        assert answer.one(b"connection") == b"close"
        assert answer.one(b"content-type") == b"text/plain; charset=utf-8"
        assert answer.body == b"the request's head did not come in time\n"
        assert client.rest() == b""
        client.socket.close()
        wait_for_no_connection(server)

    def test_of_the_second_request(self, serve, connect):
        client = connect(serve(echo, head_timeout=0.1))
        client.send(message("GET", "/") + b"GET /")
        assert client.answer().body == b"hello"
        assert client.answer().status == 408
        assert client.rest() == b""

    def test_a_client_that_says_nothing_is_left_quietly(self, serve, connect):
        server = serve(echo, head_timeout=0.1)
        client = connect(server)
        assert client.rest() == b""
        client.socket.close()
        wait_for_no_connection(server)

    def test_trickling_does_not_help(self, serve, connect):
        """The time is that of the whole head, or a byte now and then would hold a connection for ever."""
        server = serve(echo, head_timeout=0.3)
        client = connect(server)
        client.socket.settimeout(0.05)
        client.send(b"GET / HTTP/1.1\r\nX: ")
        data = b""
        for _ in range(200):
            try:
                client.send(b"x")
                data = client.socket.recv(65536)
                break
            except TimeoutError:
                continue
        assert data.startswith(b"HTTP/1.1 408 ")
        client.socket.close()
        wait_for_no_connection(server)

    def test_does_not_count_while_earlier_requests_are_answered(self, serve, connect):
        gate = Gate()

        async def handle(request, responder):
            await gate.passed()
            responder.write(b"hello", "text/plain")

        server = serve(handle, head_timeout=0.1)
        client = connect(server)
        client.get()
        time.sleep(0.3)
        gate.open()
        assert client.answer().body == b"hello"
        client.get()
        assert client.answer().body == b"hello"


class TestBody:
    def test_408_to_a_body_that_is_collected(self, serve, connect):
        calls = Inbox()
        server = serve(lambda request, responder: calls.put(), body_timeout=0.1)
        client = connect(server)
        client.send(post("/", b"body")[:-1])
        answer = client.answer()
        assert answer.status_line == b"HTTP/1.1 408 Request Timeout"
        assert answer.one(b"connection") == b"close"
        assert answer.body == b"the request's body did not come in time\n"
        assert client.rest() == b""
        client.socket.close()
        wait_for_no_connection(server)
        assert calls.count == 0

    def test_408_and_an_error_to_the_handler_that_reads(self, serve, connect):
        errors = Inbox()

        async def handle(request, responder):
            try:
                await request.read()
            except BodyError as error:
                errors.put((str(error), responder.is_response_canceled))
                raise

        server = serve(handle, body_timeout=0.1)
        client = connect(server)
        client.send(post("/", b"body")[:-1])
        assert client.answer().status == 408
        assert client.rest() == b""
        assert errors.get() == ("the request's body did not come in time", True)
        client.socket.close()
        wait_for_no_connection(server)

    def test_does_not_count_while_the_handler_does_not_read(self, serve, connect):
        """The client is held back then, and it is not the client's fault."""

        async def handle(request, responder):
            await asyncio.sleep(0.5)
            responder.write(str(len(await request.read())))

        client = connect(serve(handle, body_timeout=0.1))
        client.send(post("/", b"x" * 3000000))
        assert client.answer().body == b"3000000"

    def test_does_not_count_while_the_handler_works_on_a_piece(self, serve, connect):
        """Its client waits for the reply before it says more, or comes to its end."""

        async def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            async for piece in request:
                await asyncio.sleep(1)
                responder.write_chunk(piece)
            responder.write_end_chunked()

        client = connect(serve(handle, body_timeout=0.3))
        client.send(post("/", b"ab")[:-2])
        for octet in (b"a", b"b"):
            client.send(octet)
            client.until(b"1\r\n" + octet + b"\r\n")
        client.until(b"0\r\n\r\n")

    def test_of_a_body_that_nobody_reads(self, serve, connect):
        async def handle(request, responder):
            responder.write(b"hello", "text/plain")

        server = serve(handle, body_timeout=0.1)
        client = connect(server)
        client.send(post("/", b"body")[:-1])
        assert client.answer().body == b"hello"
        assert client.rest() == b""
        client.socket.close()
        wait_for_no_connection(server)

    def test_after_the_answer_has_begun_nothing_is_added(self, serve, connect):
        """Half an answer can't become a 408: it is broken off."""
        errors = Inbox()

        async def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"begun")
            try:
                await request.read()
            except BodyError as error:
                errors.put(error)
                raise

        server = serve(handle, body_timeout=0.1)
        client = connect(server)
        client.send(post("/", b"body")[:-1])
        assert client.head().status == 200
        client.is_reset()
        assert client.buffer == b"5\r\nbegun\r\n"
        assert isinstance(errors.get(), BodyError)
        client.socket.close()
        wait_for_no_connection(server)


class TestWrite:
    def test_a_client_that_takes_nothing_is_dropped(self, serve):
        closed = Inbox()

        def handle(request, responder):
            responder.on_close(closed.put)
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"x" * 10000000)

        kept = []

        def keep(request, responder):
            kept.append(responder)
            handle(request, responder)

        server = serve(keep, write_timeout=0.2)
        with small_client(server) as client:
            client.get()
            closed.get()
            assert kept[0].is_response_canceled is True
            wait_for_no_connection(server)
            assert client.is_reset() or not client.buffer.endswith(b"0\r\n\r\n")

    def test_an_answer_that_is_complete_for_the_handler_too(self, serve):
        server = serve(lambda request, responder: responder.write(b"x" * 10000000, "text/plain"), write_timeout=0.2)
        with small_client(server) as client:
            client.get()
            settle(server)
            wait_for_no_connection(server)
            client.is_reset()
            assert len(client.buffer) < 10000000

    def test_also_when_the_connection_closes_after_it(self, serve):
        server = serve(lambda request, responder: responder.write(b"x" * 10000000, "text/plain"), write_timeout=0.2)
        with small_client(server) as client:
            client.get("/", "Connection: close")
            wait_for_no_connection(server)
            client.is_reset()
            assert len(client.buffer) < 10000000

    def test_a_slow_reader_is_served(self, serve):
        server = serve(lambda request, responder: responder.write(b"x" * 3000000, "text/plain"), write_timeout=0.5)
        with small_client(server) as client:
            client.get("/", "Connection: close")
            size = int(client.head().one(b"content-length"))
            left = size - len(client.buffer)
            while left:
                time.sleep(0.02)
                piece = client.socket.recv(50000)
                assert piece
                left -= len(piece)
            assert size == 3000000
