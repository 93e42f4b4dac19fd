"""Chunks, their extensions, trailers (RFC 9112, section 7.1), cut in all ways, on both twins."""

from __future__ import annotations

import pytest
from conftest import Twin
from feeding import chunked_request, failure, parse_all_ways, request


@pytest.fixture
def parser(twin: Twin):
    return twin("http1.parser")


@pytest.mark.parametrize(
    "line",
    [
        b"5",
        b"05",
        b"000000000000000000000000000000005",
        b"5;a",
        b"5 ; a",
        b"5;\ta",
        b"5;a=b",
        b"5;a = b",
        b'5;a=""',
        b'5;a="b;c\r"'.replace(b"\r", b"\\\t"),
        b'5;a="\\"\\\\\x80\t "',
        b'5;a="b" ;c ; d=e;f="g"',
        b"5;!#=~",
        b"5" + b";" + b"a" * 4094,
    ],
)
def test_chunk_lines(parser, line):
    events = parse_all_ways(parser, chunked_request(line + b"\r\nhello\r\n0;x\r\n\r\n"))
    assert events[1:] == [("body", b"hello"), ("end", b"")]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" 5",
        b"5 ",
        b"5\t",
        b"0x5",
        b"-5",
        b"+5",
        b"g",
        b"5g",
        b"5 5",
        b"5,5",
        b"5;",
        b"5; ",
        b"5;;a",
        b"5;a;",
        b"5;a ",
        b"5;a=",
        b"5;a=;b",
        b"5;=b",
        b"5;a=b=c",
        b"5;a=b ",
        b"5;a b",
        b'5;a="b',
        b'5;a="b"c',
        b'5;a="b" ',
        b'5;a="\\',
        b'5;a="\\\x01"',
        b'5;a="\x7f"',
        b"5;a='b c'",
        b"5;a@",
        b"5;a\x00",
        b"5;a\r",
        b"5\r",
        b"5\n",
        b"5;a\nb",
        b"5;\x80",
        b";a",
        b"5" + b";" + b"a" * 4095,
        b"0" * 4097,
        b"1" + b"0" * 16,
        b"f" * 17,
        b"f" * 4096,
    ],
)
def test_bad_chunk_lines(parser, line):
    assert failure(parser, chunked_request(line + b"\r\nhello\r\n0\r\n\r\n"))[0] == 400
    if line[:1] == b"5":
        assert failure(parser, chunked_request(b"0" + line[1:] + b"\r\n\r\n"))[0] == 400


def test_chunk_line_without_end(parser):
    assert failure(parser, chunked_request(b"5;" + b"a" * 5000)) == (400, "a chunk line is too long")
    assert parse_all_ways(parser, chunked_request(b"5;" + b"a" * 4000))[-1][0] == "head"


@pytest.mark.parametrize(
    "size", [b"f" * 16, b"8" + b"0" * 15, b"7" + b"f" * 15, b"4" + b"0" * 15, b"80000000", b"2000001"]
)
def test_huge_chunks(parser, size):
    for body in (size + b"\r\n", b"1\r\nx\r\n" + size + b"\r\nhello"):
        events = parse_all_ways(parser, chunked_request(body))
        assert events[-1] == ("failed", 413, "the content is too large")


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\r", b"x\r\n", b"\n\r"])
def test_chunk_data_without_crlf(parser, end):
    events = parse_all_ways(parser, chunked_request(b"5\r\nhello" + end + b"0\r\n\r\n"))
    assert events[1:] == [("body", b"hello"), ("failed", 400, "the data of a chunk is not followed by CRLF")]


def test_extensions_in_total(parser):
    chunk = b"1;" + b"a" * 1023 + b"\r\nx\r\n"
    events = parse_all_ways(parser, chunked_request(chunk * 64 + b"0\r\n\r\n"))
    assert events[1:] == [("body", b"x" * 64), ("end", b"")]
    events = parse_all_ways(parser, chunked_request(chunk * 64 + b"1;a\r\nx\r\n"))
    assert events[1:] == [("body", b"x" * 64), ("failed", 400, "there are too many chunk extensions")]
    # They are counted for each message.
    events = parse_all_ways(parser, chunked_request(chunk * 40 + b"0\r\n\r\n") * 2)
    assert [event[0] for event in events] == ["head", "body", "end"] * 2


def test_leading_zeros_in_total(parser):
    chunk = b"0" * 1023 + b"1\r\nx\r\n"
    events = parse_all_ways(parser, chunked_request(chunk * 64 + b"0\r\n\r\n"))
    assert events[1:] == [("body", b"x" * 64), ("end", b"")]
    events = parse_all_ways(parser, chunked_request(chunk * 64 + b"00000000000000001\r\nx\r\n"))
    assert events[1:] == [("body", b"x" * 64), ("failed", 400, "there are too many zeros in chunk sizes")]


def test_trailers(parser):
    fields = b"A: b\r\nContent-Length: x\r\nHost: ?\r\nTransfer-Encoding: gzip\r\nConnection: close\r\nExpect: x\r\n"
    data = chunked_request(b"5\r\nhello\r\n0\r\n" + fields + b"\r\n") + request()
    events = parse_all_ways(parser, data)
    assert events[1:3] == [("body", b"hello"), ("end", fields)]
    assert events[3][1]["keep_alive"] is True
