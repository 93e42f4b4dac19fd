"""What is measured: one table, an entry for each call. `prepare` makes it ready for a twin: a function, its arguments.

Preparing costs nothing of what is measured. Codecs are called directly; the parser by a loop that takes its events; an
answer by the `data_received` of a connection, so that it holds all that a request costs but the system calls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from bench.micro.twins import NullTransport, Twin, connect
from fastresp import Config, Headers, Response

Call = tuple[Callable[..., Any], tuple[Any, ...]]


class Case(NamedTuple):
    """One call. `target`: how many times as fast as the pure twin the compiled one has to be; 0 where none is set."""

    name: str
    prepare: Callable[[Twin], Call]
    target: float = 0.0


# ---- the codecs

FIELDS = [
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "public, max-age=3600, stale-while-revalidate=60"),
    ("etag", '"5f3c8a0d-1c2b3a4d5e6f"'),
    ("last-modified", "Tue, 04 Aug 2026 11:22:33 GMT"),
    ("vary", "accept-encoding, accept-language"),
    ("content-language", "en"),
    ("x-request-id", "0b6e1f5c-6a0e-4c5f-9f55-6f1f2d3c4b5a"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
]
OCTETS = [(name.encode(), value.encode()) for name, value in FIELDS]
TRAILERS = [("digest", "sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="), ("server-timing", "total;dur=12.3")]
TAIL = b"date: Sun, 22 Nov 2026 09:53:06 GMT\r\n\r\n"
BODY = b"Hello, World!"


def codec(module: str, function: str, *arguments: Any) -> Callable[[Twin], Call]:
    return lambda twin: (getattr(twin(module), function), arguments)


def format_head(body: bytes, fields: bool) -> Callable[[Twin], Call]:
    def prepare(twin: Twin) -> Call:
        line = twin("wire.status").status_line(200)
        block = twin("wire.headers").format_headers(FIELDS[1:]) if fields else b""
        return twin("wire.headers").format_head, (line, block, "text/plain", len(body), TAIL, body)

    return prepare


status_line = partial(codec, "wire.status", "status_line")
format_headers = partial(codec, "wire.headers", "format_headers")
format_chunk = partial(codec, "wire.chunks", "format_chunk")
format_last_chunk = partial(codec, "wire.chunks", "format_last_chunk")

CODECS = [
    Case("status_line: 200", status_line(200), 2),
    Case("status_line: 299 (unknown)", status_line(299), 2),
    Case("format_headers: 8 fields, (str, str)", format_headers(FIELDS), 5),
    Case("format_headers: 8 fields, (bytes, bytes)", format_headers(OCTETS), 5),
    Case("format_headers: 80 fields, (str, str)", format_headers(FIELDS * 10)),
    Case("format_headers: 8 fields, dict", format_headers(dict(FIELDS)), 5),
    Case("format_headers: 8 fields, ready Headers", format_headers(Headers(FIELDS))),
    Case("format_head: no fields, 13 bytes", format_head(BODY, False)),
    Case("format_head: 7 fields, 1 KiB", format_head(bytes(1024), True)),
    Case("format_chunk: empty", format_chunk(b"")),
    Case("format_chunk: 26 bytes", format_chunk(b"abcdefghijklmnopqrstuvwxyz"), 2),
    Case("format_chunk: 1 KiB", format_chunk(bytes(1024)), 2),
    Case("format_chunk: 64 KiB", format_chunk(bytes(65536))),
    Case("format_last_chunk: no trailers", format_last_chunk(), 2),
    Case("format_last_chunk: 2 trailers", format_last_chunk(TRAILERS)),
]


# ---- the parser

SMALL = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
BROWSER = (
    b"GET /pipeline HTTP/1.1\r\n"
    b"Host: localhost:8000\r\n"
    b"Connection: keep-alive\r\n"
    b"Cache-Control: max-age=0\r\n"
    b"Upgrade-Insecure-Requests: 1\r\n"
    b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36\r\n"
    b"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    b"Sec-Fetch-Site: none\r\n"
    b"Sec-Fetch-Mode: navigate\r\n"
    b"Sec-Fetch-Dest: document\r\n"
    b"Accept-Encoding: gzip, deflate, br, zstd\r\n"
    b"Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    b"Cookie: session=3f9a1b7c5d2e4f60; theme=dark; consent=1\r\n"
    b"\r\n"
)
NEED_DATA, HEAD = 0, 1


def parse(parser: Any, data: bytes) -> int:
    """Feeds `data` and takes all events; returns how many requests that were. Only for good requests without bodies."""
    parser.feed(data)
    following = parser.next
    requests = 0
    while following() == HEAD:
        requests += 1
    return requests


def parsing(data: bytes) -> Callable[[Twin], Call]:
    return lambda twin: (parse, (twin("http1.parser").new_parser(Config()), data))


PARSER = [
    Case("parser: small GET", parsing(SMALL)),
    Case("parser: GET, 12 browser-like fields", parsing(BROWSER)),
    Case("parser: 16 pipelined small GETs", parsing(SMALL * 16)),
]


# ---- whole answers

DOCUMENT = {"message": "Hello, World!", "items": [{"id": index, "price": index * 1.5} for index in range(5)]}
KIBIBYTE = b"x" * 1024
LARGE = KIBIBYTE * 64
READY = Response(BODY, mime_type="text/plain", headers={"cache-control": "no-store"})


def plaintext(request: Any, responder: Any) -> None:
    responder.write(BODY, "text/plain")


def large(request: Any, responder: Any) -> None:
    responder.write(LARGE, "text/plain")


def document(request: Any, responder: Any) -> None:
    responder.write(DOCUMENT)


def fields(request: Any, responder: Any) -> None:
    responder.write(BODY, FIELDS)


def chunked(request: Any, responder: Any) -> None:
    responder.write_begin_chunked("text/plain")
    for _ in range(10):
        responder.write_chunk(KIBIBYTE)
    responder.write_end_chunked()


def ready(request: Any, responder: Any) -> None:
    responder.send_response(READY)


def routed(request: Any, responder: Any) -> None:
    responder.write(BODY if request.path == "/" else b"", "text/plain")


def queried(request: Any, responder: Any) -> None:
    query = request.query
    responder.write(str(int(query["a"]) + int(query["b"])).encode(), "text/plain")


QUERY = b"GET /baseline11?a=13&b=42 HTTP/1.1\r\nHost: localhost\r\n\r\n"
HANDLERS: dict[str, tuple[bytes, Callable[[Any, Any], None]]] = {
    "answer: write(bytes, type)": (SMALL, plaintext),
    "answer: write(bytes, type) to 12 fields": (BROWSER, plaintext),
    "answer: write(64 KiB, type)": (SMALL, large),
    "answer: by request.path": (SMALL, routed),
    "answer: by request.query": (QUERY, queried),
    "answer: write(document)": (SMALL, document),
    "answer: write(bytes, 8 fields)": (SMALL, fields),
    "answer: 10 chunks of 1 KiB": (SMALL, chunked),
    "answer: send_response(the same Response)": (SMALL, ready),
    "answer: 16 pipelined write(bytes, type)": (SMALL * 16, plaintext),
}


def answering(request: bytes, handler: Callable[[Any, Any], None]) -> Callable[[Twin], Call]:
    return lambda twin: (connect(twin, handler, NullTransport()).data_received, (request,))


ANSWERS = [Case(name, answering(request, handler)) for name, (request, handler) in HANDLERS.items()]

CASES = CODECS + PARSER + ANSWERS
