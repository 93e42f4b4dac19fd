"""A TLS handshake on a plain port is known by its first two octets, however they come."""

from __future__ import annotations

import tracemalloc

import pytest
from conftest import Twin
from feeding import failure, parse, request

from fastresp import Config


@pytest.fixture
def parser(twin: Twin):
    return twin("http1.parser")


HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


@pytest.mark.parametrize("rest", [b"", b"\n", b"\r\n\r\n", bytes(100_000)])
def test_a_handshake(parser, rest):
    assert failure(parser, HELLO + rest) == (400, "a TLS handshake on a plain HTTP port")
    assert parse(parser, [request(), HELLO + rest])[-1][1:3] == (400, "a TLS handshake on a plain HTTP port")


def test_other_octets(parser):
    assert parse(parser, [b"\x16"]) == []
    for line in (b"\x16\r\n", b"\x16\x04\r\n", b"\x15\x03\r\n"):
        assert failure(parser, line) == (400, "the request line does not start with a method and one space")


def test_a_head_in_small_pieces_takes_little_more_than_its_bytes(parser):
    one = parser.new_parser(Config())
    data = b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"ab" * 20_000
    pieces = [data[start : start + 3] for start in range(0, len(data), 3)]
    tracemalloc.start()
    try:
        while pieces:
            one.feed(bytes(memoryview(pieces.pop(0))))  # a copy, as a loop's transport makes one
            assert one.next() == 0
        assert tracemalloc.get_traced_memory()[0] < 3 * len(data)
    finally:
        tracemalloc.stop()
