"""What is too long or too much, at the limit and one past it (RFC 9110, 15.5.14 and 15.5.15; RFC 6585, section 5)."""

from __future__ import annotations

from corpus.entry import Entry, Seen, bad, chunked_request, good, request

TARGET = "RFC 9110, section 15.5.15 (414)"
FIELDS = "RFC 6585, section 5 (431)"
CONTENT = "RFC 9110, section 15.5.14 (413)"
CHUNKS = "RFC 9112, section 7.1.1: limit the extensions"

POST = b"POST / HTTP/1.1"
NEXT = request(b"GET /next HTTP/1.1")
SEEN_NEXT = Seen(target=b"/next")
K = b"x" * 1000

HOST = len(b"Host: example.org\r\n")
FIELD = b"A: " + b"b" * 297  # 300 octets


def _fields(size: int) -> list[bytes]:
    """Fields that make a head of `size` octets together with the Host field and the blank line."""
    left = size - HOST - 2
    lines = []
    while left > 300:
        lines.append(b"A: " + b"b" * 195)
        left -= 200
    return [*lines, b"A: " + b"b" * (left - 5)]


ENTRIES: list[Entry] = [
    good(TARGET, "200 octets", request(b"GET /" + b"x" * 199 + b" HTTP/1.1"), Seen(target=b"/" + b"x" * 199)),
    bad(TARGET, "201 octets", request(b"GET /" + b"x" * 200 + b" HTTP/1.1"), 414),
    bad(TARGET, "201 octets of a query", request(b"GET /?" + b"x" * 199 + b" HTTP/1.1"), 414),
    bad(TARGET, "201 octets of an absolute target", request(b"GET http://a/" + b"x" * 192 + b" HTTP/1.1"), 414),
    bad(TARGET, "no end", b"GET /" + b"x" * 2000, 414),
    bad(TARGET, "too long, behind a good request", NEXT + b"GET /" + b"x" * 201, 414, SEEN_NEXT),
    good(FIELDS, "a field of 300 octets", request(b"GET / HTTP/1.1", FIELD)),
    bad(FIELDS, "a field of 301 octets", request(b"GET / HTTP/1.1", FIELD + b"b"), 431),
    bad(FIELDS, "a name of 301 octets", request(b"GET / HTTP/1.1", b"A" * 300 + b":"), 431),
    bad(FIELDS, "a name without an end", b"GET / HTTP/1.1\r\n" + b"A" * 2000, 431),
    bad(FIELDS, "a value without an end", b"GET / HTTP/1.1\r\nA: " + b"b" * 2000, 431),
    bad(FIELDS, "white space without an end", b"GET / HTTP/1.1\r\nA:" + b" " * 2000, 431),
    good(FIELDS, "fields of 1000 octets", request(b"GET / HTTP/1.1", *_fields(1000))),
    bad(FIELDS, "fields of 1001 octets", request(b"GET / HTTP/1.1", *_fields(1001)), 431),
    bad(
        FIELDS,
        "fields without an end",
        b"GET / HTTP/1.1\r\n" + b"A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n" * 50,
        431,
    ),
    good(FIELDS, "20 fields", request(b"GET / HTTP/1.1", *[b"A: b"] * 19)),
    bad(FIELDS, "21 fields", request(b"GET / HTTP/1.1", *[b"A: b"] * 20), 431),
    bad(FIELDS, "21 fields, none with a value", request(b"GET / HTTP/1.1", *[b"A:"] * 20), 431),
    good(FIELDS, "20 fields, twice", request(b"GET / HTTP/1.1", *[b"A: b"] * 19) * 2, Seen(), Seen()),
    good(
        FIELDS,
        "20 trailers",
        chunked_request(b"0\r\n" + b"A: b\r\n" * 20 + b"\r\n"),
        Seen("POST", trailers=(("A", "b"),) * 20),
    ),
    bad(FIELDS, "21 trailers", chunked_request(b"0\r\n" + b"A: b\r\n" * 21 + b"\r\n"), 431),
    bad(FIELDS, "a trailer of 301 octets", chunked_request(b"0\r\n" + FIELD + b"b\r\n\r\n"), 431),
    bad(FIELDS, "a trailer without an end", chunked_request(b"0\r\nA: " + b"b" * 2000), 431),
    bad(FIELDS, "trailers of more than 1000 octets", chunked_request(b"0\r\n" + (FIELD + b"\r\n") * 4 + b"\r\n"), 431),
    good(
        CONTENT, "1000 octets", request(POST, b"Content-Length: 1000", body=K) + NEXT, Seen("POST", body=K), SEEN_NEXT
    ),
    bad(CONTENT, "1001 octets", request(POST, b"Content-Length: 1001", body=K + b"x"), 413),
    bad(CONTENT, "1001 octets that are never sent", request(POST, b"Content-Length: 1001"), 413),
    bad(CONTENT, "2 ** 62 octets", request(POST, b"Content-Length: 4611686018427387904"), 413),
    good(
        CONTENT,
        "a chunk of 1000 octets",
        chunked_request(b"3e8\r\n" + K + b"\r\n0\r\n\r\n") + NEXT,
        Seen("POST", body=K),
        SEEN_NEXT,
    ),
    bad(CONTENT, "a chunk of 1001 octets", chunked_request(b"3e9\r\n" + K + b"x\r\n0\r\n\r\n"), 413),
    bad(CONTENT, "a chunk of 1001 octets that is never sent", chunked_request(b"3e9\r\n"), 413),
    bad(CONTENT, "a chunk of 2 ** 62 octets", chunked_request(b"4000000000000000\r\n"), 413),
    bad(CONTENT, "a chunk of 2 ** 64 - 1 octets", chunked_request(b"ffffffffffffffff\r\n"), 413),
    good(
        CONTENT,
        "chunks of 1000 octets together",
        chunked_request(b"1f4\r\n" + K[:500] + b"\r\n1f4\r\n" + K[:500] + b"\r\n0\r\n\r\n"),
        Seen("POST", body=K),
    ),
    bad(
        CONTENT,
        "chunks of 1001 octets together",
        chunked_request(b"1f4\r\n" + K[:500] + b"\r\n1f5\r\n" + K[:501] + b"\r\n0\r\n\r\n"),
        413,
    ),
    good(
        CHUNKS,
        "an extension of 4000 octets",
        chunked_request(b"2;a=" + b"x" * 4000 + b"\r\nhi\r\n0\r\n\r\n"),
        Seen("POST", body=b"hi"),
    ),
    bad(CHUNKS, "an extension of 4100 octets", chunked_request(b"2;a=" + b"x" * 4100 + b"\r\nhi\r\n0\r\n\r\n")),
    bad(CHUNKS, "an extension without an end", chunked_request(b"2;a=" + b"x" * 9000)),
    bad(CHUNKS, "a size without an end", chunked_request(b"0" * 9000)),
]
