"""Bodies that nobody reads: a small rest is dropped and the connection kept, for a large one it closes after the
answer, which the client gets whole (RFC 9112, sections 9.3 and 9.6).
"""

from __future__ import annotations

import threading

import pytest
from connection.test_bodies import MIB
from connection.tools import Inbox, chunked, message, post

from fastresp.http1.content import DISCARDED


async def ignore(request, responder):
    responder.write(f"{request.method} ignored")


async def read_a_little(request, responder):
    async for piece in request:
        responder.write(f"{request.method} read {min(len(piece), 1)}")
        return
    responder.write(f"{request.method} nothing")


class TestSmall:
    @pytest.mark.parametrize("size", [1, 100, 5000, 200000])
    def test_sent_after_the_answer(self, serve, connect, size):
        client = connect(serve(ignore))
        for _ in range(3):
            client.send(message("POST", "/", f"Content-Length: {size}"))
            answer = client.answer()
            assert answer.body == b"POST ignored"
            assert answer.all(b"connection") == []
            client.send(b"x" * size)
        client.get()
        assert client.answer().body == b"GET ignored"

    @pytest.mark.parametrize("size", [1, 100, 5000, 200000])
    def test_sent_at_once(self, serve, connect, size):
        client = connect(serve(ignore))
        client.send((post("/", b"x" * size) + message("GET", "/")) * 3)
        for _ in range(3):
            assert client.answer().body == b"POST ignored"
            assert client.answer().body == b"GET ignored"

    def test_chunked(self, serve, connect):
        client = connect(serve(ignore))
        for _ in range(3):
            whole = chunked("/", *[b"x" * 1000] * 50, trailers="X-Sum: 1\r\n")
            client.send(whole[:100])
            answer = client.answer()
            assert answer.body == b"POST ignored"
            assert answer.all(b"connection") == []
            client.send(whole[100:])
        client.get()
        assert client.answer().body == b"GET ignored"

    def test_begun_and_left(self, serve, connect):
        client = connect(serve(read_a_little))
        for _ in range(3):
            client.send(message("POST", "/", "Content-Length: 100000", body=b"x" * 1000))
            assert client.answer().body == b"POST read 1"
            client.send(b"x" * 99000)
        client.get()
        assert client.answer().body == b"GET nothing"

    def test_dropped_bodies_are_not_mixed_up_with_requests(self, serve, connect):
        targets = Inbox()

        async def handle(request, responder):
            targets.put(request.target)
            responder.write(200)

        client = connect(serve(handle))
        smuggled = message("GET", "/smuggled")
        client.send(message("POST", "/one", f"Content-Length: {len(smuggled)}"))
        assert client.answer().status == 200
        client.send(smuggled)
        client.get("/two")
        assert client.answer().status == 200
        assert targets.take(targets.count) == [b"/one", b"/two"]

    def test_broken_framing_in_what_is_dropped(self, serve, connect):
        client = connect(serve(ignore))
        client.send(message("POST", "/", "Transfer-Encoding: chunked"))
        assert client.answer().body == b"POST ignored"
        client.send(b"rubbish\r\n\r\n")
        assert client.rest() == b""

    @pytest.mark.parametrize("more", [-1, 0, 1])
    def test_as_much_as_is_dropped(self, serve, connect, more):
        """Also exactly there, the connection knows that it has answered the request whose body it reads."""
        client = connect(serve(ignore))
        client.send(message("POST", "/", "Transfer-Encoding: chunked"))
        assert client.answer().body == b"POST ignored"
        size = DISCARDED + more
        client.send(b"%x\r\n%s\r\nrubbish\r\n\r\n" % (size, b"x" * size))
        assert client.rest() == b""

    def test_as_much_as_is_dropped_of_a_length(self, serve, connect):
        client = connect(serve(ignore))
        client.send(message("POST", "/", f"Content-Length: {DISCARDED}"))
        answer = client.answer()
        assert answer.all(b"connection") == []
        client.send(b"x" * DISCARDED)
        client.get()
        assert client.answer().body == b"GET ignored"


class TestFaults:
    """A handler that fails before it reads: 500, and the same rules for what is unread."""

    @pytest.mark.parametrize("size", [1000, 10 * MIB])
    def test_raises(self, serve, connect, log, size):
        async def handle(request, responder):
            if request.method == "POST":
                raise RuntimeError("on purpose")
            responder.write(b"good", "text/plain")

        client = connect(serve(handle))
        client.send(message("POST", "/", f"Content-Length: {size}"))
        answer = client.answer()
        assert answer.status == 500
        log.expect("POST /", "RuntimeError: on purpose")
        if size > MIB:
            assert answer.one(b"connection") == b"close"
            assert client.rest() == b""
        else:
            client.send(b"x" * size)
            client.get()
            assert client.answer().body == b"good"

    def test_raises_while_it_reads(self, serve, connect, log):
        async def handle(request, responder):
            async for _ in request:
                raise RuntimeError("on purpose")
            responder.write(b"good", "text/plain")

        client = connect(serve(handle))
        client.send(message("POST", "/", "Content-Length: 1000", body=b"x" * 10))
        assert client.answer().status == 500
        log.expect("POST /", "RuntimeError: on purpose")
        client.send(b"x" * 990)
        client.get()
        assert client.answer().body == b"good"


class TestLarge:
    def test_of_known_length_says_close(self, serve, connect):
        client = connect(serve(ignore))
        client.send(message("POST", "/", f"Content-Length: {10 * MIB}"))
        answer = client.answer()
        assert answer.body == b"POST ignored"
        assert answer.one(b"connection") == b"close"
        assert client.rest() == b""

    def test_no_reset_before_a_client_that_was_sending_has_read(self, serve, connect):
        client = connect(serve(ignore))
        client.send(message("POST", "/", f"Content-Length: {10 * MIB}", body=b"x" * 200000))
        assert client.answer().body == b"POST ignored"
        assert client.rest() == b""

    @pytest.mark.parametrize("framing", ["length", "chunks"])
    def test_a_client_that_sends_blindly_gets_the_answer(self, serve, connect, framing):
        """It reads while it sends, as curl does."""
        client = connect(serve(ignore))

        def send() -> None:
            try:
                if framing == "length":
                    client.send(post("/", b"x" * 10 * MIB))
                else:
                    client.send(chunked("/", *[b"x" * 100000] * 100))
            except OSError:
                pass  # the server had enough

        sender = threading.Thread(target=send)
        sender.start()
        assert client.answer().body == b"POST ignored"
        sender.join(10)
        assert not sender.is_alive()

    def test_of_unknown_length_ends_the_connection_when_it_is_too_much(self, serve, connect):
        client = connect(serve(ignore))
        client.send(message("POST", "/", "Transfer-Encoding: chunked"))
        answer = client.answer()
        assert answer.body == b"POST ignored"
        assert answer.all(b"connection") == []
        try:
            for _ in range(100):
                client.send(b"186a0\r\n" + b"x" * 100000 + b"\r\n")
        except ConnectionError:
            return
        client.is_reset()
        assert client.buffer == b""

    def test_an_answer_begun_before_the_body_is_left(self, serve, connect):
        async def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            async for piece in request:
                responder.write_chunk(piece[:1])
                break
            responder.write_end_chunked(b"enough")

        client = connect(serve(handle))
        client.send(message("POST", "/", f"Content-Length: {10 * MIB}", body=b"x"))
        assert client.answer().body == b"xenough"
        assert client.rest() == b""
