"""The request line (RFC 9112, section 3): every case whole, byte by byte, and cut anywhere, on both twins."""

from __future__ import annotations

import pytest
from conftest import Twin
from feeding import failure, one_head, parse_all_ways, request

from fastresp.http1 import codes


@pytest.fixture
def parser(twin: Twin):
    return twin("http1.parser")


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
