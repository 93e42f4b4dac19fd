"""The request parser against its twin and against h11, on requests that nobody thought of."""

from __future__ import annotations

import random
import re
from typing import Any

import h11
import httptools
import pytest
from conftest import PURE_ONLY
from feeding import DEFAULTS, cut, parse, request
from hypothesis import given, settings
from hypothesis import strategies as st

from fastresp.config import Config
from fastresp.http1 import parser as pure

if PURE_ONLY:
    compiled = pure
else:
    from fastresp.http1 import parser_c as compiled

# Small limits, so that random input meets them.
TIGHT = Config(max_url_size=40, max_header_field_size=60, max_header_size=200, max_header_count=5, max_body_size=50)

METHODS = [b"GET", b"POST", b"HEAD", b"PUT", b"OPTIONS", b"CONNECT", b"PRI", b"x-y", b"G T", b"", b"M" * 65]
TARGETS = [
    b"/",
    b"/a?b=c",
    b"*",
    b"http://h/x",
    b"http://u@h/",
    b"h:80",
    b"/#",
    b"/\xe9",
    b"",
    b"/" + b"x" * 39,
    b"x" * 90,
]
VERSIONS = [b"HTTP/1.1"] * 5 + [b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/1", b"http/1.1", b""]
FIELDS = [
    b"Host: a",
    b"Host: a:80",
    b"host:",
    b"Host: [::1]",
    b"Host: a b",
    b"Content-Length: 5",
    b"Content-Length: 0",
    b"content-length: +5",
    b"Content-Length: 51",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, ",
    b"Connection: close",
    b"Connection: keep-alive, x",
    b"Expect: 100-continue",
    b"Expect: x",
    b"Upgrade: h2c",
    b"A:" + b"x" * 58,
    b"A:" + b"x" * 59,
    b"A : b",
    b" folded",
    b"A: \x80",
    b"A: \x00",
    b"A",
]
BODIES = [
    b"",
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"5;a=b\r\nhello\r\n00\r\nT: u\r\n\r\n",
    b"1;\r\nx\r\n",
    b"33\r\n",
    b"5\r\nhelloo\r\n",
    b"\r\n",
    b"\n",
    b"fffffffffffffffff\r\n",
]
LINE_ENDS = [b"\r\n"] * 12 + [b"\n", b"\r", b"\r\r\n"]


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Requests in a row, most of them nearly right."""
    out = []
    for _ in range(draw(st.integers(1, 3))):
        fields = draw(st.lists(st.sampled_from(FIELDS), max_size=5))
        if draw(st.integers(0, 3)):
            fields = [b"Host: a", *(field for field in fields if field[:4].lower() != b"host")]
        line = b" ".join(draw(st.sampled_from(choice)) for choice in (METHODS, TARGETS, VERSIONS))
        out += [text + draw(st.sampled_from(LINE_ENDS)) for text in (line, *fields, b"")]
        out.append(draw(st.sampled_from(BODIES)))
    return b"".join(out)


def mutated(data: bytes, seed: int) -> bytes:
    """`data` with a few bytes changed, taken out, put in, or doubled."""
    rng = random.Random(seed)
    out = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(out) + 1)
        kind = rng.randrange(4)
        octet = rng.choice(b'\r\n\t \x00:;,="\\/#?@[]%-+0159afx\x7f\x80\xff*HTPhtp')
        if kind == 0:
            out.insert(at, octet)
        elif kind == 1:
            del out[at : at + rng.randrange(1, 4)]
        elif kind == 2 and at < len(out):
            out[at] = octet
        else:
            out[at:at] = out[at : at + rng.randrange(1, 12)]
    return bytes(out)


def agreed(data: bytes, places: list[int], config: Config) -> list[Any]:
    """The events of `data`, which both twins make, whole, cut at `places`, and byte by byte."""
    whole = parse(compiled, [data], config)
    pieces = cut(data, (place % (len(data) + 1) for place in places))
    bytewise = [data[i : i + 1] for i in range(len(data))]
    for module in (pure, compiled):
        assert parse(module, [data], config) == whole
        assert parse(module, pieces, config) == whole
        assert parse(module, pieces, config, lazy=3) == whole
        assert parse(module, bytewise, config) == whole
    return whole


@settings(max_examples=300, deadline=None)
@given(streams(), st.lists(st.integers(0, 10**6), max_size=6), st.sampled_from([DEFAULTS, TIGHT]))
def test_streams_of_requests(data: bytes, places: list[int], config: Config) -> None:
    agreed(data, places, config)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4))
def test_garbage(data: bytes, places: list[int]) -> None:
    agreed(data, places, TIGHT)
    agreed(b"GET / HTTP/1.1\r\nHost: a\r\n" + data, places, TIGHT)
    agreed(request(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked", body=data), places, TIGHT)


# ---- h11 and llhttp

VALID = [
    request(),
    request(b"GET /a?b=c HTTP/1.1", b"Accept: */*", b"Connection: keep-alive, x", b"X: \x80 y\t z "),
    request(b"POST /p HTTP/1.1", b"Content-Length: 5", b"Expect: 100-continue", body=b"hello"),
    request(
        b"POST /p HTTP/1.1", b"Transfer-Encoding: chunked", body=b'5\r\nhello\r\n1;a="b"\r\nx\r\n0\r\nT: u\r\n\r\n'
    ),
    request(b"PUT http://h:80/p HTTP/1.1", b"Content-Length: 0", b"Connection: close"),
    request(b"OPTIONS * HTTP/1.0", b"Connection: keep-alive", host=None),
    request(b"CONNECT a:443 HTTP/1.1", b"Upgrade: h2c"),
    request(b"POST / HTTP/1.0", b"Content-Length: 3", body=b"abc"),
    request(b"GET / HTTP/1.2", b"A:", b"B: \t ", b"C:\tx\t", host=b"Host:"),
    request(b"POST / HTTP/1.1", b"Content-Length: " + b"0" * 30 + b"3", body=b"abc"),
    request(
        b"POST / HTTP/1.1",
        b"Transfer-Encoding: Chunked",
        body=b'5 ;\ta = "\\"\x80" ; b\r\nhello\r\n' + b"0" * 30 + b"\r\nA:\r\n\r\n",
    ),
    b"\r\n\r\n" + request(b"POST / HTTP/1.1", b"Expect: 100-CONTINUE", b"Connection: ,, close ,"),
]


def by_h11(data: bytes) -> dict[str, Any]:
    """The first request in `data` as h11 sees it; "error" holds what it has against it."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=2**20)
    connection.receive_data(data)
    seen: dict[str, Any] = {"body": b"", "complete": False, "error": None}
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                seen["method"], seen["target"] = event.method, event.target
                seen["fields"] = [(name, value) for name, value in event.headers]
            elif isinstance(event, h11.Data):
                seen["body"] += event.data
            elif isinstance(event, h11.EndOfMessage):
                seen["complete"] = True
                seen["trailers"] = [(name, value) for name, value in event.headers]
                seen["keep_alive"] = connection.their_state is not h11.MUST_CLOSE
                return seen
            else:
                return seen
    except h11.RemoteProtocolError as error:
        seen["error"] = str(error)
    return seen


class Llhttp:
    """The first request in some bytes as llhttp sees it, or None if it refuses it."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {"target": b"", "fields": [], "body": b"", "trailers": []}
        self.into = "fields"
        self.complete = False

    def on_url(self, url: bytes) -> None:
        if not self.complete:
            self.seen["target"] += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.complete:
            self.seen[self.into].append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        if not self.complete:
            self.into = "trailers"
            self.seen["method"] = self.parser.get_method()
            self.seen["keep_alive"] = self.parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        if not self.complete:
            self.seen["body"] += body

    def on_message_complete(self) -> None:
        self.complete = True

    def parse(self, data: bytes) -> dict[str, Any] | None:
        self.parser = httptools.HttpRequestParser(self)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return None
        except httptools.HttpParserError:
            pass
        return self.seen if self.complete else None


def pairs(block: bytes) -> list[tuple[bytes, bytes]]:
    lines = [line.split(b":", 1) for line in block.split(b"\r\n")[:-1]]
    return [(name.lower(), value.strip(b" \t")) for name, value in lines]


def named(error: str, data: bytes) -> bool:
    """Whether h11 refuses for one of these reasons what RFC 9112 allows, so that ours takes it."""
    # h11 takes 20 digits at most; leading zeros are grammar (RFC 9110, section 8.6; RFC 9112, section 7.1).
    if error == "bad Content-Length":
        return re.search(rb"0{10}", data) is not None
    # h11 knows no quoted-pair and no obs-text in a chunk extension, and no white space around its "=" (section 7.1.1).
    return error.startswith("illegal chunk header") and re.search(rb'0{10}|["\t ]', error.encode()) is not None


def of_ours(events: list[Any]) -> dict[str, Any]:
    """The first request in `events`, in the words of by_h11()."""
    head = events[0][1]
    ends = [event[1] for event in events[:3] if event[0] == "end"]
    return {
        "error": None,
        "complete": bool(ends) or not head["has_body"],
        "method": head["method"],
        "target": head["target"],
        "fields": pairs(head["fields"]),
        "body": b"".join(event[1] for event in events[1:2] if event[0] == "body"),
        "trailers": pairs(ends[0] if ends else b""),
        "keep_alive": head["keep_alive"],
    }


@pytest.mark.parametrize("base", range(len(VALID)))
def test_agrees_with_h11_and_llhttp(base: int) -> None:
    """What ours accepts, h11 accepts with the same meaning, but for what is named above; llhttp if it accepts it."""
    differences: list[Any] = []
    accepted = 0
    for seed in range(400):
        data = VALID[base] if seed == 0 else mutated(VALID[base], base * 1000 + seed)
        events = parse(compiled, [data])
        if not events or events[0][0] == "failed" or not (ours := of_ours(events))["complete"]:
            continue
        accepted += 1
        theirs = Llhttp().parse(data)
        if theirs is not None and theirs != {key: ours[key] for key in theirs}:
            differences.append((data, ours, theirs))
        theirs = by_h11(data.lstrip(b"\r\n"))
        if theirs["error"] is not None and named(theirs["error"], data):
            continue
        # Manners of h11: no keep-alive in HTTP/1.0, and the value of transfer-encoding in lower case.
        ours["keep_alive"] = ours["keep_alive"] and events[0][1]["minor"] > 0
        ours["fields"] = [(n, v.lower() if n == b"transfer-encoding" else v) for n, v in ours["fields"]]
        if ours != theirs:
            differences.append((data, ours, theirs))
    assert accepted > 20
    assert differences == []
