"""The routes of Qt's tests/auto/qhttpserver as one handler: what its router would choose, written out."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from fastresp import Response

NOT_FOUND = Response(404)


def number(text: str, kind: type, low: float = float("-inf")) -> object | None:
    """What Qt's converters make of a piece of a path; None where the rule does not match."""
    try:
        value = kind(text)
    except ValueError:
        return None
    return value if value >= low else None


def routes(folder: Path):
    """The handler; `folder` holds the files."""

    def get(request) -> object | None:
        path = request.path
        if path == "/":
            return "Hello world get"
        if match := re.fullmatch(r"/page/([^/]+)", path):
            return f"page: {match[1]}" if number(match[1], int) is not None else None
        if match := re.fullmatch(r"/page/([^/]+)/detail", path):
            return f"page: {match[1]} detail" if number(match[1], int, 0) is not None else None
        if match := re.fullmatch(r"/user/([^/]+)", path):
            return match[1]
        if match := re.fullmatch(r"/user/([^/]+)/([^/]+)", path):
            return f"{match[1]}-{match[2]}"
        if match := re.fullmatch(r"/test/(.+)", path):
            return f"path: {match[1]}"
        if match := re.fullmatch(r"/api/v([^/]*)", path):
            version = number(match[1], float)
            return None if version is None else f"api {version:.1f}v"
        if match := re.fullmatch(r"/api/v([^/]+)/user/(\d+)", path):
            return f"api {match[1]}v, user id - {match[2]}"
        if match := re.fullmatch(r"/api/v([^/]+)/user/(\d+)/settings", path):
            role = request.query.get("role", "")
            return f"api {match[1]}v, user id - {match[2]}, set settings role={role}#''"
        if match := re.fullmatch(r"/custom/(\d+)", path):
            return f"Custom router rule: {match[1]}, key={request.query['key']}" if "key" in request.query else None
        return None

    async def handle(request, responder):
        path, method = request.path, request.method
        body = await request.read()
        if path == "/any":
            responder.write(method.capitalize())
        elif path == "/post-and-get" and method in ("GET", "POST"):
            responder.write(f"Hello world {method.lower()}")
        elif path == "/" and method == "POST":
            responder.write("Hello world post")
        elif path in ("/post-body", "/req-and-resp", "/resp-and-req") and method == "POST":
            responder.write(body, "text/html" if "and" in path else "text/plain")
        elif method != "GET":
            responder.send_response(NOT_FOUND)
        elif path == "/test":
            responder.write(b"test msg", "text/html")
        elif path.startswith("/file/"):
            responder.send_response(Response.from_file(folder / path[6:]))
        elif path == "/json-object/":
            responder.send_response(Response({"property": "value"}))
        elif path == "/json-array/":
            responder.send_response(Response([1, "2", {"name": "test"}]))
        elif path == "/data-and-custom-status-code/":
            responder.send_response(Response({"property": "value"}, 202))
        elif path == "/chunked/":
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"part 1 of the message, ")
            responder.write_end_chunked(b"part 2 of the message")
        elif path == "/extra-headers":
            response = Response(b"")
            response.headers.replace_or_append("Content-Type", "application/x-empty")
            response.headers.append("Server", "test server")
            responder.send_response(response)
        elif path == "/future/1":
            await asyncio.sleep(0.05)
            responder.write("future is coming")
        elif (text := get(request)) is not None:
            responder.write(text, "text/plain")
        else:
            responder.send_response(NOT_FOUND)

    return handle
