"""What fields say about the message: its length, its codings, the connection (RFC 9112, sections 6 and 9.3)."""

from __future__ import annotations

import pytest
from conftest import Twin
from feeding import failure, one_head, parse_all_ways, request

from fastresp.config import Config
from fastresp.http1.codes import BODY, END, HEAD, NEED_DATA


@pytest.fixture
def parser(twin: Twin):
    return twin("http1.parser")


@pytest.mark.parametrize(
    ("value", "length"), [(b"0", 0), (b"00", 0), (b"5", 5), (b"0" * 40 + b"5", 5), (b" \t 33554432\t", 33554432)]
)
def test_content_length(parser, value, length):
    body = b"x" * min(length, 9)
    data = request(b"POST / HTTP/1.1", b"content-LENGTH:" + value, body=body)
    events = parse_all_ways(parser, data)
    head = events[0][1]
    assert (head["content_length"], head["has_body"], head["chunked"]) == (length, length > 0, False)
    assert events[1:] == ([("body", body)] if length else []) + ([("end", b"")] if 0 < length < 10 else [])


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" ",
        b"+1",
        b"-1",
        b"-0",
        b"1 1",
        b"1,1",
        b"1, 1",
        b",1",
        b"0x1",
        b"1f",
        b"f",
        b"1.0",
        b"1e1",
        b"1_0",
        b"\xb2",
        b'"1"',
        b"4611686018427387905",
        b"9223372036854775808",
        b"18446744073709551616",
        b"18446744073709551621",
        b"9" * 100,
    ],
)
def test_bad_content_length(parser, value):
    for line in (b"POST / HTTP/1.1", b"POST / HTTP/1.0"):
        status, reason = failure(parser, request(line, b"Content-Length: " + value, body=b"x" * 10))
        assert status == 400
        assert reason in ("the Content-Length is not a number", "the Content-Length is too large")


def test_largest_content_length(parser):
    data = request(b"POST / HTTP/1.1", b"Content-Length: 4611686018427387903")
    unlimited = Config(max_body_size=2**62)
    assert one_head(parser, data, unlimited)["content_length"] == 2**62 - 1
    assert failure(parser, data)[0] == 413
    data = data.replace(b"903", b"904")
    assert failure(parser, data, unlimited)[0] == 413


def test_content_length_is_there_once(parser):
    for second in (b"5", b"6"):
        data = request(b"POST / HTTP/1.1", b"Content-Length: 5", b"content-length: " + second, body=b"hello")
        assert failure(parser, data) == (400, "there is more than one Content-Length field")


@pytest.mark.parametrize("value", [b"chunked", b"CHUNKED", b" \tChunked \t"])
def test_chunked(parser, value):
    data = request(b"POST / HTTP/1.1", b"transfer-ENCODING:" + value, body=b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
    head, body, end = parse_all_ways(parser, data)
    assert (head[1]["chunked"], head[1]["has_body"], head[1]["content_length"]) == (True, True, -1)
    assert body == ("body", b"hello world")
    assert end == ("end", b"")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([b"gzip"], 501),
        ([b"identity"], 501),
        ([b"gzip, chunked"], 501),
        ([b"gzip", b"chunked"], 501),
        ([b"xchunked"], 501),
        ([b"chunke"], 501),
        ([b"gzip;q=1, chunked"], 501),
        ([b'gzip ; a="b,c", chunked'], 501),
        ([b"chunked, chunked"], 400),
        ([b"chunked", b"chunked"], 400),
        ([b"chunked, gzip"], 400),
        ([b"chunked,identity"], 400),
        ([b"chunked", b"gzip"], 400),
        ([b"gzip, chunked, chunked"], 400),
        ([b"chunked;a=b"], 400),
        ([b"chunked ;"], 400),
        ([b""], 400),
        ([b","], 400),
        ([b", chunked"], 400),
        ([b"chunked,"], 400),
        ([b"chunked, "], 400),
        ([b"gzip,,chunked"], 400),
        ([b"chunked", b""], 400),
        ([b"chunked chunked"], 400),
        ([b"chunked x"], 400),
        ([b'"chunked"'], 400),
        ([b"\x80"], 400),
        ([b"chunked\x80"], 400),
        ([b"chun\x0bked"], 400),
    ],
)
def test_transfer_codings(parser, fields, status):
    lines = [b"Transfer-Encoding: " + field for field in fields]
    assert failure(parser, request(b"POST / HTTP/1.1", *lines, body=b"0\r\n\r\n"))[0] == status
    assert failure(parser, request(b"POST / HTTP/1.0", *lines, body=b"0\r\n\r\n"))[0] == 400


def test_transfer_encoding_in_http_1_0(parser):
    data = request(b"POST / HTTP/1.0", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n")
    assert failure(parser, data) == (400, "there is a Transfer-Encoding in HTTP/1.0")


def test_both_framings(parser):
    length, chunked = b"Content-Length: 5", b"Transfer-Encoding: chunked"
    for fields in (
        (length, chunked),
        (chunked, length),
        (b"Content-Length: 0", chunked),
        (length, b"Transfer-Encoding: gzip"),
    ):
        data = request(b"POST / HTTP/1.1", *fields, body=b"0\r\n\r\n")
        assert failure(parser, data) == (400, "there are both a Content-Length and a Transfer-Encoding")


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (b"100-continue", True),
        (b"100-Continue", True),
        (b"", 417),
        (b"100-continued", 417),
        (b"100", 417),
        (b"200-ok", 417),
        (b"100-continue, x", 417),
        (b"100-continue;a=b", 417),
    ],
)
def test_expect(parser, value, outcome):
    data = request(b"POST / HTTP/1.1", b"Expect: " + value, b"Content-Length: 1")
    if outcome is True:
        assert one_head(parser, data)["expect_continue"] is True
    else:
        assert failure(parser, data) == (417, "the expectation is not 100-continue")
    old = request(b"POST / HTTP/1.0", b"Expect: " + value, b"Content-Length: 1")
    assert one_head(parser, old)["expect_continue"] is False


def test_expect_repeated(parser):
    good, bad = b"Expect: 100-continue", b"Expect: x"
    assert one_head(parser, request(b"POST / HTTP/1.1", good, good))["expect_continue"] is True
    assert failure(parser, request(b"POST / HTTP/1.1", good, bad))[0] == 417
    assert failure(parser, request(b"POST / HTTP/1.1", bad, good))[0] == 417


@pytest.mark.parametrize(
    ("values", "new", "old"),
    [
        ([], True, False),
        ([b"close"], False, False),
        ([b"CLOSE"], False, False),
        ([b"keep-alive"], True, True),
        ([b"Keep-Alive"], True, True),
        ([b"keep-alive, close"], False, False),
        ([b"close", b"keep-alive"], False, False),
        ([b"x", b"close"], False, False),
        ([b"x,close , y"], False, False),
        ([b",, ,close,"], False, False),
        ([b"x\t,\tkeep-alive"], True, True),
        ([b"closed"], True, False),
        ([b"close x"], True, False),
        ([b"close;x"], True, False),
        ([b"x close"], True, False),
        ([b'"close"'], True, False),
        ([b"@,close"], False, False),
        ([b""], True, False),
        ([b","], True, False),
        ([b"keep_alive"], True, False),
        ([b"upgrade"], True, False),
    ],
)
def test_keep_alive(parser, values, new, old):
    fields = [b"conneCTION: " + value for value in values]
    assert one_head(parser, request(b"GET / HTTP/1.1", *fields))["keep_alive"] is new
    assert one_head(parser, request(b"GET / HTTP/1.0", *fields))["keep_alive"] is old


def test_content_may_pass_by(parser):
    """Content that is read past the parser: only where nothing else can come."""
    one = parser.new_parser(Config())
    one.feed(request(b"POST / HTTP/1.1", b"content-length: 10", body=b"abc"))
    assert (one.next(), one.content_left()) == (HEAD, 0)
    assert (one.next(), one.piece, one.content_left()) == (BODY, b"abc", 7)
    for count in (-1, 8):
        with pytest.raises(ValueError, match="can't be skipped: 7 are left"):
            one.skip(count)
    one.skip(4)
    assert (one.next(), one.content_left()) == (NEED_DATA, 3)
    one.feed(b"h")
    assert one.content_left() == 0
    assert (one.next(), one.content_left()) == (BODY, 2)
    one.skip(2)
    assert (one.content_left(), one.next(), one.next()) == (0, END, NEED_DATA)
    one.feed(request(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"5\r\nab"))
    assert [one.next(), one.next(), one.next()] == [HEAD, BODY, NEED_DATA]
    assert one.content_left() == 0
