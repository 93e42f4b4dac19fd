"""Streams of requests through our parser, h11 and llhttp: what all accept they see alike, all along the connection.

tests/parser compares first messages; here it is where one request ends and the next begins that counts. Where the
readers differ ours has refused, or the difference has a name in `DIFFERENCES`.
"""

from __future__ import annotations

import contextlib
import random

import h11
import httptools
import pytest
from conftest import Twin
from feeding import cut, parse, request
from hypothesis import given, settings
from hypothesis import strategies as st

LINES = [
    b"GET /a HTTP/1.1",
    b"POST /b?c HTTP/1.1",
    b"HEAD / HTTP/1.1",
    b"PUT http://h/d HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
]
FIELDS = [b"A: b", b"Accept: */*", b"X-Y:z", b"E:", b"Cookie: a=b; c=d", b"Connection: x", b"TE: trailers", b"O: \xe9"]
TRAILERS = [b"", b"T: u\r\n", b"T: u\r\nV: w\r\n", b"Content-Length: 3\r\n"]
SMUGGLED = b"GET /s HTTP/1.1\r\nHost: s\r\n\r\n"
CONTENTS = [b"", b"hello", b"0\r\n\r\n", b"\r\n", SMUGGLED, b"x" * 300]
# What attackers put in, at a random place, in the place of something else.
MUTATIONS = [
    (b"\r\n", b"\n"),
    (b"\r\n", b"\r"),
    (b"\r\n", b"\r\r\n"),
    (b"\r\n", b"\r\n "),
    (b"\r\n", b"\r\n\r\n"),
    (b"\r\n\r\n", b"\r\n\rX"),
    (b": ", b" : "),
    (b": ", b":\x0b"),
    (b": ", b":\r\n "),
    (b": ", b": \x00"),
    (b" ", b"  "),
    (b" ", b"\t"),
    (b"1.1", b"1.0"),
    (b"1.1", b"2.0"),
    (b"chunked", b"chunked, chunked"),
    (b"chunked", b"gzip, chunked"),
    (b"chunked", b"xchunked"),
    (b"chunked", b"chunked\r\nContent-Length: 5"),
    (b"Content-Length: ", b"Content-Length: +"),
    (b"Content-Length: ", b"Content-Length: 0"),
    (b"Content-Length: ", b"Content-Length: 1"),
    (b"Content-Length: ", b"Content-Length: 1_"),
    (b"Content-Length: ", b"Content-Length: 5\r\nContent-Length: "),
    (b"Content-Length: ", b"Content-Length : "),
    (b"Content-Length: ", b"Transfer-Encoding: chunked\r\nContent-Length: "),
    (b"Host: ", b"Host: a\r\nHost: "),
    (b"Host: ", b"Hos: "),
    (b"5\r\n", b"05\r\n"),
    (b"5\r\n", b"0x5\r\n"),
    (b"5\r\n", b"5;a=b\r\n"),
    (b"5\r\n", b"5;\n\r\n"),
    (b"5\r\n", b"5 \r\n"),
    (b"0\r\n", b"000\r\n"),
    (b"0\r\n", b"-0\r\n"),
    (b"hello", b"hell"),
    (b"hello", b"helloo"),
]

# What ours refuses and one of the others takes, by the reason that ours gives, and the rule.
DIFFERENCES = {
    "there is no Host field": "RFC 9112, section 3.2",
    "there is more than one Host field": "RFC 9112, section 3.2",
    "the method is longer than any that is known": "RFC 9112, section 3",
    "the Host field is not a host with an optional port": "RFC 9110, section 7.2",
    "the HTTP version is not supported": "RFC 9110, section 15.6.6",
    "the request line does not start with a method and one space": "RFC 9112, section 3",
    "the request target is missing or has a character that is not allowed": "RFC 9112, section 3.2",
    "the request target is neither a path nor an absolute URI": "RFC 9112, section 3.2",
    "the authority of the request target is not a host with an optional port": "RFC 9110, section 4.2.4",
    "the target * is for OPTIONS only": "RFC 9112, section 3.2.4",
    "the request line does not end with one space, an HTTP version and CRLF": "RFC 9112, sections 2.2 and 3",
    "the request line has no HTTP version": "RFC 9112, section 3",
    "a field line does not end with CRLF, or has a CR or LF in it": "RFC 9112, section 2.2",
    "a line of the head does not end with CRLF": "RFC 9112, section 2.2",
    "a field line starts with white space": "RFC 9112, section 5.2",
    "a field name has white space before its colon": "RFC 9112, section 5.1",
    "a field name has white space in it": "RFC 9110, section 5.1",
    "a field name has a character that is not allowed": "RFC 9110, section 5.1",
    "a field line has no colon": "RFC 9112, section 5",
    "a field line has no name": "RFC 9110, section 5.1",
    "a field value has a control character in it": "RFC 9110, section 5.5",
    "there is more than one Content-Length field": "RFC 9112, section 6.3",
    "the Content-Length is not a number": "RFC 9110, section 8.6",
    "the content is too large": "RFC 9110, section 15.5.14",
    "there is a Transfer-Encoding in HTTP/1.0": "RFC 9112, section 6.1",
    "there are both a Content-Length and a Transfer-Encoding": "RFC 9112, section 6.3",
    "the transfer coding is not known": "RFC 9112, section 6.1",
    "the Transfer-Encoding is malformed": "RFC 9112, section 6.1",
    "chunked is not the last coding": "RFC 9112, section 6.1",
    "a chunk does not start with its size in hex digits": "RFC 9112, section 7.1",
    "a chunk line does not end with CRLF": "RFC 9112, section 7.1",
    "a chunk size or extension is malformed": "RFC 9112, section 7.1.1",
    "the data of a chunk is not followed by CRLF": "RFC 9112, section 7.1",
    "too many empty lines before the request line": "RFC 9112, section 2.2",
}


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    fields = draw(st.lists(st.sampled_from(FIELDS), max_size=3))
    line = draw(st.sampled_from(LINES))
    content = draw(st.sampled_from(CONTENTS))
    framing = draw(st.sampled_from(["none", "length", "chunks", "chunks"]))
    if framing == "none":
        return request(line, *fields)
    if framing == "length":
        return request(line, *fields, b"Content-Length: %d" % len(content), body=content)
    places = draw(st.lists(st.integers(0, len(content)), max_size=2))
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in cut(content, places) if piece)
    body += b"0\r\n" + draw(st.sampled_from(TRAILERS)) + b"\r\n"
    return request(line, *fields, b"Transfer-Encoding: chunked", body=body)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Good requests in a row, with none to three attacks."""
    data = b"".join(draw(st.lists(messages(), min_size=1, max_size=4)))
    for _ in range(draw(st.integers(0, 3))):
        old, new = draw(st.sampled_from(MUTATIONS))
        parts = data.split(old)
        if len(parts) > 1:
            place = draw(st.integers(1, len(parts) - 1))
            data = old.join(parts[:place]) + new + old.join(parts[place:])
    return data


Seen = tuple[bytes, bytes, bytes]


def ours(twin: Twin, data: bytes) -> tuple[list[Seen], str | None]:
    """The whole requests (method, target, content) in `data`, and the reason why the next is refused."""
    seen: list[list[bytes]] = []
    whole = 0
    for event in parse(twin("http1.parser"), [data]):
        if event[0] == "head":
            seen.append([event[1]["method"], event[1]["target"], b""])
            whole += not event[1]["has_body"]
            if not event[1]["keep_alive"]:
                last = len(seen)  # what follows is not read by the protocol
                if not event[1]["has_body"]:
                    return [tuple(one) for one in seen[:last]], None  # type: ignore[misc]
        elif event[0] == "body":
            seen[-1][2] += event[1]
        elif event[0] == "end":
            whole += 1
        else:
            return [tuple(one) for one in seen[:whole]], event[2]  # type: ignore[misc]
    return [tuple(one) for one in seen[:whole]], None  # type: ignore[misc]


def by_h11(data: bytes) -> list[Seen]:
    """The whole requests that h11 finds before it stops."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=2**20)
    connection.receive_data(data)
    seen: list[Seen] = []
    method = target = body = b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                method, target, body = event.method, event.target, b""
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                seen.append((method, target, body))
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return seen
                connection.start_next_cycle()
            else:
                return seen
    except h11.RemoteProtocolError:
        return seen


class Llhttp:
    """The whole requests that llhttp finds before it stops."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.target = self.body = b""

    def on_message_begin(self) -> None:
        self.target = self.body = b""

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.seen.append((self.parser.get_method(), self.target, self.body))

    def parse(self, data: bytes) -> list[Seen]:
        self.parser = httptools.HttpRequestParser(self)
        with contextlib.suppress(httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.parser.feed_data(data)
        return self.seen


@settings(max_examples=500, deadline=None)
@given(data=streams(), seed=st.integers(0, 10**6))
def test_all_see_the_same_requests(twin: Twin, data: bytes, seed: int) -> None:
    seen, reason = ours(twin, data)
    rng = random.Random(seed)
    pieces = cut(data, [rng.randrange(len(data) + 1) for _ in range(4)])
    assert parse(twin("http1.parser"), pieces) == parse(twin("http1.parser"), [data])
    for theirs in (by_h11(data.lstrip(b"\r\n")), Llhttp().parse(data)):
        shared = min(len(seen), len(theirs))
        assert seen[:shared] == theirs[:shared]
        if len(theirs) > len(seen):
            assert reason in DIFFERENCES, (reason, seen, theirs)


@pytest.mark.parametrize(("old", "new"), MUTATIONS)
def test_an_attack_moves_no_boundary(twin: Twin, old: bytes, new: bytes) -> None:
    """Each attack at each place of a stream that has everything: ours sees what the others see, or refuses."""
    data = (
        request(b"POST /1 HTTP/1.1", b"Content-Length: 5", body=b"hello")
        + request(b"POST /2 HTTP/1.1", b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\nT: u\r\n\r\n")
        + request(b"GET /3 HTTP/1.1")
    )
    parts = data.split(old)
    assert len(parts) > 1
    for place in range(1, len(parts)):
        attacked = old.join(parts[:place]) + new + old.join(parts[place:])
        seen, reason = ours(twin, attacked)
        for theirs in (by_h11(attacked.lstrip(b"\r\n")), Llhttp().parse(attacked)):
            shared = min(len(seen), len(theirs))
            assert seen[:shared] == theirs[:shared], attacked
            assert len(theirs) <= len(seen) or reason in DIFFERENCES, (attacked, reason, seen, theirs)
