"""Content-Length: one whole number in digits, and the content has so many bytes (RFC 9110, 8.6; RFC 9112, 6.2)."""

from __future__ import annotations

from corpus.entry import Entry, Seen, bad, good, request

SYNTAX = "RFC 9110, section 8.6"
FRAMING = "RFC 9112, section 6.3"
SHORT = "RFC 9112, section 8"

POST = b"POST / HTTP/1.1"
HELLO = Seen("POST", body=b"hello")
NEXT = request(b"GET /next HTTP/1.1")
SEEN_NEXT = Seen(target=b"/next")


def _with(value: bytes) -> bytes:
    return request(POST, b"Content-Length:" + value, body=b"hello")


_GOOD = [b" 5", b"5", b"\t5 \t", b" 0000005", b" " + b"0" * 40 + b"5"]
_BAD = [
    b"",
    b" \t",
    b" +5",
    b" -5",
    b" -0",
    b" 5-",
    b" 0x5",
    b" 5h",
    b" 5.0",
    b" 5e0",
    b" 1_0",
    b" _5",
    b" 5_",
    b" 5 5",
    b" 5\t0",
    b" 5,5",
    b" 5, 5",
    b" 5, 6",
    b" 5,",
    b" ,5",
    b" 5;a=b",
    b' "5"',
    b" '5'",
    b" (5)",
    b" 5L",
    b" five",
    b" NaN",
    b" inf",
    b" \x0b5",
    b" 5\x0c",
    b" 5\x00",
    b" \xa05",
    b" \xb2",
    b" \xef\xbc\x95",
    b" \xd9\xa5",
    b" 4611686018427387905",
    b" 9223372036854775808",
    b" 18446744073709551616",
    b" 18446744073709551621",
    b" 340282366920938463463374607431768211461",
    b" " + b"9" * 200,
]

ENTRIES: list[Entry] = [
    *(good(SYNTAX, f"Content-Length:{ascii(value)[2:-1]}", _with(value) + NEXT, HELLO, SEEN_NEXT) for value in _GOOD),
    *(bad(SYNTAX, f"Content-Length:{ascii(value)[2:-1]}", _with(value)) for value in _BAD),
    good(FRAMING, "a length of 0", request(POST, b"Content-Length: 0") + NEXT, Seen("POST"), SEEN_NEXT),
    good(FRAMING, "no length is no content", request(POST) + NEXT, Seen("POST"), SEEN_NEXT),
    good(FRAMING, "content of GET", request(b"GET / HTTP/1.1", b"Content-Length: 2", body=b"hi"), Seen(body=b"hi")),
    good(
        FRAMING,
        "content of HEAD",
        request(b"HEAD / HTTP/1.1", b"Content-Length: 2", body=b"hi"),
        Seen("HEAD", body=b"hi"),
    ),
    good(
        FRAMING,
        "content of a method that nobody knows",
        request(b"BREW / HTTP/1.1", b"Content-Length: 2", body=b"hi") + NEXT,
        Seen("BREW", body=b"hi"),
        SEEN_NEXT,
    ),
    good(
        FRAMING,
        "content of OPTIONS *",
        request(b"OPTIONS * HTTP/1.1", b"Content-Length: 2", body=b"hi") + NEXT,
        Seen("OPTIONS", b"*", b"hi"),
        SEEN_NEXT,
    ),
    good(
        FRAMING,
        "content that looks like a request",
        request(POST, b"Content-Length: %d" % len(NEXT), body=NEXT) + NEXT,
        Seen("POST", body=NEXT),
        SEEN_NEXT,
    ),
    good(
        FRAMING,
        "content of all octets",
        request(POST, b"Content-Length: 256", body=bytes(range(256))) + NEXT,
        Seen("POST", body=bytes(range(256))),
        SEEN_NEXT,
    ),
    good(
        FRAMING,
        "content that looks like chunks",
        request(POST, b"Content-Length: 5", body=b"0\r\n\r\n") + NEXT,
        Seen("POST", body=b"0\r\n\r\n"),
        SEEN_NEXT,
    ),
    good(
        FRAMING,
        "content in HTTP/1.0",
        request(b"POST / HTTP/1.0", b"Content-Length: 5", body=b"hello"),
        HELLO,
        closes=True,
    ),
    good(
        FRAMING,
        "a field that is called alike",
        request(POST, b"Content_Length: 5") + NEXT,
        Seen("POST"),
        SEEN_NEXT,
    ),
    good(FRAMING, "another that is", request(POST, b"X-Content-Length: 5") + NEXT, Seen("POST"), SEEN_NEXT),
    bad(FRAMING, "the same length twice", request(POST, b"Content-Length: 5", b"Content-Length: 5", body=b"hello")),
    bad(FRAMING, "two lengths", request(POST, b"Content-Length: 5", b"Content-Length: 6", body=b"hello!")),
    bad(FRAMING, "two lengths, the first 0", request(POST, b"Content-Length: 0", b"Content-Length: 5", body=b"hello")),
    bad(FRAMING, "two lengths, the second 0", request(POST, b"Content-Length: 5", b"Content-Length: 0", body=b"hello")),
    bad(FRAMING, "two lengths of 0", request(POST, b"Content-Length: 0", b"Content-Length: 0")),
    bad(FRAMING, "two lengths, one empty", request(POST, b"Content-Length:", b"Content-Length: 5", body=b"hello")),
    bad(FRAMING, "two, in other letters", request(POST, b"Content-Length: 5", b"CONTENT-LENGTH: 5", body=b"hello")),
    bad(
        FRAMING, "two of different spelling", request(POST, b"Content-Length: 5", b"Content-Length: 05", body=b"hello")
    ),
    bad(FRAMING, "two, far apart", request(POST, b"Content-Length: 5", b"A: b", b"Content-Length: 6", body=b"hello")),
    bad(
        FRAMING,
        "two in HTTP/1.0",
        request(b"POST / HTTP/1.0", b"Content-Length: 5", b"Content-Length: 6", body=b"x" * 6),
    ),
    bad(FRAMING, "a bad length of GET", request(b"GET / HTTP/1.1", b"Content-Length: x")),
    bad(FRAMING, "a negative length of HEAD", request(b"HEAD / HTTP/1.1", b"Content-Length: -1")),
    bad(SYNTAX, "a space before the colon", request(POST, b"Content-Length : 5", body=b"hello")),
    bad(SYNTAX, "a tab before the colon", request(POST, b"Content-Length\t: 5", body=b"hello")),
    bad(SYNTAX, "NUL before the colon", request(POST, b"Content-Length\x00: 5", body=b"hello")),
    bad(FRAMING, "one byte more than said", request(POST, b"Content-Length: 5", body=b"hello "), 400, HELLO),
    bad(SHORT, "content that ends early", request(POST, b"Content-Length: 5", body=b"hell"), eof=True),
    bad(SHORT, "content that never begins", request(POST, b"Content-Length: 5"), eof=True),
    bad(
        SHORT,
        "content that ends early in HTTP/1.0",
        request(b"POST / HTTP/1.0", b"Content-Length: 5", body=b"h"),
        eof=True,
    ),
]
