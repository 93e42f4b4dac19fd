"""The arena's answers as a plain WSGI application, the same one for every WSGI server.

Documents are serialised by orjson, the static files held in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs

import content
import orjson

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

FILES = content.contents()
PIECE = 65536


def answer(start_response: StartResponse, body: bytes, content_type: str, *more: tuple[str, str]) -> list[bytes]:
    start_response("200 OK", [("Content-Type", content_type), ("Content-Length", str(len(body))), *more])
    return [body]


def stream() -> Iterator[bytes]:
    yield from content.CHUNKS


def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    text = content.TEXTS.get(path)
    if text is not None:
        return answer(start_response, text, "text/plain")
    if path == "/baseline11":
        query = parse_qs(environ["QUERY_STRING"])
        total = int(query["a"][0]) + int(query["b"][0])
        if environ["REQUEST_METHOD"] == "POST":
            length = environ.get("CONTENT_LENGTH")
            total += int(environ["wsgi.input"].read(int(length)) if length else environ["wsgi.input"].read())
        return answer(start_response, str(total).encode(), "text/plain")
    if path.startswith("/json/"):
        query = parse_qs(environ["QUERY_STRING"])
        document = content.document(int(path[6:]), int(query["m"][0]))
        return answer(start_response, orjson.dumps(document), "application/json")
    if path.startswith("/static/") and (file := FILES.get(path[8:])):
        if file.brotli and "br" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            return answer(start_response, file.brotli, file.content_type.decode(), ("Content-Encoding", "br"))
        return answer(start_response, file.plain, file.content_type.decode())
    if path == "/upload":
        size = 0
        while piece := environ["wsgi.input"].read(PIECE):
            size += len(piece)
        return answer(start_response, str(size).encode(), "text/plain")
    if path == "/stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return stream()
    if path == "/stream-sized":
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(content.CHUNKS_SIZE))]
        start_response("200 OK", headers)
        return stream()
    start_response("404 Not Found", [("Content-Length", "0")])
    return [b""]
