"""The arena's answers as a plain RSGI application, granian's own interface: files from disk, by `response_file`."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import content
import orjson

FILES = content.files()
TEXT = [("content-type", "text/plain")]
JSON = [("content-type", "application/json")]


class Application:
    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        path = scope.path
        text = content.TEXTS.get(path)
        if text is not None:
            protocol.response_bytes(200, TEXT, text)
        elif path == "/baseline11":
            query = parse_qs(scope.query_string)
            total = int(query["a"][0]) + int(query["b"][0])
            if scope.method == "POST":
                total += int(await protocol())
            protocol.response_str(200, TEXT, str(total))
        elif path.startswith("/json/"):
            made = content.document(int(path[6:]), int(parse_qs(scope.query_string)["m"][0]))
            protocol.response_bytes(200, JSON, orjson.dumps(made))
        elif path.startswith("/static/") and (file := FILES.get(path[8:])):
            if file.brotli and "br" in scope.headers.get("accept-encoding", ""):
                headers = [("content-type", file.content_type), ("content-encoding", "br")]
                protocol.response_file(200, headers, str(file.brotli))
            else:
                protocol.response_file(200, [("content-type", file.content_type)], str(file.path))
        elif path == "/upload":
            size = 0
            async for piece in protocol:
                size += len(piece)
            protocol.response_str(200, TEXT, str(size))
        elif path == "/stream":
            transport = protocol.response_stream(200, TEXT)
            for chunk in content.CHUNKS:
                await transport.send_bytes(chunk)
        else:
            protocol.response_empty(404, [])


app = Application()
