"""Requests in a row, and what the parser is between them; on both twins."""

from __future__ import annotations

import pickle

import pytest
from conftest import Twin
from feeding import DEFAULTS, chunked_request, parse, parse_all_ways, request

from fastresp.config import Config
from fastresp.http1 import codes


@pytest.fixture
def parser(twin: Twin):
    return twin("http1.parser")


def test_pipelined(parser):
    data = request() + request(b"POST /b HTTP/1.1", b"Content-Length: 3", body=b"abc") + chunked_request(b"0\r\n\r\n")
    events = parse_all_ways(parser, data * 3)
    assert [event[0] for event in events] == ["head", "head", "body", "end", "head", "end"] * 3


def test_upgrade_and_connect_are_requests_like_any_other(parser):
    data = request(b"POST / HTTP/1.1", b"Upgrade: h2c", b"Connection: Upgrade", b"Content-Length: 3", body=b"abc")
    assert [event[0] for event in parse_all_ways(parser, data + request())] == ["head", "body", "end", "head"]


def test_next_is_the_pause(parser):
    made = parser.new_parser(DEFAULTS)
    made.feed(request(b"GET /a HTTP/1.1") + request(b"GET /b HTTP/1.1") + b"\x00\r\n")
    assert made.next() == codes.HEAD
    first = made.data
    assert first[made.target_start : made.target_end] == b"/a"
    made.feed(b"more")
    assert made.data is first
    assert made.next() == codes.HEAD
    assert made.data[made.target_start : made.target_end] == b"/b"
    assert made.next() == codes.FAILED


def test_head_stays_until_the_next_head(parser):
    made = parser.new_parser(DEFAULTS)
    made.feed(chunked_request(b"5\r\nhello\r\n0\r\nA: b\r\n\r\n") + b"GET /next HTTP/1.1\r\nHo")
    events = []
    while (event := made.next()) != codes.NEED_DATA:
        events.append(event)
        assert made.data[made.method_start : made.target_end] == b"POST /"
    assert events == [codes.HEAD, codes.BODY, codes.END]
    assert made.data[made.method_start : made.target_end] == b"POST /"
    assert made.data[made.host_start : made.host_end] == b"example.org"
    assert (made.has_body, made.chunked) == (True, True)
    assert made.trailers_data[made.trailers_start : made.trailers_end] == b"A: b\r\n"
    made.feed(b"st: x\r\n\r\n")
    assert made.next() == codes.HEAD
    assert made.data[made.target_start : made.target_end] == b"/next"
    assert made.has_body is False


def test_trailers_go_with_the_next_head(parser):
    made = parser.new_parser(DEFAULTS)
    made.feed(chunked_request(b"0\r\nA: b\r\n\r\n") + request())
    assert [made.next(), made.next()] == [codes.HEAD, codes.END]
    assert made.trailers_data[made.trailers_start : made.trailers_end] == b"A: b\r\n"
    assert made.next() == codes.HEAD
    assert made.trailers_data[made.trailers_start : made.trailers_end] == b""


def test_idle_and_buffered(parser):
    made = parser.new_parser(DEFAULTS)
    assert (made.is_idle(), made.buffered, made.in_body) == (True, 0, False)
    assert made.next() == codes.NEED_DATA
    made.feed(b"")
    made.feed(b"\r\n")
    assert (made.is_idle(), made.buffered) == (False, 2)
    assert made.next() == codes.NEED_DATA
    assert (made.is_idle(), made.buffered) == (False, 0), "it counts the empty lines of this connection"
    data = request(b"POST / HTTP/1.1", b"Content-Length: 10")
    made.feed(data[:20])
    assert made.next() == codes.NEED_DATA
    assert (made.is_idle(), made.buffered) == (False, 20)
    made.feed(data[20:] + b"12345")
    assert made.buffered == len(data) + 5
    assert made.next() == codes.HEAD
    assert (made.is_idle(), made.buffered, made.in_body) == (False, 5, True)
    assert made.next() == codes.BODY
    assert (made.is_idle(), made.buffered, made.in_body) == (False, 0, True)
    assert made.next() == codes.NEED_DATA
    made.feed(b"67890" + b"G")
    assert made.next() == codes.BODY
    assert made.piece == b"67890"
    assert (made.is_idle(), made.buffered, made.in_body) == (False, 1, True)
    assert made.next() == codes.END
    assert (made.is_idle(), made.buffered, made.in_body) == (False, 1, False)


def test_body_is_handed_on_without_a_copy(parser):
    made = parser.new_parser(DEFAULTS)
    made.feed(request(b"POST / HTTP/1.1", b"Content-Length: 3000"))
    assert made.next() == codes.HEAD
    for fill in (b"a", b"b", b"c"):
        piece = fill * 1000
        made.feed(piece)
        assert made.next() == codes.BODY
        assert made.piece is piece
    assert made.next() == codes.END
    made.feed(chunked_request(b"3e8\r\n"))
    assert made.next() == codes.HEAD
    piece = b"d" * 1000
    assert made.next() == codes.NEED_DATA
    made.feed(piece)
    assert made.next() == codes.BODY
    assert made.piece is piece


def test_head_does_not_pin_what_came_with_it(parser):
    head = request(b"POST / HTTP/1.1", b"Content-Length: 100000")
    for size, copied in ((4094, False), (4095, True)):
        made = parser.new_parser(DEFAULTS)
        fed = b"\r\n" + head + b"x" * size
        made.feed(fed)
        assert made.next() == codes.HEAD
        assert (made.data == head) is copied
        assert (made.data is fed) is not copied
        assert made.data[made.method_start : made.fields_end] == head[:-2]
        assert made.data[made.host_start : made.host_end] == b"example.org"
        assert made.next() == codes.BODY
        assert made.piece == b"x" * size


def test_head_does_not_pin_what_came_before_it(parser):
    """A request that waits for its answer, as a long poll does, holds its own head."""
    made = parser.new_parser(DEFAULTS)
    last = request(b"GET /last HTTP/1.1")
    made.feed(request(b"GET / HTTP/1.1") * 200 + last)
    for _ in range(201):
        assert made.next() == codes.HEAD
    assert made.data == last
    assert made.data[made.target_start : made.target_end] == b"/last"
    assert made.data[made.host_start : made.host_end] == b"example.org"


@pytest.mark.parametrize("wrong", [bytearray(b"GET"), memoryview(b"GET"), "GET", None, 1])
def test_fed_with_something_else(parser, wrong):
    made = parser.new_parser(DEFAULTS)
    with pytest.raises(TypeError, match="fed bytes"):
        made.feed(wrong)
    assert made.is_idle()


def test_it_is_not_pickled(parser):
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(parser.new_parser(DEFAULTS))


def test_unknown_attributes_are_refused(parser):
    made = parser.new_parser(DEFAULTS)
    with pytest.raises(AttributeError):
        made.something = 1


def test_failure_ends_it(parser):
    events = parse(parser, [request(), b"GET /\r\n", request()])
    assert [event[0] for event in events] == ["head", "failed"]


def test_long_lines_in_small_pieces_are_linear(parser):
    """A megabyte of one field, 16 bytes at a time; quadratic work would take minutes."""
    config = Config(max_header_field_size=2**21, max_header_size=2**21)
    data = request(b"GET / HTTP/1.1", b"A: " + b"x" * 2**20)
    events = parse(parser, [data[i : i + 16] for i in range(0, len(data), 16)], config)
    assert len(events[0][1]["fields"]) > 2**20
