"""Time that is not the client's: the loop was held up, the handler has not asked yet, or nobody takes an answer."""

from __future__ import annotations

import asyncio

import pytest
from connection.fake import turns
from connection.test_clock import OFFSETS
from connection.tools import message
from limits.test_times import hello

MIB = 1 << 20


def stall(time, seconds: float) -> None:
    """The loop does nothing for so long: no tick, no read."""
    time._now += seconds
    due, callback = time._due
    time._due = (max(due, time._now), callback)


def large(request, responder):
    responder.write(b"x" * MIB, "text/plain")


@pytest.mark.parametrize(
    ("config", "taken", "reason"),
    [
        ({"write_timeout": 3.0}, 0, "took nothing"),
        ({"min_write_rate": 5000}, 1000, "it takes its answer too slowly"),
    ],
)
def test_a_cut_is_logged(play, caplog, config, taken, reason):
    caplog.set_level("INFO", "fastresp")

    async def scene(wire, time):
        transport = wire.hold()
        wire.feed(message("GET", "/"))
        await turns()
        for _ in range(80):
            transport.take(taken)
            await time.goes_on(1.0)
            if transport.aborted:
                return
        raise AssertionError("it was not cut")

    play(large, scene, **config)
    found = [line for line in caplog.messages if "an answer to 127.0.0.1:50000 was cut" in line]
    assert len(found) == 1
    assert reason in found[0]


class TestStalls:
    @OFFSETS
    def test_an_idle_connection(self, play, offset):
        async def scene(wire, time):
            wire.feed(message("GET", "/"))
            await time.goes_on(offset)
            stall(time, 3.5)
            await time.goes_on(1.0)
            assert not wire.transport.closed, "the loop slept, not the client"
            wire.feed(message("GET", "/"))
            await time.goes_on(1.9)
            assert not wire.transport.closed
            await time.goes_on(4.1)
            assert wire.transport.closed

        play(hello, scene, keep_alive_timeout=2.0)

    @pytest.mark.parametrize("stalls", [1, 10])
    def test_the_connection_of_the_handler_that_blocks(self, play, stalls):
        async def scene(wire, time):
            for _ in range(stalls):
                wire.feed(message("GET", "/"))
                await time.goes_on(0.3)
                assert not wire.transport.closed
            assert wire.transport.sent.count(b"HTTP/1.1 200 ") == stalls
            await time.goes_on(1.0)
            assert not wire.transport.closed
            await time.goes_on(4.0)
            assert wire.transport.closed

        clocks = []

        def handle(request, responder):
            stall(clocks[0], 3.5)
            responder.write(b"slept", "text/plain")

        async def watched(wire, time):
            clocks.append(time)
            await scene(wire, time)

        play(handle, watched, keep_alive_timeout=2.0)

    def test_a_head_and_a_body_under_way(self, play):
        async def scene(wire, time):
            wire.feed(b"POST / HTTP/1.1\r\nHost: a\r\n")
            await time.goes_on(0.5)
            stall(time, 100)
            await time.goes_on(0.4)
            wire.feed(b"Content-Length: 4\r\n\r\nab")
            await time.goes_on(0.5)
            stall(time, 100)
            await time.goes_on(0.4)
            wire.feed(b"cd")
            assert wire.transport.sent.endswith(b"abcd")

        play(hello, scene, head_timeout=2.0, body_timeout=2.0)

    def test_a_client_that_takes_an_answer(self, play):
        async def scene(wire, time):
            client = wire.hold()
            wire.feed(message("GET", "/"))
            for _ in range(5):
                stall(time, 100)
                await time.goes_on(0.5)
                assert not wire.transport.aborted
                client.take(50_000)
                await time.goes_on(0.5)
            assert not wire.transport.aborted

        play(lambda request, responder: responder.write(b"x" * MIB, "text/plain"), scene, write_timeout=3.0)


class TestFirstRead:
    """The client waits for 100 (Continue): body_timeout counts from there."""

    def handler(self, gate):
        async def handle(request, responder):
            await gate.wait()
            responder.write(await request.read(), "text/plain")

        return handle

    @OFFSETS
    def test_a_handler_that_takes_its_time(self, play, offset):
        gate = asyncio.Event()

        async def scene(wire, time):
            await time.goes_on(offset)
            wire.feed(message("POST", "/", "Content-Length: 4", "Expect: 100-continue"))
            await time.goes_on(100)
            assert wire.transport.sent == b""
            gate.set()
            await turns()
            assert wire.transport.sent == b"HTTP/1.1 100 Continue\r\n\r\n"
            await time.goes_on(0.9)
            wire.feed(b"body")
            await turns()
            assert wire.transport.sent.endswith(b"\r\n\r\nbody")

        play(self.handler(gate), scene, body_timeout=1.0)

    @OFFSETS
    def test_a_client_that_was_told_to_go_on_and_does_not(self, play, offset):
        gate = asyncio.Event()

        async def scene(wire, time):
            await time.goes_on(offset)
            wire.feed(message("POST", "/", "Content-Length: 4", "Expect: 100-continue"))
            await time.goes_on(100)
            gate.set()
            await turns()
            await time.goes_on(0.9)
            assert wire.transport.sent == b"HTTP/1.1 100 Continue\r\n\r\n", "refused early"
            await time.goes_on(2.2)
            assert wire.transport.sent.partition(b"\r\n\r\n")[2].startswith(b"HTTP/1.1 408 Request Timeout\r\n")

        play(self.handler(gate), scene, body_timeout=1.0)

    def test_a_client_that_does_not_wait_is_read_all_the_same(self, play):
        """It has sent the whole body, or stops in the middle, while the handler is busy."""
        gate = asyncio.Event()

        async def scene(wire, time):
            wire.feed(message("POST", "/", "Content-Length: 4", "Expect: 100-continue") + b"body")
            await time.goes_on(100)
            assert wire.transport.sent == b""
            gate.set()
            await turns()
            assert wire.transport.sent.endswith(b"\r\n\r\nbody")

        play(self.handler(gate), scene, body_timeout=1.0)


class TestWriteRate:
    """Who takes a byte now and then keeps write_timeout away, but not for ever."""

    def handler(self, request, responder):
        responder.write(b"x" * MIB, "text/plain")

    async def take(self, wire, time, client, rate: int, seconds: int) -> int:
        for second in range(seconds):
            if wire.transport.aborted:
                return second
            client.take(rate)
            await time.goes_on(1.0)
        return seconds

    @OFFSETS
    def test_a_byte_a_second(self, play, offset):
        async def scene(wire, time):
            client = wire.hold()
            await time.goes_on(offset)
            wire.feed(message("GET", "/"))
            assert 29 <= await self.take(wire, time, client, 1, 100) <= 35
            assert wire.transport.aborted

        play(self.handler, scene)

    @pytest.mark.parametrize("rate", [239, 241])
    def test_at_the_limit(self, play, rate):
        async def scene(wire, time):
            client = wire.hold()
            wire.feed(message("GET", "/"))
            seconds = await self.take(wire, time, client, rate, 600)
            assert seconds == 600 if rate > 240 else seconds <= 70

        play(self.handler, scene)

    def test_quick_at_first(self, play):
        """Only the last half a minute counts."""

        async def scene(wire, time):
            client = wire.hold()
            wire.feed(message("GET", "/"))
            assert await self.take(wire, time, client, 1000, 60) == 60
            assert await self.take(wire, time, client, 1, 100) <= 65

        play(self.handler, scene)

    def test_the_rest_of_a_connection_that_closes(self, play):
        async def scene(wire, time):
            client = wire.hold()
            wire.feed(message("GET", "/", "Connection: close"))
            await turns()
            assert wire.transport.ended
            assert await self.take(wire, time, client, 1, 100) <= 35
            assert wire.transport.aborted

        play(self.handler, scene)

    def test_none(self, play):
        async def scene(wire, time):
            client = wire.hold()
            wire.feed(message("GET", "/"))
            assert await self.take(wire, time, client, 1, 3600) == 3600

        play(self.handler, scene, min_write_rate=0)

    def test_a_stream_that_has_little_to_send(self, play):
        """A client that has taken all there is owes nothing."""
        gate = asyncio.Event()

        async def handle(request, responder):
            responder.write_begin_chunked("text/event-stream")
            while not gate.is_set():
                responder.write_chunk(b"x")
                await responder.drain()
                await asyncio.sleep(0)
                await tick.wait()
                tick.clear()
            responder.write_end_chunked()

        tick = asyncio.Event()

        async def scene(wire, time):
            wire.feed(message("GET", "/"))
            for _ in range(200):
                await time.goes_on(1.0)
                tick.set()
                await turns()
                assert not wire.transport.aborted
            gate.set()
            tick.set()
            await turns()
            assert wire.transport.sent.endswith(b"0\r\n\r\n")

        play(handle, scene)
