"""The limits of Config: equal is allowed, one more is refused, however the bytes are cut."""

from __future__ import annotations

import sys

import pytest
from conftest import Twin
from feeding import chunked_request, failure, one_head, parse_all_ways, request

from fastresp.config import Config


@pytest.fixture
def parser(twin: Twin):
    return twin("http1.parser")


def test_target_size(parser):
    config = Config(max_url_size=20)
    for start in (b"/", b"http://a/"):
        target = start.ljust(20, b"x")
        assert one_head(parser, request(b"GET " + target + b" HTTP/1.1"), config)["target"] == target
        assert failure(parser, request(b"GET " + target + b"x HTTP/1.1"), config) == (
            414,
            "the request target is too long",
        )
    assert failure(parser, b"GET /" + b"x" * 200, config)[0] == 414
    assert parse_all_ways(parser, b"GET /" + b"x" * 19, config) == []
    # What is wrong first is what is told: within the limit, the character; after it, the length.
    assert failure(parser, request(b"GET /" + b"x" * 18 + b"\x80 HTTP/1.1"), config)[0] == 400
    assert failure(parser, request(b"GET /" + b"x" * 20 + b"\x80 HTTP/1.1"), config)[0] == 414
    assert failure(parser, b"GET /" + b"x" * 19 + b" " * 200, config)[0] == 400


def test_longest_request_line(parser):
    config = Config(max_url_size=20)
    line = b"M" * 64 + b" /" + b"x" * 19 + b" HTTP/1.1"
    assert one_head(parser, request(line), config)["method"] == b"M" * 64
    assert failure(parser, request(line + b"1"), config)[0] == 400
    assert failure(parser, line + b"111", config)[0] == 400
    assert failure(parser, request(line[:-3] + b"2.0"), config)[0] == 505
    assert parse_all_ways(parser, line + b"\r", config) == []


def test_field_size(parser):
    config = Config(max_header_field_size=20)
    for good in (b"A:".ljust(20, b"x"), b"A: " + b" " * 16 + b"x", b"A" * 19 + b":"):
        assert one_head(parser, request(b"GET / HTTP/1.1", good), config)
        for bad in (good + b"x", good + b" ", b"A" + good, good + b"\x00", b" " + good):
            assert failure(parser, request(b"GET / HTTP/1.1", bad), config) == (431, "a field is too long")
    start = b"GET / HTTP/1.1\r\nHost: a\r\nA:"
    assert failure(parser, start + b"x" * 20, config)[0] == 431
    assert parse_all_ways(parser, start + b"x" * 18 + b"\r", config) == []


def test_fields_size(parser):
    config = Config(max_header_size=40)
    good = request(b"GET / HTTP/1.1", b"A:xxxxxxxxxxxxx", b"B:", host=b"Host: a")
    good = good.replace(b"B:", b"B:12345678")
    assert len(good) == len(b"GET / HTTP/1.1\r\n") + 40
    assert one_head(parser, good, config)
    for bad in (good.replace(b"8", b"89"), good[:-2] + b"C:\r\n\r\n", good[:-2] + b"xx"):
        assert failure(parser, bad, config) == (431, "the fields together are too long")
    assert one_head(parser, b"GET / HTTP/1.0\r\n\r\n", Config(max_header_size=2))["fields"] == b""
    assert failure(parser, b"GET / HTTP/1.0\r\n\r\n", Config(max_header_size=1))[0] == 431


def test_field_count(parser):
    config = Config(max_header_count=3)
    assert one_head(parser, request(b"GET / HTTP/1.1", b"A:", b"B:"), config)
    for bad in (b"C:", b"C", b" C: d"):
        assert failure(parser, request(b"GET / HTTP/1.1", b"A:", b"B:", bad), config) == (
            431,
            "there are too many fields",
        )
    events = parse_all_ways(parser, request(b"GET / HTTP/1.1", b"A:", b"B:") * 3, config)
    assert len(events) == 3


def test_limits_of_trailers(parser):
    config = Config(max_header_count=2, max_header_field_size=30, max_header_size=60)
    start = b"0\r\n"
    for good in (b"", b"A:\r\nB:\r\n", b"A:" + b"x" * 28 + b"\r\nB:" + b"x" * 22 + b"\r\n"):
        assert parse_all_ways(parser, chunked_request(start + good + b"\r\n"), config)[-1] == ("end", good)
    for bad in (
        b"A:\r\nB:\r\nC:\r\n",
        b"A:" + b"x" * 29 + b"\r\n",
        b"A:" + b"x" * 28 + b"\r\nB:" + b"x" * 23 + b"\r\n",
    ):
        assert failure(parser, chunked_request(start + bad + b"\r\n"), config)[0] == 431


def test_body_size(parser):
    config = Config(max_body_size=5)
    good = request(b"POST / HTTP/1.1", b"Content-Length: 5", body=b"hello")
    assert parse_all_ways(parser, good, config)[1:] == [("body", b"hello"), ("end", b"")]
    bad = request(b"POST / HTTP/1.1", b"Content-Length: 6", body=b"hello!")
    assert parse_all_ways(parser, bad, config) == [("failed", 413, "the content is too large")]
    good = chunked_request(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")
    assert parse_all_ways(parser, good * 2, config)[1:3] == [("body", b"hello"), ("end", b"")]
    bad = chunked_request(b"2\r\nhe\r\n4\r\nllo!\r\n0\r\n\r\n")
    assert parse_all_ways(parser, bad, config)[1:] == [("body", b"he"), ("failed", 413, "the content is too large")]


def test_no_body_allowed(parser):
    config = Config(max_body_size=0)
    assert one_head(parser, request(b"POST / HTTP/1.1", b"Content-Length: 0"), config)
    assert parse_all_ways(parser, chunked_request(b"0\r\n\r\n"), config)[-1] == ("end", b"")
    assert failure(parser, chunked_request(b"1\r\nx\r\n0\r\n\r\n"), config)[0] == 413


def test_the_highest_limits(parser):
    huge = sys.maxsize // 2 + 1
    config = Config(
        max_url_size=huge, max_header_field_size=huge, max_header_size=huge, max_header_count=huge, max_body_size=huge
    )
    assert one_head(parser, request(), config)
    assert failure(parser, chunked_request(b"1\r\nx\r\n" + b"f" * 16 + b"\r\n"), config)[0] == 413
