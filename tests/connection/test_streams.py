"""Bodies that a coroutine handler reads itself: as one, or piece by piece as they come."""

from __future__ import annotations

import asyncio
import hashlib

import pytest
from connection.fake import Wire, turns
from connection.test_bodies import MIB, pattern
from connection.tools import Gate, Inbox, chunked, message, post

from fastresp.errors import BodyError


async def read(request, responder):
    body = await request.read()
    assert request.body == body
    assert await request.read() is body
    responder.write(f"{len(body)} {hashlib.sha256(body).hexdigest()}")


async def stream(request, responder):
    size, found = 0, hashlib.sha256()
    async for piece in request:
        assert type(piece) is bytes
        assert piece
        size += len(piece)
        found.update(piece)
    responder.write(f"{size} {found.hexdigest()}")


@pytest.mark.parametrize("handler", [read, stream])
class TestWhole:
    @pytest.mark.parametrize("framing", ["length", "chunks"])
    @pytest.mark.parametrize("size", [0, 1, 65536, 262145, 20 * MIB])
    def test_sizes(self, serve, connect, handler, framing, size):
        client = connect(serve(handler))
        body = pattern(size)
        expected = f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()
        if framing == "length":
            client.send(post("/", body))
        else:
            client.send(chunked("/", *(body[start : start + 99991] for start in range(0, size, 99991))))
        assert client.answer().body == expected
        client.send(post("/", b"another"))
        assert client.answer().body.startswith(b"7 ")

    def test_without_a_body(self, serve, connect, handler):
        client = connect(serve(handler))
        client.get()
        assert client.answer().body.startswith(b"0 ")

    def test_piece_by_piece(self, serve, connect, handler):
        client = connect(serve(handler))
        client.send(message("POST", "/", "Content-Length: 5"))
        for byte in b"bytes":
            client.send(bytes([byte]))
        assert client.answer().body.startswith(b"5 ")


class TestAsItComes:
    def test_a_piece_before_the_rest_is_sent(self, serve, connect):
        pieces = Inbox()

        async def handle(request, responder):
            async for piece in request:
                pieces.put(piece)
            responder.write(200)

        client = connect(serve(handle))
        client.send(message("POST", "/", "Transfer-Encoding: chunked"))
        for piece in (b"one", b"two", b"three"):
            client.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            assert pieces.get() == piece
        client.send(b"0\r\n\r\n")
        assert client.answer().status == 200

    def test_a_dialogue(self, serve, connect):
        """The answer may begin before the body ends."""

        async def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            async for piece in request:
                responder.write_chunk(piece.upper())
            responder.write_end_chunked()

        client = connect(serve(handle))
        client.send(message("POST", "/", "Transfer-Encoding: chunked"))
        assert client.head().status == 200
        for piece in (b"one", b"two"):
            client.send(b"3\r\n%b\r\n" % piece)
            assert client.until(b"\r\n" + piece.upper() + b"\r\n").startswith(b"3\r\n")
        client.send(b"0\r\n\r\n")
        client.until(b"0\r\n\r\n")
        client.get()
        assert client.answer().body == b""

    def test_the_handler_starts_at_the_head(self, serve, connect):
        started, gate = Inbox(), Gate()

        async def handle(request, responder):
            started.put(request.headers["content-length"])
            await gate.passed()
            responder.write(await request.read(), "text/plain")

        client = connect(serve(handle))
        client.send(message("POST", "/", "Content-Length: 4"))
        assert started.get() == "4"
        client.send(b"body")
        gate.open()
        assert client.answer().body == b"body"

    def test_trailers_after_the_body(self, serve, connect):
        async def handle(request, responder):
            await request.read()
            responder.write({"sum": request.trailers.value("x-sum"), "count": len(request.trailers)})

        client = connect(serve(handle))
        whole = chunked("/", b"body", trailers="X-Sum: 1\r\nHost: evil\r\n")
        head, mark, rest = whole.partition(b"\r\n\r\n")
        client.send(head + mark)
        client.send(rest)
        assert client.answer().body == b'{"sum":"1","count":1}'


class TestBeforeItIsRead:
    def test_body_is_an_error(self, serve, connect):
        async def handle(request, responder):
            try:
                body = request.body
            except RuntimeError as error:
                responder.write_begin_chunked("text/plain")
                responder.write_chunk(str(error))
                body = await request.read()
                responder.write_end_chunked(b" / " + body)
            else:
                responder.write(body, "text/plain")

        client = connect(serve(handle))
        client.send(message("POST", "/", "Content-Length: 4"))
        assert client.head().status == 200
        client.until(b"the request's body has not been read yet: await request.read() first\r\n")
        client.send(b"body")
        client.until(b" / body\r\n0\r\n\r\n")

    def test_unless_it_came_with_the_head(self, serve, connect):
        async def handle(request, responder):
            responder.write(request.body, "text/plain")

        client = connect(serve(handle))
        client.send(post("/", b"body") + chunked("/", b"bo", b"dy") + message("GET", "/"))
        assert [client.answer().body for _ in range(3)] == [b"body", b"body", b""]


class TestMisuse:
    def test_two_readers(self, serve, connect):
        async def handle(request, responder):
            async for _ in request:
                break
            try:
                await request.read()
            except RuntimeError as error:
                responder.write({"error": str(error)})

        client = connect(serve(handle))
        client.send(message("POST", "/", "Content-Length: 8"))
        client.send(b"body")
        assert client.answer().body == b'{"error":"the request\'s body is already being read"}'

    @pytest.mark.parametrize("how", ["whole", "piece"])
    def test_in_another_thread(self, serve, connect, how):
        """Its loop would never hear that more has come."""

        async def other(request):
            return await (request.read() if how == "whole" else anext(aiter(request)))

        async def handle(request, responder):
            try:
                await asyncio.to_thread(asyncio.run, other(request))
            except RuntimeError as error:
                responder.write(str(error))

        client = connect(serve(handle))
        client.send(message("POST", "/", "Content-Length: 5"))
        assert b"belongs to the thread" in client.answer().body


class TestInterrupted:
    def test_reading_goes_on(self, serve, connect):
        pauses = Inbox()

        async def handle(request, responder):
            try:
                await asyncio.wait_for(request.read(), 0.01)
            except TimeoutError:
                pauses.put()
            responder.write(await request.read())

        client = connect(serve(handle))
        client.send(message("POST", "/", "Content-Length: 8"))
        client.send(b"some")
        pauses.get()
        client.send(b"more")
        assert client.answer().body == b"somemore"

    def test_not_by_two_at_once(self, serve, connect):
        async def handle(request, responder):
            first = asyncio.ensure_future(request.read())
            await asyncio.sleep(0)
            try:
                await request.read()
            except RuntimeError as error:
                responder.write_begin_chunked("text/plain")
                responder.write_chunk(str(error))
                responder.write_end_chunked(await first)

        client = connect(serve(handle))
        client.send(message("POST", "/", "Content-Length: 8"))
        client.until(b"being read\r\n")
        client.send(b"somemore")
        assert client.until(b"0\r\n\r\n") == b"8\r\nsomemore\r\n0\r\n\r\n"


class TestBrokenOff:
    @pytest.mark.parametrize("how", ["read", "iteration"])
    def test_bad_framing(self, twin, how):
        errors = Inbox()

        async def handle(request, responder):
            try:
                if how == "read":
                    await request.read()
                else:
                    async for _ in request:
                        pass
            except BodyError as error:
                errors.put(error)
                raise

        async def main():
            wire = Wire(twin, handle)
            wire.feed(message("POST", "/", "Transfer-Encoding: chunked"))
            await turns()
            wire.feed(b"4\r\nbody\r\nrubbish\r\n")
            await turns()
            assert str(errors.get()) == "a chunk does not start with its size in hex digits"
            assert wire.transport.sent.startswith(b"HTTP/1.1 400 Bad Request\r\n")
            assert wire.transport.sent.count(b"HTTP/1.1") == 1
            assert wire.transport.ended or wire.transport.closed
            wire.lose()

        asyncio.run(main())

    def test_bad_framing_on_a_socket(self, serve, connect):
        started = Inbox()

        async def handle(request, responder):
            started.put()
            await request.read()

        client = connect(serve(handle))
        client.send(message("POST", "/", "Transfer-Encoding: chunked"))
        started.get()
        client.send(b"4\r\nbody\r\nrubbish\r\n")
        answer = client.answer()
        assert answer.status == 400
        assert answer.one(b"connection") == b"close"
        assert client.rest() == b""

    def test_over_the_limit(self, serve, connect):
        started, errors = Inbox(), Inbox()

        async def handle(request, responder):
            started.put()
            try:
                await request.read()
            except BodyError as error:
                errors.put(str(error))

        client = connect(serve(handle, max_body_size=10))
        client.send(message("POST", "/", "Transfer-Encoding: chunked"))
        started.get()
        client.send(b"a\r\n0123456789\r\n")
        client.send(b"1\r\n")
        assert client.answer().status == 413
        assert client.rest() == b""
        assert errors.get() == "the content is too large"

    def test_a_handler_that_catches_it_can_not_answer_twice(self, serve, connect):
        started, canceled = Inbox(), Inbox()

        async def handle(request, responder):
            started.put()
            try:
                await request.read()
            except BodyError:
                canceled.put(responder.is_response_canceled)
                responder.write(500)

        client = connect(serve(handle))
        client.send(message("POST", "/", "Transfer-Encoding: chunked"))
        started.get()
        client.send(b"rubbish\r\n")
        assert client.answer().status == 400
        assert client.rest() == b""
        assert canceled.get() is True

    def test_the_end_of_the_connection(self, serve, connect):
        started, errors = Inbox(), Inbox()

        async def handle(request, responder):
            started.put()
            try:
                await request.read()
            except BodyError as error:
                errors.put(error)

        client = connect(serve(handle))
        client.send(message("POST", "/", "Content-Length: 10"))
        started.get()
        client.send(b"half")
        client.half_close()
        assert isinstance(errors.get(), BodyError)
        assert client.answer().status == 400
        assert client.rest() == b""
