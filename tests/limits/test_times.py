"""Time on a clock that the test turns: who does nothing is closed in time, who makes progress is not cut, for hours."""

from __future__ import annotations

import asyncio
import logging

import pytest
from connection.fake import turns
from connection.test_clock import OFFSETS
from connection.tools import Late, message, post

from fastresp.errors import BodyError

TIMES = {"head_timeout": 1.0, "body_timeout": 1.0, "write_timeout": 1.0, "keep_alive_timeout": 1.0}
HOUR = 3600


def hello(request, responder):
    responder.write(request.body or b"hello", "text/plain")


class TestClosedInTime:
    @OFFSETS
    def test_says_nothing(self, play, offset):
        async def scene(wire, time):
            await time.goes_on(0.99)
            assert not wire.transport.closed
            await time.goes_on(offset + 1.2)
            assert wire.transport.closed
            assert wire.transport.sent == b""

        play(hello, scene, **TIMES)

    @OFFSETS
    def test_empty_lines_are_no_progress(self, play, offset):
        async def scene(wire, time):
            await time.goes_on(offset)
            for _ in range(10):
                if wire.transport.reading and not wire.transport.closed:
                    wire.feed(b"\r\n" if not offset else b"\r")
                    wire.feed(b"\n" if offset else b"")
                await time.goes_on(0.4)
            assert wire.transport.closed or wire.transport.ended

        play(hello, scene, **TIMES)

    def test_a_head_without_end(self, play):
        """A field now and then does not help: the time is that of the whole head."""

        async def scene(wire, time):
            wire.feed(b"GET / HTTP/1.1\r\nHost: test\r\n")
            for number in range(10):
                await time.goes_on(0.099)
                wire.feed(b"X-%d: x\r\n" % number)
            assert wire.transport.sent == b""
            await time.goes_on(1.1)
            assert wire.transport.sent.startswith(b"HTTP/1.1 408 ")
            await time.goes_on(4.0)
            assert wire.transport.aborted

        play(hello, scene, **TIMES)

    def test_a_refused_client_that_stays(self, play):
        """It may read its answer for a while, and may send, but not for ever."""

        async def scene(wire, time):
            wire.feed(b"GET / HTTP/1.1\r\nBad Field: x\r\n\r\n")
            assert wire.transport.sent.startswith(b"HTTP/1.1 400 ")
            for _ in range(10):
                assert wire.transport.ended
                if wire.transport.aborted:
                    break
                wire.feed(b"more")
                await time.goes_on(0.4)
            assert wire.transport.aborted

        play(hello, scene, **TIMES)

    def test_a_body_that_nobody_reads(self, play):
        async def handle(request, responder):
            responder.write(b"hello", "text/plain")

        async def scene(wire, time):
            wire.feed(post("/", b"0123456789")[:-5])
            await turns()
            assert wire.transport.sent.endswith(b"hello")
            await time.goes_on(0.9)
            wire.feed(b"5")
            await time.goes_on(0.9)
            assert not wire.transport.closed
            assert not wire.transport.ended
            await time.goes_on(1.2)
            assert wire.transport.closed or wire.transport.ended
            await time.goes_on(4.0)
            assert wire.transport.closed

        play(handle, scene, **TIMES)

    @pytest.mark.parametrize("reads", [True, False], ids=["read", "not read"])
    def test_a_body_that_stops_under_an_answer(self, play, caplog, reads):
        """The answer goes on, if the handler wants that; the client is given up once, not at every look, and not before
        somebody waits for the body.
        """
        caplog.set_level(logging.INFO, "fastresp")
        gate = asyncio.Event()

        async def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            if reads:
                with pytest.raises(BodyError, match="did not come in time"):
                    await request.read()
            await gate.wait()
            responder.write_end_chunked("end")

        async def scene(wire, time):
            wire.feed(post("/", b"body")[:-1])
            await time.goes_on(HOUR)
            assert caplog.text.count("was cut: the request's body did not come in time") == reads
            assert not wire.transport.closed
            gate.set()
            await turns()
            assert wire.transport.sent.endswith(b"3\r\nend\r\n0\r\n\r\n")
            await time.goes_on(HOUR)
            assert caplog.text.count("was cut: the request's body did not come in time") == 1
            assert "408" not in caplog.text
            assert wire.transport.ended

        play(handle, scene, **TIMES)

    def test_never_reads_many_answers(self, play):
        """Pipelined questions, and not a byte of the answers is taken."""

        async def scene(wire, time):
            wire.hold()
            asked = 0
            while wire.transport.reading and asked < 1000:
                wire.feed(message("GET", "/"))
                asked += 1
                await turns(2)
            assert len(wire.transport.sent) < 300000
            await time.goes_on(3.0)
            assert wire.transport.aborted

        play(lambda request, responder: responder.write(b"x" * 4000, "text/plain"), scene, **TIMES)

    @pytest.mark.parametrize("size", [100, 70000])
    def test_never_reads_a_short_answer(self, play, size):
        async def scene(wire, time):
            wire.hold()
            wire.feed(message("GET", "/"))
            await time.goes_on(6.0)
            assert wire.transport.aborted

        play(lambda request, responder: responder.write(b"x" * size, "text/plain"), scene, **TIMES)

    def test_never_reads_a_stream_that_goes_on(self, play):
        """A stream of events whose handler never waits: what it adds is no progress of the client's."""
        late = Late()

        async def scene(wire, time):
            wire.feed(message("GET", "/"))
            _, responder = late.calls.get()
            wire.hold()
            responder.write_begin_chunked("text/event-stream")
            responder.write_chunk(b"x" * 70000)
            for _ in range(20):
                if wire.transport.aborted:
                    break
                responder.write_chunk(b"event\n")
                await time.goes_on(0.3)
            assert wire.transport.aborted
            wire.lose()

        play(late, scene, **TIMES)


class TestNotCut:
    def test_an_answer_of_hours(self, play):
        """A drop every 50 seconds."""
        late = Late()

        async def scene(wire, time):
            wire.feed(message("GET", "/"))
            _, responder = late.calls.get()
            responder.write_begin_chunked("text/plain")
            for _ in range(5 * HOUR // 50):
                responder.write_chunk(b"drop")
                await time.goes_on(50)
                assert not wire.transport.closed
            responder.write_end_chunked()
            await turns()
            assert wire.transport.sent.endswith(b"4\r\ndrop\r\n0\r\n\r\n")
            await time.goes_on(2.2)
            assert wire.transport.closed

        play(late, scene, **TIMES)

    @pytest.mark.parametrize("fields", [(), ("Connection: close",)])
    def test_a_large_answer_that_is_taken_slowly(self, play, fields):
        """A byte a time, always within the write time-out: also when the handler is long done."""

        async def scene(wire, time):
            client = wire.hold()
            wire.feed(message("GET", "/", *fields))
            for _ in range(HOUR):
                client.take(20)
                await time.goes_on(0.9)
                assert not wire.transport.aborted
            assert wire.transport.unsent > 0
            assert wire.transport.ended is bool(fields)

        play(lambda request, responder: responder.write(b"x" * 200000, "text/plain"), scene, min_write_rate=0, **TIMES)

    def test_a_stream_that_grows_faster_than_it_is_taken(self, play):
        """The client does take something: it is slow, not gone."""
        late = Late()

        async def scene(wire, time):
            wire.feed(message("GET", "/"))
            _, responder = late.calls.get()
            client = wire.hold()
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"x" * 70000)
            for _ in range(200):
                responder.write_chunk(b"x" * 1000)
                client.take(100)
                await time.goes_on(0.9)
                assert not wire.transport.aborted
            responder.write_end_chunked()

        play(late, scene, min_write_rate=0, **TIMES)

    def test_a_stream_in_both_directions(self, play):
        """Hours of upload that is answered as it comes."""

        async def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            async for piece in request:
                responder.write_chunk(piece)
            responder.write_end_chunked()

        async def scene(wire, time):
            count = HOUR // 2
            wire.feed(message("POST", "/", f"Content-Length: {count}"))
            for _ in range(count):
                wire.feed(b"x")
                await time.goes_on(0.9)
            await turns()
            assert wire.transport.sent.count(b"1\r\nx\r\n") == count
            assert wire.transport.sent.endswith(b"0\r\n\r\n")
            assert not wire.transport.closed

        play(handle, scene, **TIMES)

    def test_a_handler_that_works_for_hours_on_a_body_it_has(self, play):
        gate = asyncio.Event()

        async def handle(request, responder):
            body = await request.read()
            await gate.wait()
            responder.write(body)

        async def scene(wire, time):
            wire.feed(post("/", b"body"))
            await time.goes_on(3 * HOUR)
            assert not wire.transport.closed
            gate.set()
            await turns()
            assert wire.transport.sent.endswith(b"body")

        play(handle, scene, **TIMES)
