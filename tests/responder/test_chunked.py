"""Chunked answers: each chunk as it was given (RFC 9112, section 7.1), then the trailers that were announced.

Rule 9.
"""

from __future__ import annotations

import array
import mmap

import pytest
from responder.messages import GET, HEAD, OK, chunks, fine, message

from fastresp import HeaderError, Headers
from fastresp.headers import FORBIDDEN_TRAILERS

CODED = b"transfer-encoding: chunked"
HEAD_OF_A_B = message(b"200 OK", b"content-type: a/b", CODED)


def anonymous_mmap():
    mapped = mmap.mmap(-1, 3)
    mapped[:] = b"abc"
    return mapped


BEGINS = {
    "type": (lambda r: r.write_begin_chunked("a/b"), [b"200 OK", b"content-type: a/b", CODED]),
    "type as bytes": (lambda r: r.write_begin_chunked(b"a/b"), [b"200 OK", b"content-type: a/b", CODED]),
    "type and status": (lambda r: r.write_begin_chunked("a/b", 404), [b"404 Not Found", b"content-type: a/b", CODED]),
    "type, status by name": (
        lambda r: r.write_begin_chunked("a/b", status=404),
        [b"404 Not Found", b"content-type: a/b", CODED],
    ),
    "type by name": (lambda r: r.write_begin_chunked(mime_type="a/b"), [b"200 OK", b"content-type: a/b", CODED]),
    "Headers": (lambda r: r.write_begin_chunked(Headers({"X-A": "1"})), [b"200 OK", b"X-A: 1", CODED]),
    "mapping": (lambda r: r.write_begin_chunked({"X-A": "1"}), [b"200 OK", b"X-A: 1", CODED]),
    "pairs": (lambda r: r.write_begin_chunked([("X-A", b"1")], 201), [b"201 Created", b"X-A: 1", CODED]),
    "no headers": (lambda r: r.write_begin_chunked({}), [b"200 OK", CODED]),
    "no trailer names": (lambda r: r.write_begin_chunked({"X-A": "1"}, []), [b"200 OK", b"X-A: 1", CODED]),
    "a trailer name": (
        lambda r: r.write_begin_chunked({"X-A": "1"}, ["X-T"]),
        [b"200 OK", b"X-A: 1", b"trailer: X-T", CODED],
    ),
    "trailer names": (
        lambda r: r.write_begin_chunked({"X-A": "1"}, ("X-T", b"x-u", "server-timing"), 404),
        [b"404 Not Found", b"X-A: 1", b"trailer: X-T, x-u, server-timing", CODED],
    ),
    "trailer names by name": (
        lambda r: r.write_begin_chunked("a/b", trailer_names=["X-T"], status=201),
        [b"201 Created", b"content-type: a/b", b"trailer: X-T", CODED],
    ),
    "trailer names from an iterator": (
        lambda r: r.write_begin_chunked({}, iter(["X-T", "x-u"])),
        [b"200 OK", b"trailer: X-T, x-u", CODED],
    ),
}


@pytest.mark.parametrize(("begin", "lines"), BEGINS.values(), ids=BEGINS)
def test_begin(stage, begin, lines):
    def handler(_, responder):
        begin(responder)
        responder.write_end_chunked()

    stage(handler)
    assert stage.kept() == message(*lines) + chunks()


def test_a_begin_that_fails_leaves_nothing_behind(stage):
    def handler(request, responder):
        if request.method == "HEAD":
            with pytest.raises(HeaderError):
                responder.write_begin_chunked("a\nb")
            fine(responder)
        else:
            responder.write_begin_chunked("a/b")
            responder.write_end_chunked(b"abc")

    client = stage(handler).client()
    client.send(HEAD + GET)
    assert client.exactly(len(OK)) == OK.removesuffix(b"ok") + HEAD_OF_A_B[:2]
    assert client.until(b"0\r\n\r\n") == HEAD_OF_A_B[2:] + chunks(b"abc")


DATA = {
    "bytes": (lambda: b"abc", b"abc"),
    "bytearray": (lambda: bytearray(b"abc"), b"abc"),
    "memoryview": (lambda: memoryview(b"xabcx")[1:4], b"abc"),
    "array": (lambda: array.array("I", [0x64636261]), b"abcd"),
    "mmap": (anonymous_mmap, b"abc"),
    "str": (lambda: "\u20ac", b"\xe2\x82\xac"),
    "looks like chunks": (lambda: b"0\r\n\r\n", b"0\r\n\r\n"),
}


@pytest.mark.parametrize(("data", "content"), DATA.values(), ids=DATA)
def test_data(stage, data, content):
    def handler(_, responder):
        responder.write_begin_chunked("a/b")
        responder.write_chunk(data())
        responder.write_chunk(data())
        responder.write_end_chunked(data())

    stage(handler)
    assert stage.kept() == HEAD_OF_A_B + chunks(content, content, content)


@pytest.mark.parametrize("size", [1, 9, 10, 15, 16, 255, 256, 4095, 65535, 65536, 65537, 1_000_000])
def test_size(stage, size):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    def handler(_, responder):
        responder.write_begin_chunked("a/b")
        responder.write_chunk(data)
        responder.write_chunk(b"next")
        responder.write_end_chunked(data)

    stage(handler)
    assert stage.kept() == HEAD_OF_A_B + chunks(data, b"next", data)


@pytest.mark.parametrize("empty", [b"", "", bytearray(), memoryview(b"")])
def test_empty_data_ends_nothing(stage, empty):
    def handler(_, responder):
        responder.write_begin_chunked("a/b")
        responder.write_chunk(empty)
        responder.write_chunk(b"a")
        responder.write_chunk(empty)
        responder.write_chunk(b"b")
        responder.write_end_chunked(empty)

    stage(handler)
    assert stage.kept() == HEAD_OF_A_B + chunks(b"a", b"b")


def test_end_takes_its_arguments_by_name(stage):
    def handler(_, responder):
        responder.write_begin_chunked("a/b", ["x-t"])
        responder.write_end_chunked(trailers={"x-t": "1"}, data=b"a")

    stage(handler)
    head = message(b"200 OK", b"content-type: a/b", b"trailer: x-t", CODED)
    assert stage.kept() == head + chunks(b"a", trailers=(b"x-t: 1",))


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_mutable_buffer_is_the_callers_again(stage, size):
    def handler(_, responder):
        responder.write_begin_chunked("a/b")
        data = bytearray(b"a" * size)
        responder.write_chunk(data)
        data[:] = b"b" * size
        responder.write_chunk(memoryview(data))
        data[:] = b"c" * size
        responder.write_end_chunked(data)
        del data[:]

    stage(handler)
    assert stage.kept() == HEAD_OF_A_B + chunks(b"a" * size, b"b" * size, b"c" * size)


def test_many_chunks(stage):
    pieces = [b"%d" % number for number in range(3000)]

    def handler(_, responder):
        responder.write_begin_chunked("a/b")
        for piece in pieces:
            responder.write_chunk(piece)
        responder.write_end_chunked()

    stage(handler)
    assert stage.kept() == HEAD_OF_A_B + chunks(*pieces)


# -- trailers --------------------------------------------------------------------------------------------------------

TRAILERS = {
    "Headers": Headers([("X-T", "1"), ("x-u", "2")]),
    "mapping": {"X-T": "1", "x-u": "2"},
    "pairs": [("X-T", " 1 "), (b"x-u", b"2")],
    "iterator": None,
}


@pytest.mark.parametrize("kind", TRAILERS)
def test_trailers(stage, kind):
    def handler(_, responder):
        responder.write_begin_chunked({}, ["x-t", "X-U"])
        responder.write_end_chunked(b"abc", TRAILERS[kind] or iter([("X-T", "1"), ("x-u", "2")]))

    stage(handler)
    head = message(b"200 OK", b"trailer: x-t, X-U", CODED)
    assert stage.kept() == head + chunks(b"abc", trailers=(b"X-T: 1", b"x-u: 2"))


@pytest.mark.parametrize("trailers", [None, {}, [], (), Headers()])
def test_announced_and_not_sent(stage, trailers):
    def handler(_, responder):
        responder.write_begin_chunked({}, ["x-t"])
        responder.write_end_chunked(b"abc", trailers)

    stage(handler)
    assert stage.kept() == message(b"200 OK", b"trailer: x-t", CODED) + chunks(b"abc")


def test_some_of_the_announced_and_one_twice(stage):
    def handler(_, responder):
        responder.write_begin_chunked({}, ["x-t", "x-u"])
        responder.write_end_chunked(b"", [("x-u", "1"), ("x-u", "2")])

    stage(handler)
    head = message(b"200 OK", b"trailer: x-t, x-u", CODED)
    assert stage.kept() == head + chunks(trailers=(b"x-u: 1", b"x-u: 2"))


@pytest.mark.parametrize("value", ["x-t, X-U", "X-U,x-t", " x-t ,\tx-u"])
def test_announced_by_a_header_of_the_callers(stage, value):
    def handler(_, responder):
        responder.write_begin_chunked({"Trailer": value})
        with pytest.raises(HeaderError, match="x-v"):
            responder.write_end_chunked(b"", {"x-v": "1"})
        responder.write_end_chunked(b"", {"x-t": "1", "x-u": "2"})

    stage(handler)
    head = message(b"200 OK", b"Trailer: " + value.strip().encode(), CODED)
    assert stage.kept() == head + chunks(trailers=(b"x-t: 1", b"x-u: 2"))


@pytest.mark.parametrize("names", [None, [], ["x-t"], ["x-tt", "x"]])
def test_not_announced(stage, names):
    def handler(_, responder):
        if names is None:
            responder.write_begin_chunked("a/b")
        else:
            responder.write_begin_chunked({"content-type": "a/b"}, names)
        with pytest.raises(HeaderError, match="'x-u'"):
            responder.write_end_chunked(b"lost", {"x-u": "1"})
        with pytest.raises(HeaderError, match="'X-U'"):
            responder.write_end_chunked(b"lost", [("X-U", b"1")])
        responder.write_end_chunked(b"abc")

    announced = [b"trailer: " + ", ".join(names).encode()] if names else []
    stage(handler)
    assert stage.kept() == message(b"200 OK", b"content-type: a/b", *announced, CODED) + chunks(b"abc")


NEVER = [
    *("content-length", "transfer-encoding", "trailer", "connection", "upgrade", "te", "keep-alive"),
    *("host", "max-forwards"),
    *("authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate", "cookie", "set-cookie"),
    *("cache-control", "expect", "pragma", "range", "if-match", "if-none-match", "if-modified-since", "if-range"),
    *("content-encoding", "content-type", "content-range"),
]


def test_never_means_the_list_and_more():
    assert {name.encode() for name in NEVER} <= FORBIDDEN_TRAILERS


@pytest.mark.parametrize("name", [*NEVER, "Content-Length", "HOST", "Set-Cookie", b"Authorization"])
def test_never_a_trailer(stage, name):
    text = name.decode() if isinstance(name, bytes) else name

    def handler(_, responder):
        with pytest.raises(HeaderError, match=f"(?i){text}"):
            responder.write_begin_chunked({}, [name])
        with pytest.raises(HeaderError, match=f"(?i){text}"):
            responder.write_begin_chunked("a/b", ["x-t", name])
        with pytest.raises(HeaderError, match=f"(?i){text}"):
            responder.write_begin_chunked({"trailer": f"x-t, {text}"})
        responder.write_begin_chunked("a/b", ["x-t"])
        with pytest.raises(HeaderError, match=f"(?i){text}"):
            responder.write_end_chunked(b"lost", {"x-t": "1", name: "1"})
        responder.write_end_chunked(b"abc")

    stage(handler)
    head = message(b"200 OK", b"content-type: a/b", b"trailer: x-t", CODED)
    assert stage.kept() == head + chunks(b"abc")


def test_after_a_begin_that_was_refused_anything_may_be_sent(stage):
    def handler(_, responder):
        with pytest.raises(HeaderError):
            responder.write_begin_chunked({}, ["host"])
        fine(responder)

    stage(handler)
    assert stage.kept() == OK


def test_trailers_stay_away_from_head(stage):
    def handler(_, responder):
        responder.write_begin_chunked({}, ["x-t"])
        with pytest.raises(HeaderError):
            responder.write_end_chunked(b"", {"x-u": "1"})
        responder.write_end_chunked(b"abc", {"x-t": "1"})

    stage(handler)
    assert stage.kept(HEAD) == message(b"200 OK", b"trailer: x-t", CODED)
    assert stage.kept(GET).endswith(b"3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n")
