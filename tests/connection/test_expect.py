"""Expect: 100-continue (RFC 9110, section 10.1.1): 100 is sent when the body is about to be needed, and only then."""

from __future__ import annotations

import asyncio

import pytest
from connection.fake import Wire, turns
from connection.tools import Gate, Inbox, message, settle

EXPECT = "Expect: 100-continue"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def echo(request, responder):
    responder.write(request.body, "text/plain")


async def read_and_echo(request, responder):
    responder.write(await request.read(), "text/plain")


async def stream_and_echo(request, responder):
    responder.write(b"".join([piece async for piece in request]), "text/plain")


@pytest.mark.parametrize("handler", [echo, read_and_echo, stream_and_echo])
class TestWanted:
    def test_content_length(self, serve, connect, handler):
        client = connect(serve(handler))
        for body in (b"first", b"second"):
            client.send(message("POST", "/", EXPECT, f"Content-Length: {len(body)}"))
            assert client.exactly(len(CONTINUE)) == CONTINUE
            client.send(body)
            assert client.answer().body == body

    def test_chunked(self, serve, connect, handler):
        client = connect(serve(handler))
        client.send(message("POST", "/", "expect: 100-Continue", "Transfer-Encoding: chunked"))
        assert client.exactly(len(CONTINUE)) == CONTINUE
        client.send(b"4\r\nbody\r\n0\r\n\r\n")
        assert client.answer().body == b"body"

    def test_once(self, serve, connect, handler):
        client = connect(serve(handler))
        client.send(message("POST", "/", EXPECT, "Content-Length: 4"))
        assert client.exactly(len(CONTINUE)) == CONTINUE
        for byte in b"body":
            client.send(bytes([byte]))
        assert client.answer().body == b"body"

    def test_not_when_the_body_is_there(self, serve, connect, handler):
        client = connect(serve(handler))
        client.send(message("POST", "/", EXPECT, "Content-Length: 4", body=b"body"))
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"body")
        assert answer.all(b"connection") == []

    def test_not_for_an_empty_body(self, serve, connect, handler):
        client = connect(serve(handler))
        client.send(message("POST", "/", EXPECT, "Content-Length: 0"))
        assert client.answer().status == 200

    def test_not_for_http_1_0(self, serve, connect, handler):
        """An HTTP/1.0 client knows no interim responses: the field is ignored."""
        server = serve(handler)
        client = connect(server)
        client.send(message("POST", "/", EXPECT, "Content-Length: 4", version="1.0"))
        settle(server)
        client.send(b"body")
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"body")

    def test_after_the_answers_before_it(self, serve, connect, handler):
        client = connect(serve(handler))
        client.send(message("GET", "/") * 3 + message("POST", "/", EXPECT, "Content-Length: 4"))
        assert [client.answer().status for _ in range(3)] == [200, 200, 200]
        assert client.exactly(len(CONTINUE)) == CONTINUE
        client.send(b"body")
        assert client.answer().body == b"body"


class TestWhen:
    def test_a_plain_handler_is_called_with_the_body(self, serve, connect):
        calls = Inbox()

        def handle(request, responder):
            calls.put(request.body)
            responder.write(200)

        server = serve(handle)
        client = connect(server)
        client.send(message("POST", "/", EXPECT, "Content-Length: 4"))
        assert client.exactly(len(CONTINUE)) == CONTINUE
        settle(server)
        assert calls.count == 0
        client.send(b"body")
        assert calls.get() == b"body"

    def test_a_coroutine_handler_at_its_first_read(self, twin):
        gate, running = Gate(), Inbox()

        async def handle(request, responder):
            running.put()
            await gate.passed()
            responder.write(await request.read(), "text/plain")

        async def main():
            wire = Wire(twin, handle)
            wire.feed(message("POST", "/", EXPECT, "Content-Length: 4"))
            await turns()
            assert running.count == 1
            assert wire.transport.sent == b""
            gate.open()
            await turns()
            assert wire.transport.sent == CONTINUE
            wire.feed(b"body")
            await turns()
            assert wire.transport.sent.endswith(b"\r\n\r\nbody")
            assert wire.transport.sent.count(b"100 Continue") == 1
            wire.lose()

        asyncio.run(main())

    def test_not_when_the_body_came_meanwhile(self, twin):
        """A client may tire of waiting and send its body; then there is nothing to ask for."""
        gate = Gate()

        async def handle(request, responder):
            await gate.passed()
            responder.write(await request.read(), "text/plain")

        async def main():
            wire = Wire(twin, handle)
            wire.feed(message("POST", "/", EXPECT, "Content-Length: 4"))
            await turns()
            wire.feed(b"body")
            await turns()
            gate.open()
            await turns()
            assert b"100 Continue" not in wire.transport.sent
            assert wire.transport.sent.endswith(b"\r\n\r\nbody")
            wire.lose()

        asyncio.run(main())


class TestUnwanted:
    def test_a_final_answer_instead(self, serve, connect):
        """The client may or may not send its body now, so the connection can't go on."""

        async def handle(request, responder):
            responder.write(403)

        client = connect(serve(handle))
        client.send(message("POST", "/", EXPECT, "Content-Length: 10"))
        answer = client.answer()
        assert answer.status == 403
        assert answer.one(b"connection") == b"close"
        assert client.rest() == b""

    def test_a_final_answer_and_the_client_sends_all_the_same(self, serve, connect):
        async def handle(request, responder):
            responder.write(403)

        client = connect(serve(handle))
        client.send(message("POST", "/", EXPECT, "Content-Length: 50000"))
        head = client.head()
        client.send(b"x" * 50000)
        assert head.status == 403
        assert client.rest() == b""

    def test_too_large(self, serve, connect):
        client = connect(serve(echo, max_body_size=100))
        client.send(message("POST", "/", EXPECT, "Content-Length: 101"))
        answer = client.answer()
        assert answer.status_line == b"HTTP/1.1 413 Content Too Large"
        assert answer.one(b"connection") == b"close"
        assert client.rest() == b""

    @pytest.mark.parametrize("value", ["200-ok", "100-continue, other", "100", "100-continue=1"])
    def test_other_expectations(self, serve, connect, value):
        client = connect(serve(echo))
        client.send(message("POST", "/", f"Expect: {value}", "Content-Length: 4"))
        answer = client.answer()
        assert answer.status_line == b"HTTP/1.1 417 Expectation Failed"
        assert answer.one(b"connection") == b"close"
        assert client.rest() == b""
