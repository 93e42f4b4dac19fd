"""Requests in a row: answered in order, the good ones ahead of a bad one too, and none after it (RFC 9112, 9.3.2)."""

from __future__ import annotations

from corpus.entry import Entry, Seen, bad, chunked_request, good, request

PIPELINE = "RFC 9112, section 9.3.2"
FRAMING = "RFC 9112, section 6.3"
EARLY = "RFC 9112, section 8"
LINES = "RFC 9112, section 2.2"


def get(target: bytes) -> bytes:
    return request(b"GET " + target + b" HTTP/1.1")


def post(target: bytes, body: bytes) -> bytes:
    return request(b"POST " + target + b" HTTP/1.1", b"Content-Length: %d" % len(body), body=body)


A, B, C = Seen(target=b"/a"), Seen(target=b"/b"), Seen(target=b"/c")
ABC = get(b"/a") + get(b"/b") + get(b"/c")
POSTED = Seen("POST", b"/a", b"hello")
HI = Seen("POST", body=b"hi")
BROKEN = request(host=None)

ENTRIES: list[Entry] = [
    good(PIPELINE, "three", ABC, A, B, C),
    good(
        PIPELINE, "fifty", b"".join(get(b"/%d" % i) for i in range(50)), *(Seen(target=b"/%d" % i) for i in range(50))
    ),
    good(PIPELINE, "a hundred and fifty", get(b"/a") * 150, *[A] * 150),
    good(PIPELINE, "content, then none", post(b"/a", b"hello") + get(b"/b"), POSTED, B),
    good(PIPELINE, "none, then content", get(b"/b") + post(b"/a", b"hello"), B, POSTED),
    good(PIPELINE, "content and content", post(b"/a", b"hello") * 3, POSTED, POSTED, POSTED),
    good(PIPELINE, "chunks and chunks", chunked_request(b"2\r\nhi\r\n0\r\n\r\n") * 3, HI, HI, HI),
    good(
        PIPELINE, "chunks, then content", chunked_request(b"2\r\nhi\r\n0\r\n\r\n") + post(b"/a", b"hello"), HI, POSTED
    ),
    good(
        PIPELINE,
        "trailers stay with their message",
        chunked_request(b"0\r\nA: b\r\n\r\n") + chunked_request(b"0\r\n\r\n"),
        Seen("POST", trailers=(("A", "b"),)),
        Seen("POST"),
    ),
    good(
        PIPELINE,
        "HEAD, then GET",
        request(b"HEAD /a HTTP/1.1") + get(b"/b"),
        Seen("HEAD", b"/a"),
        B,
    ),
    good(
        PIPELINE,
        "all kinds",
        get(b"/a")
        + post(b"/a", b"hello")
        + request(b"HEAD /a HTTP/1.1")
        + chunked_request(b"2\r\nhi\r\n0\r\n\r\n")
        + get(b"/c"),
        A,
        POSTED,
        Seen("HEAD", b"/a"),
        HI,
        C,
    ),
    good(
        FRAMING,
        "a request as content, and one behind it",
        post(b"/a", get(b"/x")) + get(b"/b"),
        Seen("POST", b"/a", get(b"/x")),
        B,
    ),
    good(
        FRAMING,
        "a request as content of GET",
        request(b"GET /a HTTP/1.1", b"Content-Length: %d" % len(get(b"/x")), body=get(b"/x")) + get(b"/b"),
        Seen("GET", b"/a", get(b"/x")),
        B,
    ),
    good(
        FRAMING,
        "a length that ends in the middle of a request",
        request(b"POST /a HTTP/1.1", b"Content-Length: 5", body=b"GET /" + get(b"/b")),
        Seen("POST", b"/a", b"GET /"),
        B,
    ),
    good(LINES, "CRLF behind content", post(b"/a", b"hello") + b"\r\n" + get(b"/b"), POSTED, B),
    good(
        LINES,
        "empty lines everywhere",
        b"\r\n" + get(b"/a") + b"\r\n" * 4 + get(b"/b") + b"\r\n" * 8 + get(b"/c"),
        A,
        B,
        C,
    ),
    bad(LINES, "LF behind content", post(b"/a", b"hello") + b"\n" + get(b"/smuggled"), 400, POSTED),
    bad(LINES, "CR behind content", post(b"/a", b"hello") + b"\r" + get(b"/smuggled"), 400, POSTED),
    bad(PIPELINE, "a good one, then a bad one", get(b"/a") + BROKEN, 400, A),
    bad(PIPELINE, "three good ones, then a bad one", ABC + BROKEN, 400, A, B, C),
    bad(PIPELINE, "good, bad, good, bad", get(b"/a") + BROKEN + get(b"/smuggled") + BROKEN, 400, A),
    bad(PIPELINE, "sixty-three good ones, then a bad one", get(b"/a") * 63 + BROKEN, 400, *[A] * 63),
    bad(PIPELINE, "a hundred good ones, then a bad one", get(b"/a") * 100 + BROKEN, 400, *[A] * 100),
    bad(PIPELINE, "content, then a bad one", post(b"/a", b"hello") + BROKEN, 400, POSTED),
    bad(PIPELINE, "chunks, then a bad one", chunked_request(b"2\r\nhi\r\n0\r\n\r\n") + BROKEN, 400, HI),
    bad(PIPELINE, "a good one, then one that is too new", get(b"/a") + request(b"GET / HTTP/2.0"), 505, A),
    bad(
        PIPELINE,
        "a good one, then an unknown coding",
        get(b"/a") + request(b"POST / HTTP/1.1", b"Transfer-Encoding: x"),
        501,
        A,
    ),
    bad(PIPELINE, "a good one, then too much content", get(b"/a") + post(b"/", b"x" * 1001), 413, A),
    bad(PIPELINE, "a good one, then bad chunks", get(b"/a") + chunked_request(b"x\r\n"), 400, A),
    bad(PIPELINE, "a good one, then garbage", get(b"/a") + b"\x00" * 50, 400, A),
    bad(PIPELINE, "two kinds of bad: the first counts", BROKEN + request(b"GET / HTTP/2.0"), 400),
    bad(PIPELINE, "two kinds of bad in one: the line counts", request(b"GET / HTTP/2.0", b"A : b", host=None), 505),
    good(EARLY, "the client ends behind a request", get(b"/a"), A, closes=True, eof=True),
    good(EARLY, "the client ends behind three", ABC, A, B, C, closes=True, eof=True),
    good(EARLY, "the client ends behind content", post(b"/a", b"hello"), POSTED, closes=True, eof=True),
    good(EARLY, "the client ends in a method", get(b"/a") + b"GE", A, closes=True, eof=True),
    good(EARLY, "the client ends in a target", get(b"/a") + b"GET /smug", A, closes=True, eof=True),
    good(
        EARLY, "the client ends in a field", get(b"/a") + b"GET /smuggled HTTP/1.1\r\nHost: a", A, closes=True, eof=True
    ),
    good(EARLY, "the client ends before the last line", get(b"/a") + get(b"/smuggled")[:-2], A, closes=True, eof=True),
    good(EARLY, "the client ends in the last line end", get(b"/a") + get(b"/smuggled")[:-1], A, closes=True, eof=True),
    good(EARLY, "the client ends in an empty line", get(b"/a") + b"\r", A, closes=True, eof=True),
    bad(EARLY, "the client ends in the second's content", get(b"/a") + post(b"/", b"hello")[:-1], 400, A, eof=True),
    bad(EARLY, "the client ends in the second's chunks", get(b"/a") + chunked_request(b"5\r\nhe"), 400, A, eof=True),
]
