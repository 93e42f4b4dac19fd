"""Whether a connection goes on: Connection, HTTP/1.0, Upgrade (RFC 9112, section 9; RFC 9110, 7.6.1, 7.8)."""

from __future__ import annotations

from corpus.entry import Entry, Seen, good, request

PERSISTENCE = "RFC 9112, section 9.3"
OPTIONS = "RFC 9110, section 7.6.1"
CLOSE = "RFC 9112, section 9.6"
UPGRADE = "RFC 9110, section 7.8"

NEXT = request(b"GET /next HTTP/1.1")
SEEN_NEXT = Seen(target=b"/next")
SMUGGLED = request(b"GET /smuggled HTTP/1.1")
CHUNKED = b"Transfer-Encoding: chunked"

_GO_ON = [
    (b"GET / HTTP/1.1", b"Connection: keep-alive"),
    (b"GET / HTTP/1.1", b"Connection:"),
    (b"GET / HTTP/1.1", b"Connection: ,"),
    (b"GET / HTTP/1.1", b"Connection: x"),
    (b"GET / HTTP/1.1", b"Connection: closed"),
    (b"GET / HTTP/1.1", b"Connection: xclose"),
    (b"GET / HTTP/1.1", b"Connection: close-x"),
    (b"GET / HTTP/1.1", b'Connection: "close"'),
    (b"GET / HTTP/1.1", b"Connection: Host, Content-Length"),
    (b"GET / HTTP/1.1", b"Keep-Alive: timeout=1, max=1"),
    (b"GET / HTTP/1.1", b"Proxy-Connection: close"),
    (b"GET / HTTP/1.1", b"X-Connection: close"),
    (b"GET / HTTP/1.0", b"Connection: keep-alive"),
    (b"GET / HTTP/1.0", b"Connection: Keep-Alive"),
    (b"GET / HTTP/1.0", b"Connection: x, keep-alive"),
    (b"GET / HTTP/1.0", b"Connection: x\r\nConnection: keep-alive"),
]
_STOP = [
    (b"GET / HTTP/1.1", b"Connection: close"),
    (b"GET / HTTP/1.1", b"Connection:close"),
    (b"GET / HTTP/1.1", b"connection: CLOSE"),
    (b"GET / HTTP/1.1", b"Connection: \t close \t"),
    (b"GET / HTTP/1.1", b"Connection: x, close"),
    (b"GET / HTTP/1.1", b"Connection: close,x"),
    (b"GET / HTTP/1.1", b"Connection: ,, close ,"),
    (b"GET / HTTP/1.1", b"Connection: keep-alive, close"),
    (b"GET / HTTP/1.1", b"Connection: close, keep-alive"),
    (b"GET / HTTP/1.1", b"Connection: keep-alive\r\nConnection: close"),
    (b"GET / HTTP/1.1", b"Connection: close\r\nConnection: keep-alive"),
    (b"GET / HTTP/1.2", b"Connection: close"),
    (b"GET / HTTP/1.0", b"A: b"),
    (b"GET / HTTP/1.0", b"Connection: x"),
    (b"GET / HTTP/1.0", b"Connection: close"),
    (b"GET / HTTP/1.0", b"Connection: keep-alive, close"),
    (b"GET / HTTP/1.0", b"Proxy-Connection: keep-alive"),
]


def _show(line: bytes, fields: bytes) -> str:
    return f"{line[6:].decode()}, {fields.decode()!r}"


ENTRIES: list[Entry] = [
    *(good(OPTIONS, _show(line, fields), request(line, fields) + NEXT, Seen(), SEEN_NEXT) for line, fields in _GO_ON),
    *(good(CLOSE, _show(line, fields), request(line, fields) + SMUGGLED, closes=True) for line, fields in _STOP),
    good(
        CLOSE,
        "close with content",
        request(b"POST / HTTP/1.1", b"Connection: close", b"Content-Length: 5", body=b"hello") + SMUGGLED,
        Seen("POST", body=b"hello"),
        closes=True,
    ),
    good(
        CLOSE,
        "close with chunks",
        request(b"POST / HTTP/1.1", b"Connection: close", CHUNKED, body=b"2\r\nhi\r\n0\r\n\r\n") + SMUGGLED,
        Seen("POST", body=b"hi"),
        closes=True,
    ),
    good(
        CLOSE, "garbage behind close", request(b"GET / HTTP/1.1", b"Connection: close") + b"\x00\xff" * 9, closes=True
    ),
    good(
        PERSISTENCE,
        "content in HTTP/1.0 that is kept",
        request(b"POST / HTTP/1.0", b"Connection: keep-alive", b"Content-Length: 5", body=b"hello") + NEXT,
        Seen("POST", body=b"hello"),
        SEEN_NEXT,
    ),
    good(
        PERSISTENCE,
        "HTTP/1.0 kept, then HTTP/1.1",
        request(b"GET / HTTP/1.0", b"Connection: keep-alive", host=None) + NEXT,
        Seen(),
        SEEN_NEXT,
    ),
    good(
        PERSISTENCE,
        "HTTP/1.1, then HTTP/1.0",
        NEXT + request(b"GET / HTTP/1.0") + SMUGGLED,
        SEEN_NEXT,
        Seen(),
        closes=True,
    ),
    good(
        UPGRADE,
        "to h2c, with content",
        request(b"POST / HTTP/1.1", b"Connection: Upgrade", b"Upgrade: h2c", b"Content-Length: 4", body=b"body") + NEXT,
        Seen("POST", body=b"body"),
        SEEN_NEXT,
    ),
    good(
        UPGRADE,
        "to h2c, with chunks",
        request(b"POST / HTTP/1.1", b"Connection: Upgrade", b"Upgrade: h2c", CHUNKED, body=b"4\r\nbody\r\n0\r\n\r\n")
        + NEXT,
        Seen("POST", body=b"body"),
        SEEN_NEXT,
    ),
    good(
        UPGRADE,
        "to websocket",
        request(b"GET / HTTP/1.1", b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13") + NEXT,
        Seen(),
        SEEN_NEXT,
    ),
    good(UPGRADE, "to what nobody knows", request(b"GET / HTTP/1.1", b"Upgrade: foo") + NEXT, Seen(), SEEN_NEXT),
    good(
        UPGRADE,
        "to TLS",
        request(b"OPTIONS * HTTP/1.1", b"Connection: Upgrade", b"Upgrade: TLS/1.0") + NEXT,
        Seen("OPTIONS", b"*"),
        SEEN_NEXT,
    ),
]
