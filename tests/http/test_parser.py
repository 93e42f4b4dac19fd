"""The request parser, rule by rule (RFC 9112): every case whole, byte by byte, and cut anywhere, on both twins."""

from __future__ import annotations

import pickle

import pytest
from conftest import Twin
from parser_feeding import DEFAULTS, failure, one_head, parse, parse_all_ways, request

from fastresp.config import Config
from fastresp.http import codes


@pytest.fixture
def parser(twin: Twin):
    return twin("http.parser")


# ---- the request line


@pytest.mark.parametrize(
    ("method", "code"),
    [
        (b"GET", codes.GET),
        (b"HEAD", codes.HEAD_METHOD),
        (b"POST", codes.POST),
        (b"PUT", codes.PUT),
        (b"DELETE", codes.DELETE),
        (b"OPTIONS", codes.OPTIONS),
        (b"TRACE", codes.TRACE),
        (b"PATCH", codes.PATCH),
        (b"get", codes.OTHER),
        (b"GETS", codes.OTHER),
        (b"GE", codes.OTHER),
        (b"PROPFIND", codes.OTHER),
        (b"!#$%&'*+-.^_`|~09AZaz", codes.OTHER),
        (b"M" * 64, codes.OTHER),
    ],
)
def test_methods(parser, method, code):
    head = one_head(parser, request(method + b" / HTTP/1.1"))
    assert (head["method"], head["code"]) == (method, code)


@pytest.mark.parametrize(
    ("line", "target", "form", "host"),
    [
        (b"GET / HTTP/1.1", b"/", codes.ORIGIN, b"example.org"),
        (b"GET // HTTP/1.1", b"//", codes.ORIGIN, b"example.org"),
        (b'GET /a/%zz?x=1&y=[2]|{}"<>\\^` HTTP/1.1', b'/a/%zz?x=1&y=[2]|{}"<>\\^`', codes.ORIGIN, b"example.org"),
        (b"GET /http://a/ HTTP/1.1", b"/http://a/", codes.ORIGIN, b"example.org"),
        (b"GET http://a/b?c HTTP/1.1", b"http://a/b?c", codes.ABSOLUTE, b"a"),
        (b"GET http://a:80 HTTP/1.1", b"http://a:80", codes.ABSOLUTE, b"a:80"),
        (b"GET HTTPS://a:?c HTTP/1.1", b"HTTPS://a:?c", codes.ABSOLUTE, b"a:"),
        (b"GET http://[::1]:8000/ HTTP/1.1", b"http://[::1]:8000/", codes.ABSOLUTE, b"[::1]:8000"),
        (b"GET http://a/@b HTTP/1.1", b"http://a/@b", codes.ABSOLUTE, b"a"),
        (b"OPTIONS http://a HTTP/1.1", b"http://a", codes.ABSOLUTE, b"a"),
        (b"GET a+b.c-1://h/ HTTP/1.1", b"a+b.c-1://h/", codes.ABSOLUTE, b"h"),
        (b"OPTIONS * HTTP/1.1", b"*", codes.ASTERISK, b"example.org"),
        (b"CONNECT a:443 HTTP/1.1", b"a:443", codes.AUTHORITY, b"a:443"),
        (b"CONNECT [2001:db8::1]:65535 HTTP/1.1", b"[2001:db8::1]:65535", codes.AUTHORITY, b"[2001:db8::1]:65535"),
    ],
)
def test_targets(parser, line, target, form, host):
    head = one_head(parser, request(line))
    assert (head["target"], head["form"], head["host"]) == (target, form, host)


@pytest.mark.parametrize(
    "target",
    [
        b"x",
        b"a/b",
        b"?x",
        b"*",
        b"**",
        b"/#f",
        b"/a#",
        b"/\x80",
        b"/\xff",
        b"/\x7f",
        b"/\x00",
        b"/\x01",
        b"/\t",
        b"/a b",
        b"example.org:80",
        b"example.org",
        b"http:/a",
        b"http:a",
        b"http//a",
        b"http://",
        b"http:///a",
        b"http://?a",
        b"http://:80/",
        b"http://a:65536/",
        b"http://a:8x/",
        b"http://a:1:2/",
        b"http://u@a/",
        b"https://u:p@a/",
        b"HTTP://@a/",
        b"ftp://u@a/",
        b"http://a\\b/",
        b"http://a%2/",
        b"http://a%gg/",
        b"http://[::1/",
        b"http://[]/",
        b"http://::1/",
        b"1http://a/",
        b"+a://b/",
        b"://a/",
    ],
)
def test_bad_targets(parser, target):
    assert failure(parser, request(b"GET " + target + b" HTTP/1.1"))[0] == 400


@pytest.mark.parametrize(
    "target",
    [
        b"/",
        b"*",
        b"a",
        b"a:",
        b":80",
        b"a:65536",
        b"a:x",
        b"http://a:80/",
        b"u@a:80",
        b"[::1]",
        b"[::1]:",
        b"a:80/",
        b"//a:8",
    ],
)
def test_bad_targets_of_connect(parser, target):
    status, reason = failure(parser, request(b"CONNECT " + target + b" HTTP/1.1"))
    assert (status, reason) == (400, "the target of CONNECT is not host:port")


def test_asterisk_is_for_options_only(parser):
    assert failure(parser, request(b"GET * HTTP/1.1")) == (400, "the target * is for OPTIONS only")


@pytest.mark.parametrize(
    "line",
    [
        b"GET /",
        b"GET / ",
        b"GET  / HTTP/1.1",
        b"GET /  HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b" GET / HTTP/1.1",
        b"GET / HTTP/1.1 x",
        b"GET / x HTTP/1.1",
        b"GET\t/ HTTP/1.1",
        b"GET /\tHTTP/1.1",
        b"GET",
        b"GET ",
        b"GET HTTP/1.1",
        b"GET  HTTP/1.1",
        b"/ HTTP/1.1",
        b"G@T / HTTP/1.1",
        b"G\x00T / HTTP/1.1",
        b"G\xc3T / HTTP/1.1",
        b"GET: / HTTP/1.1",
        b"GET / HTTP/1",
        b"GET / HTTP/1.",
        b"GET / HTTP/.1",
        b"GET / HTTP/11",
        b"GET / HTTP/1.10",
        b"GET / HTTP/01.1",
        b"GET / HTTP/1,1",
        b"GET / HTTP/1.x",
        b"GET / HTTP/x.1",
        b"GET / HTTP/ 1.1",
        b"GET / http/1.1",
        b"GET / HTTPS/1.1",
        b"GET / HTTP1.1",
        b"GET / ICY/1.1",
        b"GET / HTTP/1.1\r",
        b"GET / HTTP/1.1\x00",
        b"GET / HTTP/-1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_bad_request_lines(parser, line):
    assert failure(parser, request(line))[0] == 400


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/3.0", b"HTTP/9.9"])
def test_other_major_versions(parser, version):
    assert failure(parser, request(b"GET / " + version)) == (505, "the HTTP version is not supported")


def test_http_2_preface(parser):
    assert failure(parser, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")[0] == 505


@pytest.mark.parametrize(("version", "minor"), [(b"1.0", 0), (b"1.1", 1), (b"1.2", 1), (b"1.9", 1)])
def test_minor_versions(parser, version, minor):
    assert one_head(parser, request(b"GET / HTTP/" + version))["minor"] == minor


def test_method_too_long(parser):
    assert failure(parser, request(b"M" * 65 + b" / HTTP/1.1"))[0] == 501
    assert failure(parser, b"M" * 70000)[0] == 501
    assert failure(parser, b"M" * 64 + b"@" * 70000)[0] == 400


@pytest.mark.parametrize("count", range(9))
def test_empty_lines_before_the_request_line(parser, count):
    events = parse_all_ways(parser, (b"\r\n" * count + request()) * 2)
    assert [event[0] for event in events] == ["head", "head"]


def test_too_many_empty_lines(parser):
    assert failure(parser, b"\r\n" * 9) == (400, "too many empty lines before the request line")


@pytest.mark.parametrize("start", [b"\n", b"\r\r\n", b" \r\n", b"\r", b"\n\n", b"\r\n\n"])
def test_what_is_no_empty_line(parser, start):
    assert failure(parser, start + request())[0] == 400


# ---- fields


@pytest.mark.parametrize(
    "field",
    [
        b"A:",
        b"A: ",
        b"A:b",
        b"A: b",
        b"A:\t b \t",
        b"A: b c\td",
        b"A: \x80\xff",
        b'A: "(),/:;<=>?@[\\]{}',
        b"!#$%&'*+-.^_`|~1: x",
        b"Upgrade: h2c",
        b"Connection: upgrade, HTTP2-Settings",
        b"A: b: c",
        b"A:: b",
        b"Hosts: a b",
        b"expect-ct: x",
        b"keep-alive: x",
    ],
)
def test_good_fields(parser, field):
    head = one_head(parser, request(b"GET / HTTP/1.1", field))
    assert head["fields"] == b"Host: example.org\r\n" + field + b"\r\n"
    assert head["keep_alive"] is True


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (b"A : b", "a field name has white space before its colon"),
        (b"A\t: b", "a field name has white space before its colon"),
        (b"Content-Length : 1", "a field name has white space before its colon"),
        (b"A b: c", "a field name has white space in it"),
        (b" A: b", "a field line starts with white space"),
        (b"\tA: b", "a field line starts with white space"),
        (b" ", "a field line starts with white space"),
        (b"A: b\r\n c", "a field line starts with white space"),
        (b"A: b\r\n\tc", "a field line starts with white space"),
        (b": b", "a field line has no name"),
        (b":", "a field line has no name"),
        (b"A", "a field line has no colon"),
        (b"A\n", "a field line has no colon"),
        (b"A@: b", "a field name has a character that is not allowed"),
        (b"A\x00: b", "a field name has a character that is not allowed"),
        (b"A\x80: b", "a field name has a character that is not allowed"),
        (b"(A): b", "a field name has a character that is not allowed"),
        (b"A: b\x00", "a field value has a control character in it"),
        (b"A: \x01b", "a field value has a control character in it"),
        (b"A: b\x7fc", "a field value has a control character in it"),
        (b"A: b\x0bc", "a field value has a control character in it"),
        (b"A: b\x1b[0m", "a field value has a control character in it"),
        (b"A: b\rc", "a field line does not end with CRLF, or has a CR or LF in it"),
        (b"A: b\r", "a field line does not end with CRLF, or has a CR or LF in it"),
        (b"A: b\nC: d", "a field line does not end with CRLF, or has a CR or LF in it"),
        (b"A:\nC: d", "a field line does not end with CRLF, or has a CR or LF in it"),
        (b"\rA: b", "a line of the head does not end with CRLF"),
        (b"\n", "a line of the head does not end with CRLF"),
    ],
)
def test_bad_fields(parser, field, reason):
    assert failure(parser, request(b"GET / HTTP/1.1", field)) == (400, reason)
    assert failure(parser, request(b"GET / HTTP/1.1", field, host=None)) == (400, reason)
    chunked = request(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked", body=b"0\r\nX: y\r\n" + field + b"\r\n\r\n")
    assert failure(parser, chunked) == (400, reason)


@pytest.mark.parametrize("octet", [*range(0x20), 0x7F])
def test_every_control_in_a_head(parser, octet):
    """Nowhere but HTAB in a value, and CRLF at a line's end."""
    bad = bytes([octet])
    for data in (
        b"G" + bad + b"T / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + bad + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1" + bad + b"\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nA" + bad + b"B: c\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nB: c" + bad + b"d\r\n\r\n",
    ):
        if octet == 9 and b"c\td" in data:
            continue
        assert failure(parser, data)[0] == 400


def test_white_space_after_the_request_line(parser):
    for white in (b" ", b"\t"):
        data = b"GET / HTTP/1.1\r\n" + white + b"X: y\r\nHost: a\r\n\r\n"
        assert failure(parser, data) == (400, "a field line starts with white space")


# ---- Host


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"a",
        b"a:",
        b"a:0",
        b"a:65535",
        b"a:00080",
        b":80",
        b"127.0.0.1:8000",
        b"EXAMPLE.org.",
        b"a_b",
        b"a%20b",
        b"%C3%A9",
        b"!$&'()*+,;=-._~",
        b"[::]",
        b"[::1]:80",
        b"[::ffff:1.2.3.4]",
        b"[1:2:3:4:5:6:7:8]:",
        b"[v1.a:b]",
        b"[vF.~]:1",
    ],
)
def test_good_hosts(parser, host):
    for line in (b"GET / HTTP/1.1", b"GET / HTTP/1.0"):
        for white in (b"", b" ", b"\t "):
            head = one_head(parser, request(line, host=b"hOST:" + white + host + white))
            assert head["host"] == host


@pytest.mark.parametrize(
    "host",
    [
        b"a b",
        b"a,b",
        b"a/b",
        b"http://a",
        b"u@a",
        b"a:65536",
        b"a:99999999999999999999999",
        b"a:+1",
        b"a:8 0",
        b"a:0x50",
        b"a:1:2",
        b"::1",
        b"[::1",
        b"::1]",
        b"[::1]x",
        b"[::1]:x",
        b"[]",
        b"[:]",
        b"[g::1]",
        b"[1::2::3]",
        b"[fe80::1%25eth0]",
        b"[127.0.0.1]",
        b"[v.a]",
        b"[v1.]",
        b"[vg.a]",
        b"[::1]]",
        b"a%",
        b"a%2",
        b"a%2g",
        b"a%g2",
        b"a\\b",
        b"a?b",
        b"a#b",
        b"a\x80",
        b"\xc3\xa9",
        b'"a"',
        b"<a>",
        b"a^b",
        b"a|b",
        b"a`b",
        b"a{b}",
    ],
)
def test_bad_hosts(parser, host):
    expected = (400, "the Host field is not a host with an optional port")
    if host == b"a,b":
        assert one_head(parser, request(host=b"Host: a,b"))["host"] == b"a,b"  # a sub-delim: RFC 3986 allows it
        return
    assert failure(parser, request(host=b"Host: " + host)) == expected
    assert failure(parser, request(b"GET / HTTP/1.0", host=b"Host: " + host)) == expected


def test_host_is_required(parser):
    for line in (
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.2",
        b"GET http://a/ HTTP/1.1",
        b"CONNECT a:1 HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
    ):
        assert failure(parser, request(line, host=None)) == (400, "there is no Host field")
        assert failure(parser, request(line, b"Hos: a", b"Cost: b", host=None)) == (400, "there is no Host field")
    assert one_head(parser, request(b"GET / HTTP/1.0", host=None))["host"] == b""


@pytest.mark.parametrize("line", [b"GET / HTTP/1.1", b"GET / HTTP/1.0", b"GET http://a/ HTTP/1.1"])
def test_host_is_there_once(parser, line):
    for second in (b"Host: example.org", b"host:", b"HOST: b"):
        assert failure(parser, request(line, b"A: b", second)) == (400, "there is more than one Host field")


# ---- framing


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
    unlimited = Config(max_body_size=2**100)
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


# ---- chunks


def chunked_request(body: bytes) -> bytes:
    return request(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked", body=body)


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


def test_trailers(parser):
    fields = b"A: b\r\nContent-Length: x\r\nHost: ?\r\nTransfer-Encoding: gzip\r\nConnection: close\r\nExpect: x\r\n"
    data = chunked_request(b"5\r\nhello\r\n0\r\n" + fields + b"\r\n") + request()
    events = parse_all_ways(parser, data)
    assert events[1:3] == [("body", b"hello"), ("end", fields)]
    assert events[3][1]["keep_alive"] is True


# ---- limits: equal is allowed, one more is not


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


def test_limits_beyond_all_integers(parser):
    huge = 2**200
    config = Config(
        max_url_size=huge, max_header_field_size=huge, max_header_size=huge, max_header_count=huge, max_body_size=huge
    )
    assert one_head(parser, request(), config)
    assert failure(parser, chunked_request(b"1\r\nx\r\n" + b"f" * 16 + b"\r\n"), config)[0] == 413


# ---- messages in a row; what the parser is between them


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
    assert (made.idle, made.buffered, made.in_body) == (True, 0, False)
    assert made.next() == codes.NEED_DATA
    made.feed(b"")
    made.feed(b"\r\n")
    assert (made.idle, made.buffered) == (False, 2)
    assert made.next() == codes.NEED_DATA
    assert (made.idle, made.buffered) == (True, 0)
    data = request(b"POST / HTTP/1.1", b"Content-Length: 10")
    made.feed(data[:20])
    assert made.next() == codes.NEED_DATA
    assert (made.idle, made.buffered) == (False, 20)
    made.feed(data[20:] + b"12345")
    assert made.buffered == len(data) + 5
    assert made.next() == codes.HEAD
    assert (made.idle, made.buffered, made.in_body) == (False, 5, True)
    assert made.next() == codes.BODY
    assert (made.idle, made.buffered, made.in_body) == (False, 0, True)
    assert made.next() == codes.NEED_DATA
    made.feed(b"67890" + b"G")
    assert made.next() == codes.BODY
    assert made.piece == b"67890"
    assert (made.idle, made.buffered, made.in_body) == (False, 1, True)
    assert made.next() == codes.END
    assert (made.idle, made.buffered, made.in_body) == (False, 1, False)


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


def test_head_does_not_pin_what_is_behind_it(parser):
    head = request(b"POST / HTTP/1.1", b"Content-Length: 100000")
    for size, copied in ((4096, False), (4097, True)):
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


@pytest.mark.parametrize("wrong", [bytearray(b"GET"), memoryview(b"GET"), "GET", None, 1])
def test_fed_with_something_else(parser, wrong):
    made = parser.new_parser(DEFAULTS)
    with pytest.raises(TypeError, match="fed bytes"):
        made.feed(wrong)
    assert made.idle


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
