"""Rates on a clock that the test turns: of a body that trickles, and of the requests of one address."""

from __future__ import annotations

import asyncio

import pytest
from connection.fake import turns
from connection.test_clock import OFFSETS
from connection.tools import message
from limits.test_times import HOUR, hello

from fastresp.errors import BodyError


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
        service = twin("core.service")
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
