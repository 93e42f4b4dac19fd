"""Expect: 100-continue is met, in HTTP/1.0 ignored, and nothing else is known (RFC 9110, section 10.1.1)."""

from __future__ import annotations

from corpus.entry import Entry, Seen, bad, good, request

EXPECT = "RFC 9110, section 10.1.1"
POST = b"POST / HTTP/1.1"
CL = b"Content-Length: 5"
CONTINUE = b"Expect: 100-continue"
HELLO = Seen("POST", body=b"hello")
NEXT = request(b"GET /next HTTP/1.1")
SEEN_NEXT = Seen(target=b"/next")

_UNMET = [
    b"x",
    b"",
    b"100",
    b"200-ok",
    b"100-continued",
    b"x-100-continue",
    b"100 continue",
    b"100-continue, x",
    b"x, 100-continue",
    b"100-continue;a=b",
    b'"100-continue"',
]

ENTRIES: list[Entry] = [
    good(EXPECT, "with a length", request(POST, CL, CONTINUE, body=b"hello") + NEXT, HELLO, SEEN_NEXT),
    good(
        EXPECT,
        "with chunks",
        request(POST, b"Transfer-Encoding: chunked", CONTINUE, body=b"5\r\nhello\r\n0\r\n\r\n") + NEXT,
        HELLO,
        SEEN_NEXT,
    ),
    good(EXPECT, "in capitals", request(POST, CL, b"EXPECT: 100-CONTINUE", body=b"hello") + NEXT, HELLO, SEEN_NEXT),
    good(EXPECT, "without content", request(POST, CONTINUE) + NEXT, Seen("POST"), SEEN_NEXT),
    good(EXPECT, "without content, of GET", request(b"GET / HTTP/1.1", CONTINUE) + NEXT, Seen(), SEEN_NEXT),
    good(EXPECT, "twice", request(POST, CL, CONTINUE, CONTINUE, body=b"hello") + NEXT, HELLO, SEEN_NEXT),
    good(EXPECT, "in HTTP/1.0", request(b"POST / HTTP/1.0", CL, CONTINUE, body=b"hello"), HELLO, closes=True),
    good(EXPECT, "an unknown one in HTTP/1.0", request(b"GET / HTTP/1.0", b"Expect: x"), closes=True),
    *(
        bad(EXPECT, f"Expect: {value.decode()}", request(POST, CL, b"Expect: " + value, body=b"hello"), 417)
        for value in _UNMET
    ),
    bad(EXPECT, "two, one unknown", request(POST, CL, CONTINUE, b"Expect: x", body=b"hello"), 417),
    bad(EXPECT, "an unknown one of GET", request(b"GET / HTTP/1.1", b"Expect: x"), 417),
    bad(EXPECT, "too much content", request(POST, b"Content-Length: 1001", CONTINUE), 413),
    bad("RFC 9112, section 6.3", "with two lengths", request(POST, CL, CL, CONTINUE, body=b"hello")),
]
