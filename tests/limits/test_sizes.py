"""Each limit on a request's size, on a connection: at it the handler is called, one past it the client is refused with
its status before more is read; the same for every cut of the bytes.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

import pytest
from connection.fake import Wire, turns
from connection.tools import chunked, message, post


@dataclass
class Case:
    """A request at a limit, and how it may be one past it."""

    config: dict[str, int]
    good: bytes
    bad: tuple[bytes, ...]
    status_line: bytes
    reason: bytes


def field(size: int) -> str:
    return "A: ".ljust(size, "x")


TARGET_LONG = (b"HTTP/1.1 414 URI Too Long", b"the request target is too long\n")
FIELD_LONG = (b"HTTP/1.1 431 Request Header Fields Too Large", b"a field is too long\n")
FIELDS_LONG = (FIELD_LONG[0], b"the fields together are too long\n")
FIELDS_MANY = (FIELD_LONG[0], b"there are too many fields\n")
BODY_LARGE = (b"HTTP/1.1 413 Content Too Large", b"the content is too large\n")
HOST = len("Host: test\r\n")

CASES = {
    "target": Case(
        {"max_url_size": 40},
        message("GET", "/".ljust(40, "x")),
        (message("GET", "/".ljust(41, "x")), message("GET", "/?".ljust(41, "q")), message("GET", "/".ljust(4000, "x"))),
        *TARGET_LONG,
    ),
    "absolute target": Case(
        {"max_url_size": 40},
        message("GET", "http://test/".ljust(40, "x")),
        (message("GET", "http://test/".ljust(41, "x")),),
        *TARGET_LONG,
    ),
    "field": Case(
        {"max_header_field_size": 40},
        message("GET", "/", field(40)),
        (
            message("GET", "/", field(41)),
            message("GET", "/", "A" * 40 + ":"),
            message("GET", "/", "A:".ljust(40) + "x"),
        ),
        *FIELD_LONG,
    ),
    "fields": Case(
        {"max_header_size": 100},
        message("GET", "/", field(100 - HOST - 4)),
        (message("GET", "/", field(101 - HOST - 4)), message("GET", "/", field(98 - HOST - 4), "B:")),
        *FIELDS_LONG,
    ),
    "count": Case(
        {"max_header_count": 3},
        message("GET", "/", "A: a", "B: b"),
        (message("GET", "/", "A: a", "B: b", "C: c"), message("GET", "/", *["A:"] * 100)),
        *FIELDS_MANY,
    ),
    "body": Case(
        {"max_body_size": 5},
        post("/", b"12345"),
        (post("/", b"123456"), post("/", b"")[:-5] + b"9" * 18 + b"\r\n\r\n", chunked("/", b"123456")),
        *BODY_LARGE,
    ),
    "chunked body": Case(
        {"max_body_size": 5},
        chunked("/", b"1", b"23", b"45"),
        (chunked("/", b"1", b"23", b"456"), chunked("/", *[b"1"] * 6), chunked("/", b"12345", b"6")),
        *BODY_LARGE,
    ),
    "no body": Case(
        {"max_body_size": 0},
        message("POST", "/", "Content-Length: 0"),
        (post("/", b"1"), chunked("/", b"1")),
        *BODY_LARGE,
    ),
    "trailer": Case(
        {"max_header_field_size": 40},
        chunked("/", b"12345", trailers=field(40) + "\r\n"),
        (chunked("/", b"12345", trailers=field(41) + "\r\n"),),
        *FIELD_LONG,
    ),
    "trailers": Case(
        {"max_header_size": 100},
        chunked("/", b"12345", trailers=field(44) + "\r\n" + field(50) + "\r\n"),
        (chunked("/", b"12345", trailers=field(45) + "\r\n" + field(50) + "\r\n"),),
        *FIELDS_LONG,
    ),
    "trailer count": Case(
        {"max_header_count": 3},
        chunked("/", b"12345", trailers="A: a\r\n" * 3),
        (chunked("/", b"12345", trailers="A: a\r\n" * 4),),
        *FIELDS_MANY,
    ),
}


def plain(calls):
    def handle(request, responder):
        calls.append(request.body)
        responder.write(b"hello", "text/plain")

    return handle


def coroutine(calls):
    async def handle(request, responder):
        calls.append(await request.read())
        responder.write(b"hello", "text/plain")

    return handle


def cuts(data: bytes, seed: int):
    """Whole, byte by byte, in two around what matters, and at random."""
    yield [data]
    yield [data[i : i + 1] for i in range(len(data))]
    for cut in range(max(1, len(data) - 12), len(data)):
        yield [data[:cut], data[cut:]]
    chance = random.Random(seed)
    for _ in range(6):
        at = sorted(chance.sample(range(1, len(data)), 4))
        yield [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]


def exchange(twin, make, config, pieces) -> tuple[bytes, list[bytes]]:
    """What a client that sends these pieces is told, and what the handler was called with."""
    calls: list[bytes] = []

    async def main() -> bytes:
        wire = Wire(twin, make(calls), **config)
        for piece in pieces:
            if not wire.transport.reading or wire.transport.closed:
                break
            wire.feed(piece)
            if make is coroutine:
                await turns(4)
        await turns()
        wire.lose()
        await turns()
        return wire.transport.sent

    return asyncio.run(main()), calls


@pytest.mark.parametrize("make", [plain, coroutine])
@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
class TestSizes:
    def test_at_the_limit(self, twin, make, case):
        for pieces in cuts(case.good, 1):
            sent, calls = exchange(twin, make, case.config, pieces)
            assert sent.startswith(b"HTTP/1.1 200 OK\r\n"), pieces
            assert sent.count(b"HTTP/1.1") == 1
            assert len(calls) == 1

    def test_many_times_at_the_limit(self, twin, make, case):
        """What one request has used up is not held against the next."""
        sent, calls = exchange(twin, make, case.config, [case.good * 10])
        assert sent.count(b"HTTP/1.1 200 OK\r\n") == 10
        assert len(calls) == 10

    def test_one_past_it(self, twin, make, case):
        for bad in case.bad:
            for pieces in cuts(bad, 2):
                sent, calls = exchange(twin, make, case.config, [*pieces, message("GET", "/never")])
                assert sent.startswith(case.status_line + b"\r\n"), (pieces, sent)
                assert sent.endswith(b"\r\n\r\n" + case.reason)
                assert sent.count(b"HTTP/1.1") == 1
                assert b"\r\nconnection: close\r\n" in sent
                assert calls == []

    def test_good_ones_ahead_are_answered(self, twin, make, case):
        for pieces in cuts(case.good + case.bad[0], 3):
            sent, calls = exchange(twin, make, case.config, pieces)
            first, _, second = sent.partition(b"hello")
            assert first.startswith(b"HTTP/1.1 200 OK\r\n")
            assert second.startswith(case.status_line + b"\r\n")
            assert second.endswith(case.reason)
            assert len(calls) == 1


@pytest.mark.parametrize(
    ("config", "start", "drip", "most", "status"),
    [
        ({"max_url_size": 100}, b"GET /", b"x", 64 + 1 + 100 + 10, 414),
        ({}, b"", b"M", 64 + 1 + 65536 + 10, 501),
        ({"max_header_field_size": 100}, b"GET / HTTP/1.1\r\n", b"x", 16 + 102, 431),
        ({"max_header_field_size": 100}, b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b" ", 25 + 102, 431),
        ({"max_header_size": 100}, b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n", 16 + 100, 431),
        ({"max_header_count": 7}, b"GET / HTTP/1.1\r\nHost: a\r\n", b"X:\r\n", 25 + 7 * 4, 431),
        ({"max_body_size": 9}, chunked("/")[:-5], b"1\r\nx\r\n", len(chunked("/")[:-5]) + 9 * 6 + 3, 413),
        ({"max_header_count": 7}, chunked("/")[:-2], b"X:\r\n", len(chunked("/")) + 8 * 4, 431),
    ],
)
def test_what_never_ends_is_refused_at_the_limit(twin, config, start, drip, most, status):
    """Byte by byte and without an end: no more than the limit, and what a line is made of, is taken in."""
    took = 0

    async def main() -> bytes:
        nonlocal took
        wire = Wire(twin, plain([]), **config)
        wire.feed(start)
        took = len(start)
        while not wire.transport.sent and took <= most + 1000:
            wire.feed(drip[(took - len(start)) % len(drip) :][:1])
            took += 1
        wire.lose()
        return wire.transport.sent

    assert asyncio.run(main()).startswith(f"HTTP/1.1 {status} ".encode())
    assert took <= most + 1


@pytest.mark.parametrize("make", [plain, coroutine])
class TestBodiesAreRefusedUnread:
    """413 comes with the head, or the size of the chunk, that announces too much (RFC 9110, section 15.5.14)."""

    def test_length(self, twin, make):
        head = message("POST", "/", "Content-Length: 6", "Expect: 100-continue")
        sent, calls = exchange(twin, make, {"max_body_size": 5}, [head])
        assert sent.startswith(b"HTTP/1.1 413 Content Too Large\r\n")
        assert calls == []

    def test_chunk(self, twin, make):
        head = message("POST", "/", "Transfer-Encoding: chunked")
        sent, calls = exchange(twin, make, {"max_body_size": 5}, [head, b"2\r\n12\r\n4\r\n"])
        assert sent.startswith(b"HTTP/1.1 413 Content Too Large\r\n")
        assert calls == []


def test_a_coroutine_that_reads_hears_of_it(twin):
    """What came before the limit it may have seen; then the body fails, and the client is told 413."""
    seen = []

    def make(calls):
        async def handle(request, responder):
            async for piece in request:
                seen.append(piece)
            raise AssertionError("the body never ends well")

        return handle

    head = message("POST", "/", "Transfer-Encoding: chunked")
    sent, _ = exchange(twin, make, {"max_body_size": 5}, [head, b"2\r\n12\r\n", b"3\r\n345\r\n", b"1\r\n"])
    assert b"".join(seen) == b"12345"
    assert sent.startswith(b"HTTP/1.1 413 Content Too Large\r\n")
    assert sent.count(b"HTTP/1.1") == 1
