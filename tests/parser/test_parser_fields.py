"""Field lines and the Host field (RFC 9112, sections 3.2 and 5), cut in all ways, on both twins."""

from __future__ import annotations

import pytest
from conftest import Twin
from feeding import failure, one_head, parse, request


@pytest.fixture
def parser(twin: Twin):
    return twin("http1.parser")


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


@pytest.mark.parametrize("place", range(27))
def test_every_octet_at_each_place_of_a_value(parser, place):
    """Between others of any kind, however far from the end of the head."""
    for around in (b"v", b"\t", b"\xff", b" "):
        before, after = around * place, around * (26 - place)
        for octet in range(256):
            data = b"GET / HTTP/1.1\r\nHost: a\r\nA:" + before + bytes([octet]) + after + b"\r\n\r\n"
            is_value = octet == 9 or (octet >= 0x20 and octet != 0x7F)
            events = parse(parser, [data])
            assert [event[0] for event in events] == ["head" if is_value else "failed"], (around, octet)


def test_white_space_after_the_request_line(parser):
    for white in (b" ", b"\t"):
        data = b"GET / HTTP/1.1\r\n" + white + b"X: y\r\nHost: a\r\n\r\n"
        assert failure(parser, data) == (400, "a field line starts with white space")


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
        b"[fe80::1%]",
        b"[fe80::1%a:1]",
        b"[fe80::1%a/b]",
        b"[fe80%eth0::1]",
        b"[v1.a%eth0]",
        b"fe80::1%eth0",
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


@pytest.mark.parametrize(
    "before", [b"GET / HTTP/1.1", b"GET http://good.org:80/ HTTP/1.1", b"CONNECT good.org:80 HTTP/1.1"]
)
def test_a_host_that_was_good_does_not_vouch_for_others(parser, before):
    good = request(before, host=b"Host: good.org:80")
    assert [event[0] for event in parse(parser, [good * 3])] == ["head"] * 3
    for bad in (b"good.org:8x", b"good.org 80", b"good.org:80000", b"/ood.org:80", b"good.org:80:"):
        events = parse(parser, [good, request(host=b"Host: " + bad)])
        assert [event[0] for event in events] == ["head", "failed"], bad


@pytest.mark.parametrize("host", [b"[fe80::1%eth0]", b"[fe80::1%25eth0]:8080", b"[FE80::1%1]"])
def test_a_zone_of_the_clients_is_let_through(parser, host):
    assert one_head(parser, request(host=b"Host: " + host))["host"] == host
    assert one_head(parser, request(b"GET http://" + host + b"/a HTTP/1.1"))["host"] == host


SINGLE = (b"Content-Type: a/b", b"content-range: bytes 0-1/2", b"AUTHORIZATION: Basic YTpi")


@pytest.mark.parametrize("field", SINGLE)
def test_what_may_stand_once(parser, field):
    name, _, value = field.partition(b":")
    assert parse(parser, [request(b"GET / HTTP/1.1", field) * 3])[-1][0] == "head"
    for second in (field, name.lower() + b":", name.upper() + b":" + value):
        status, reason = failure(parser, request(b"GET / HTTP/1.1", field, b"X: y", second))
        assert (status, reason.lower()) == (400, f"there is more than one {name.decode().lower()} field")
    others = [b"Content-Tape: a", b"content-ranga: b", b"authorizatiom: c", b"Content-Encoding: d"]
    assert one_head(parser, request(b"GET / HTTP/1.1", *SINGLE, *others, *others))


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
