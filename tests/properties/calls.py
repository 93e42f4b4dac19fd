"""The calls of a responder, right and wrong, each with what it must come to; and the devices that they are given."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from responder.devices import Reader, Seekable

from fastresp import Headers, Json, Response

LARGE = b"0123456789abcdef" * 5000
HUGE = LARGE * 8
SAME = Response(b"same", mime_type="a/b")
FORBIDDEN = {"content-length": "1"}


@dataclass
class Answer:
    """What one request's answer must be, as far as it has come."""

    status: int = 0
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)
    state: str = "ready"  # then "streaming", then "complete" or "broken"

    def final(self, status: int, body: bytes = b"", whole: bool = True) -> None:
        assert self.state == "ready", "a second answer was taken"
        self.status, self.body, self.state = status, body, "complete" if whole else "broken"

    def begin(self, status: int) -> None:
        assert self.state == "ready", "a second answer was begun"
        self.status, self.state = status, "streaming"

    def chunk(self, data: bytes) -> None:
        assert self.state == "streaming", "a chunk was taken outside of a stream"
        self.body += data

    def end(self, data: bytes = b"", *trailers: tuple[bytes, bytes]) -> None:
        self.chunk(data)
        self.trailers, self.state = list(trailers), "complete"

    def fail(self) -> None:
        if self.state == "ready":
            self.final(500, told(b""))
        elif self.state == "streaming":
            self.state = "broken"


@dataclass(frozen=True)
class Call:
    """`run(responder, mark)` makes it; if it returns, `effect(answer, mark)` is what it has done."""

    run: Callable[[Any, bytes], object]
    effect: Callable[[Answer, bytes], object]


def _refused(answer: Answer, mark: bytes) -> None:
    raise AssertionError("a call that must be refused was taken")


def _nothing(answer: Answer, mark: bytes) -> None:
    pass


class _Stream:
    """An async iterator that may fail."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = list(pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def _moved(data: bytes, position: int) -> io.BytesIO:
    device = io.BytesIO(data)
    device.seek(position)
    return device


def _closed() -> io.BytesIO:
    device = io.BytesIO(b"x")
    device.close()
    return device


def final(run: Callable[[Any, bytes], object], status: int, body: Callable[[bytes], bytes] = bytes) -> Call:
    return Call(run, lambda answer, mark: answer.final(status, body(mark)))


def broken(run: Callable[[Any, bytes], object], status: int = 200) -> Call:
    return Call(run, lambda answer, mark: answer.final(status, b"", whole=False))


def refused(run: Callable[[Any, bytes], object]) -> Call:
    return Call(run, _refused)


def empty(mark: bytes) -> bytes:
    return b""


def told(mark: bytes) -> bytes:
    """What the server says of a fault."""
    return b"internal server error\n"


CALLS: dict[str, Call] = {
    "write(data)": final(lambda r, m: r.write(m, "text/plain"), 200),
    "write(str)": final(lambda r, m: r.write(m.decode()), 200),
    "write(document)": final(lambda r, m: r.write([m.decode()]), 200, lambda m: b'["' + m + b'"]'),
    "write(json)": final(lambda r, m: r.write(Json(m.decode())), 200, lambda m: b'"' + m + b'"'),
    "write(document, headers, status)": final(
        lambda r, m: r.write({"a": m.decode()}, {"x": "y", "Content-Type": "a/b"}, 422),
        422,
        lambda m: b'{"a":"' + m + b'"}',
    ),
    "write(bytearray)": final(lambda r, m: r.write(bytearray(m), "a/b", 404), 404),
    "write(large)": final(lambda r, m: r.write(LARGE + m, "a/b"), 200, lambda m: LARGE + m),
    "write(huge)": final(lambda r, m: r.write(HUGE + m, "a/b"), 200, lambda m: HUGE + m),
    "write()": final(lambda r, m: r.write(), 200, empty),
    "write(404)": final(lambda r, m: r.write(404), 404, empty),
    "write(204)": final(lambda r, m: r.write(204), 204, empty),
    "write(data, 204)": final(lambda r, m: r.write(m, "a/b", 204), 204, empty),
    "write(data, 205)": final(lambda r, m: r.write(m, "a/b", 205), 205, empty),
    "write(data, 304)": final(lambda r, m: r.write(m, {"etag": '"a"'}, 304), 304, empty),
    "write(304)": final(lambda r, m: r.write(304), 304, empty),
    "write(599)": final(lambda r, m: r.write(m, "a/b", 599), 599),
    "write(headers)": final(lambda r, m: r.write(Headers({"a": "b"}), 201), 201, empty),
    "write(own date)": final(lambda r, m: r.write(m, {"Date": "x", "Server": "y"}), 200),
    "write(length)": final(lambda r, m: r.write(m, {"content-length": str(len(m))}), 200),
    "write(close)": final(lambda r, m: r.write(m, {"connection": "x, Close"}), 200),
    "write(keep-alive)": final(lambda r, m: r.write(m, {"connection": "keep-alive"}), 200),
    "write(trailer)": final(lambda r, m: r.write(m, {"trailer": "x"}), 200),
    "write(wrong length)": Call(lambda r, m: r.write(m, {"content-length": "9999"}), lambda a, m: a.final(200, m)),
    "write(two lengths)": Call(
        lambda r, m: r.write(m, [("content-length", "5"), ("content-length", "6")], 200), lambda a, m: a.final(200, m)
    ),
    "write(bad length)": Call(lambda r, m: r.write(m, {"content-length": "+5"}), lambda a, m: a.final(200, m)),
    "write(coding)": refused(lambda r, m: r.write(m, {"transfer-encoding": "chunked"})),
    "write(injected value)": refused(lambda r, m: r.write(m, {"a": "b\r\ncontent-length: 0"})),
    "write(injected name)": refused(lambda r, m: r.write(m, {"a: b\r\nc": "d"})),
    "write(injected type)": refused(lambda r, m: r.write(m, "a/b\r\n\r\nHTTP/1.1 200 OK")),
    "write(bad value)": refused(lambda r, m: r.write(m, {"a": "\u0178"})),
    "write(bad headers)": refused(lambda r, m: r.write(m, {"a": 5})),
    "write(99)": refused(lambda r, m: r.write(m, "a/b", 99)),
    "write(1000)": refused(lambda r, m: r.write(1000)),
    "write(True)": refused(lambda r, m: r.write(True)),
    "write(None)": refused(lambda r, m: r.write(None)),
    "write(object)": refused(lambda r, m: r.write(object())),
    "write(two statuses)": refused(lambda r, m: r.write(200, "a/b", 200)),
    "write(not to be JSON)": refused(lambda r, m: r.write({"a": object()})),
    "write(lone surrogate)": refused(lambda r, m: r.write("\ud800")),
    "write(100)": Call(lambda r, m: r.write(100), _nothing),
    "write(102)": Call(lambda r, m: r.write(102), _nothing),
    "write(103)": Call(lambda r, m: r.write(Headers([("link", "</a>"), ("link", "</b>")]), 103), _nothing),
    "write(101)": refused(lambda r, m: r.write(101)),
    "write(103, length)": refused(lambda r, m: r.write(Headers({"content-length": "5"}), 103)),
    "write(103, coding)": refused(lambda r, m: r.write(Headers({"transfer-encoding": "chunked"}), 103)),
    "send_response": final(lambda r, m: r.send_response(SAME), 200, lambda m: b"same"),
    "send_response(large)": final(lambda r, m: r.send_response(Response(LARGE + m)), 200, lambda m: LARGE + m),
    "send_response(304)": final(lambda r, m: r.send_response(Response(m, status=304)), 304, empty),
    "send_response(204)": final(lambda r, m: r.send_response(Response(204)), 204, empty),
    "send_response(103)": Call(lambda r, m: r.send_response(Response(status=103, headers={"link": "</a>"})), _nothing),
    "send_response(coding)": Call(
        lambda r, m: r.send_response(Response(m, headers={"transfer-encoding": "chunked"})),
        lambda a, m: a.final(200, b"?"),
    ),
    "send_response(bytes)": refused(lambda r, m: r.send_response(m)),
    "begin": Call(lambda r, m: r.write_begin_chunked("a/b"), lambda a, m: a.begin(200)),
    "begin(headers)": Call(lambda r, m: r.write_begin_chunked({"x": "y"}, 201), lambda a, m: a.begin(201)),
    "begin(trailers)": Call(lambda r, m: r.write_begin_chunked({"x": "y"}, ["x-t"], 200), lambda a, m: a.begin(200)),
    "begin(own trailer field)": Call(lambda r, m: r.write_begin_chunked({"Trailer": "x-t"}), lambda a, m: a.begin(200)),
    "begin(close)": Call(lambda r, m: r.write_begin_chunked({"connection": "close"}), lambda a, m: a.begin(200)),
    "begin(204)": Call(lambda r, m: r.write_begin_chunked("a/b", 204), lambda a, m: a.begin(204)),
    "begin(205)": Call(lambda r, m: r.write_begin_chunked("a/b", 205), lambda a, m: a.begin(205)),
    "begin(304)": Call(lambda r, m: r.write_begin_chunked({"x": "y"}, ["x-t"], 304), lambda a, m: a.begin(304)),
    "begin(102)": refused(lambda r, m: r.write_begin_chunked("a/b", 102)),
    "begin(injected)": refused(lambda r, m: r.write_begin_chunked("a\r\nb")),
    "begin(length)": refused(lambda r, m: r.write_begin_chunked({"content-length": "5"})),
    "begin(coding)": refused(lambda r, m: r.write_begin_chunked({"transfer-encoding": "gzip"})),
    "begin(forbidden trailer)": refused(lambda r, m: r.write_begin_chunked({}, ["Content-Length"], 200)),
    "begin(injected trailer)": refused(lambda r, m: r.write_begin_chunked({}, ["a\r\nb: c"], 200)),
    "begin(forbidden in own field)": refused(lambda r, m: r.write_begin_chunked({"trailer": "a, host"})),
    "chunk": Call(lambda r, m: r.write_chunk(m), lambda a, m: a.chunk(m)),
    "chunk again": Call(lambda r, m: r.write_chunk(b"0\r\n\r\n" + m), lambda a, m: a.chunk(b"0\r\n\r\n" + m)),
    "chunk(str)": Call(lambda r, m: r.write_chunk("\u20ac"), lambda a, m: a.chunk("\u20ac".encode())),
    "chunk(large)": Call(lambda r, m: r.write_chunk(LARGE), lambda a, m: a.chunk(LARGE)),
    "chunk(empty)": Call(lambda r, m: r.write_chunk(b""), lambda a, m: a.chunk(b"")),
    "chunk(None)": refused(lambda r, m: r.write_chunk(None)),
    "chunk(int)": refused(lambda r, m: r.write_chunk(5)),
    "chunk(not contiguous)": refused(lambda r, m: r.write_chunk(memoryview(b"abcd")[::2])),
    "end": Call(lambda r, m: r.write_end_chunked(), lambda a, m: a.end()),
    "end again": Call(lambda r, m: r.write_end_chunked(m), lambda a, m: a.end(m)),
    "end(data)": Call(lambda r, m: r.write_end_chunked(m), lambda a, m: a.end(m)),
    "end(trailers)": Call(lambda r, m: r.write_end_chunked(m, {"x-t": "1"}), lambda a, m: a.end(m, (b"x-t", b"1"))),
    "end(strange trailer)": refused(lambda r, m: r.write_end_chunked(m, {"x-u": "1"})),
    "end(forbidden trailer)": refused(lambda r, m: r.write_end_chunked(m, FORBIDDEN)),
    "end(injected trailer)": refused(lambda r, m: r.write_end_chunked(m, {"x-t": "1\r\n\r\n"})),
    "end(object)": refused(lambda r, m: r.write_end_chunked(object())),
    "device": final(lambda r, m: r.write(io.BytesIO(m), "a/b"), 200),
    "device, empty": final(lambda r, m: r.write(io.BytesIO(), "a/b"), 200, empty),
    "device, from the middle": final(lambda r, m: r.write(_moved(b"12345" + m, 5), {"x": "y"}, 206), 206),
    "device, huge": final(lambda r, m: r.write(io.BytesIO(HUGE + m), "a/b"), 200, lambda m: HUGE + m),
    "device, sequential": final(lambda r, m: r.write(Reader(b"a", m, b"c"), "a/b"), 200, lambda m: b"a" + m + b"c"),
    "device, iterator": final(lambda r, m: r.write(_Stream(b"", m, b"c"), "a/b"), 200, lambda m: m + b"c"),
    "device, long": final(lambda r, m: r.write(Seekable(len(m), m + b"more"), "a/b"), 200),
    "device, longer than said": final(lambda r, m: r.write(Reader(m, b"more"), {"content-length": str(len(m))}), 200),
    "device, shorter than said": broken(lambda r, m: r.write(Reader(m), {"content-length": str(len(m) + 1)})),
    "device, short": broken(lambda r, m: r.write(Seekable(len(m) + 1, m), "a/b")),
    "device, failing": broken(lambda r, m: r.write(Reader(m, OSError("fault")), "a/b")),
    "device, failing at once": broken(lambda r, m: r.write(Reader(OSError("fault")), "a/b")),
    "device, failing iterator": broken(lambda r, m: r.write(_Stream(m, ValueError("fault")), "a/b")),
    "device, missing": final(lambda r, m: r.write(Path("/nowhere/at/all"), "a/b"), 500, told),
    "device, directory": final(lambda r, m: r.write(Path("/"), "a/b"), 500, told),
    "device, closed": final(lambda r, m: r.write(_closed(), "a/b"), 500, told),
    "device, text": final(lambda r, m: r.write(io.StringIO("x"), "a/b"), 500, told),
    "device, 204": final(lambda r, m: r.write(Reader(m), "a/b", 204), 204, empty),
    "device, 304": final(lambda r, m: r.write(Reader(m), "a/b", 304), 304, empty),
    "device, coding": refused(lambda r, m: r.write(Reader(m), {"transfer-encoding": "chunked"})),
    "device, injected": refused(lambda r, m: r.write(Reader(m), "a\nb")),
    "canceled?": Call(lambda r, m: r.is_response_canceled, _nothing),
    "swap(None)": refused(lambda r, m: r.swap(None)),
    "on_close(None)": refused(lambda r, m: r.on_close(None)),
}
