"""Trailers: kept apart from the headers, never those that frame or route, and as strict as a head (RFC 9112, 7.1.2)."""

from __future__ import annotations

from corpus.entry import Entry, Seen, bad, chunked_request, good, request

TRAILERS = "RFC 9112, section 7.1.2"
LIMITED = "RFC 9110, section 6.5.1"

NEXT = request(b"GET /next HTTP/1.1")

_GOOD: list[tuple[str, str, bytes, tuple[tuple[str, str], ...]]] = [
    (TRAILERS, "one", b"A: b\r\n", (("A", "b"),)),
    (TRAILERS, "two", b"A: b\r\nC: d\r\n", (("A", "b"), ("C", "d"))),
    (TRAILERS, "a repeated one", b"A: b\r\na: c\r\n", (("A", "b"), ("a", "c"))),
    (TRAILERS, "an empty value", b"A:\r\n", (("A", ""),)),
    (TRAILERS, "white space", b"A: \t b\t\r\n", (("A", "b"),)),
    (TRAILERS, "obs-text", b"A: \xe9\r\n", (("A", "\xe9"),)),
    (LIMITED, "Content-Length", b"Content-Length: 5\r\nA: b\r\n", (("A", "b"),)),
    (LIMITED, "two of Content-Length", b"Content-Length: 5\r\nContent-Length: x\r\n", ()),
    (LIMITED, "Transfer-Encoding", b"Transfer-Encoding: chunked\r\n", ()),
    (LIMITED, "Transfer-Encoding of another coding", b"transfer-encoding: cow\r\n", ()),
    (LIMITED, "Host", b"Host: evil.example\r\n", ()),
    (LIMITED, "Connection", b"Connection: close\r\n", ()),
    (LIMITED, "Trailer", b"Trailer: A\r\n", ()),
    (LIMITED, "Authorization", b"Authorization: Basic eDp5\r\n", ()),
    (LIMITED, "Cookie", b"A: b\r\nCOOKIE: a=b\r\n", (("A", "b"),)),
    (LIMITED, "Content-Type", b"Content-Type: text/html\r\n", ()),
    (LIMITED, "Content-Encoding", b"Content-Encoding: gzip\r\n", ()),
    (LIMITED, "Content-Range", b"Content-Range: bytes 0-1/2\r\n", ()),
    (LIMITED, "Expect", b"Expect: x\r\n", ()),
    (LIMITED, "Upgrade", b"Upgrade: h2c\r\n", ()),
]
_BAD = [
    ("a space before the colon", b"A : b\r\n\r\n"),
    ("a folded line", b"A: b\r\n c\r\n\r\n"),
    ("white space at the start", b" A: b\r\n\r\n"),
    ("no name", b": b\r\n\r\n"),
    ("no colon", b"A\r\n\r\n"),
    ("a bad name", b"A(): b\r\n\r\n"),
    ("NUL", b"A: \x00\r\n\r\n"),
    ("DEL", b"A: \x7f\r\n\r\n"),
    ("a bare CR", b"A: b\rc\r\n\r\n"),
    ("a bare LF", b"A: b\nC: d\r\n\r\n"),
    ("a line that ends with LF", b"A: b\n\r\n"),
    ("an end with LF", b"A: b\r\n\n"),
    ("an end with CR CR LF", b"A: b\r\n\r\r\n"),
    ("an end with CR and a letter", b"A: b\r\n\rX"),
    ("a request line", b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
]

ENTRIES: list[Entry] = [
    *(
        good(
            rule,
            name,
            chunked_request(b"2\r\nhi\r\n0\r\n" + lines + b"\r\n") + NEXT,
            Seen("POST", body=b"hi", trailers=trailers),
            Seen(target=b"/next"),
        )
        for rule, name, lines, trailers in _GOOD
    ),
    *(bad(TRAILERS, name, chunked_request(b"2\r\nhi\r\n0\r\n" + lines)) for name, lines in _BAD),
]
