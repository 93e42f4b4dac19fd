"""Time on a clock that the test turns: who does nothing is closed in time, who makes progress is not cut, for hours."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import pytest
from connection.fake import turns
from connection.test_clock import OFFSETS
from connection.tools import Late, message, post
from limits import clock

from fastresp.errors import BodyError

TIMES = {"head_timeout": 1.0, "body_timeout": 1.0, "write_timeout": 1.0, "keep_alive_timeout": 1.0}
HOUR = 3600


def hello(request, responder):
    responder.write(request.body or b"hello", "text/plain")


@pytest.fixture
def play(twin):
    return partial(clock.play, twin)


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
        """The answer goes on, if the handler wants that; the client is given up once, not at every look."""
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
            assert caplog.text.count("408 to") == 1
            assert not wire.transport.closed
            gate.set()
            await turns()
            assert wire.transport.sent.endswith(b"3\r\nend\r\n0\r\n\r\n")
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
            assert wire.transport.closed is bool(fields)

        play(lambda request, responder: responder.write(b"x" * 200000, "text/plain"), scene, **TIMES)

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

        play(late, scene, **TIMES)

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


class TestBodyRate:
    """Who sends a byte now and then keeps body_timeout away, but not for ever."""

    SIZE = 1_000_000

    def begin(self, wire) -> None:
        wire.feed(message("POST", "/", f"Content-Length: {self.SIZE}"))

    async def send(self, wire, time, rate, seconds) -> None:
        for _ in range(2 * seconds):
            if wire.transport.sent:
                return
            wire.feed(b"x" * (rate // 2))
            await time.goes_on(0.5)

    @OFFSETS
    @pytest.mark.parametrize("first", [0, 100_000])
    def test_a_trickle_is_refused(self, play, offset, first):
        async def scene(wire, time):
            await time.goes_on(offset)
            self.begin(wire)
            wire.feed(b"x" * first)
            await self.send(wire, time, 230, 29)
            assert wire.transport.sent == b"", "refused early"
            await self.send(wire, time, 230, 35)
            assert wire.transport.sent.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
            assert wire.transport.sent.endswith(b"the request's body comes too slowly\n")

        play(hello, scene)

    def test_the_reader_of_a_trickle_is_told(self, play, twin):
        errors = []

        async def handle(request, responder):
            try:
                await request.read()
            except BodyError as error:
                errors.append(str(error))
                raise

        async def scene(wire, time):
            self.begin(wire)
            await self.send(wire, time, 2, 65)
            assert wire.transport.sent.startswith(b"HTTP/1.1 408 ")
            assert errors == ["the request's body comes too slowly"]

        play(handle, scene)

    def test_at_the_limit_for_half_an_hour(self, play):
        async def scene(wire, time):
            self.begin(wire)
            await self.send(wire, time, 250, HOUR // 2)
            assert wire.transport.sent == b""
            wire.feed(b"x" * (self.SIZE - 125 * HOUR))
            assert wire.transport.sent.startswith(b"HTTP/1.1 200 ")

        play(hello, scene)

    def test_none(self, play):
        async def scene(wire, time):
            self.begin(wire)
            await self.send(wire, time, 2, HOUR)
            assert wire.transport.sent == b""

        play(hello, scene, min_body_rate=0)

    def test_a_handler_that_does_not_read_is_no_fault_of_the_client(self, play):
        gate = asyncio.Event()

        async def handle(request, responder):
            await gate.wait()
            body = await request.read()
            responder.write(f"{len(body)}")

        async def scene(wire, time):
            self.begin(wire)
            wire.feed(b"x" * 800_000)
            assert not wire.transport.reading
            await time.goes_on(HOUR)
            assert b" 408 " not in wire.transport.sent
            assert not wire.transport.closed
            gate.set()
            await turns()
            assert wire.transport.reading
            await time.goes_on(20.0)
            wire.feed(b"x" * 200_000)
            await turns()
            assert wire.transport.sent.endswith(b"1000000")

        play(handle, scene)

    def test_each_body_has_its_own_time(self, play):
        async def scene(wire, time):
            for _ in range(4):
                wire.feed(message("POST", "/", "Content-Length: 51"))
                await self.send(wire, time, 2, 25)
                assert wire.transport.sent == b""
                wire.feed(b"x")
                assert wire.transport.sent.endswith(b"x" * 51)
                wire.transport.writes.clear()

        play(hello, scene)


class TestRate:
    """The window is the second of the date; each address has its own count."""

    @pytest.fixture(autouse=True)
    def date(self, twin, monkeypatch):
        self.second = 0
        service = twin("http.service")
        monkeypatch.setattr(service, "http_date", lambda: f"second {self.second}")

    def statuses(self, wire, count) -> list[int]:
        before = wire.transport.sent
        wire.feed(message("GET", "/") * count)
        answers = wire.transport.sent[len(before) :].split(b"HTTP/1.1 ")[1:]
        return [int(answer[:3]) for answer in answers]

    def test_at_the_limit_and_past_it(self, play):
        async def scene(wire, time):
            for second in range(5):
                assert self.statuses(wire, 3) == [200, 200, 200]
                assert self.statuses(wire, 2) == [429, 429]
                self.second = second + 1
                await time.goes_on(1.1)

        play(hello, scene, rate_limit_per_second=3)

    def test_within_the_same_second_nothing_is_forgiven(self, play):
        async def scene(wire, time):
            assert self.statuses(wire, 3) == [200] * 3
            await time.goes_on(1.1)  # the tick came round, the date is the same
            assert self.statuses(wire, 1) == [429]

        play(hello, scene, rate_limit_per_second=3)

    def test_nothing_is_kept_of_addresses_that_went(self, play, twin):
        async def scene(wire, time):
            service = wire.service
            for number in range(1000):
                assert not service.over_rate(f"10.0.{number // 250}.{number % 250}")
            assert not service.over_rate("10.0.0.0")
            self.second += 1
            await time.goes_on(1.1)
            assert self.statuses(wire, 2) == [200, 200]
            assert not service.over_rate("10.0.0.0")

        play(hello, scene, rate_limit_per_second=2)
