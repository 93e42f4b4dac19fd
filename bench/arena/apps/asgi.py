"""The arena's answers as a plain ASGI application, the same one for every ASGI server.

Documents are serialised by orjson, the static files held in memory.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import content
import orjson

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

FILES = content.contents()


async def answer(send: Send, body: bytes, content_type: bytes = b"text/plain", *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def app(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
        return
    path = scope["path"]
    text = content.TEXTS.get(path)
    if text is not None:
        await answer(send, text)
    elif path == "/baseline11":
        query = parse_qs(scope["query_string"].decode("latin-1"))
        total = int(query["a"][0]) + int(query["b"][0])
        if scope["method"] == "POST":
            body, more = b"", True
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
            total += int(body)
        await answer(send, str(total).encode())
    elif path.startswith("/json/"):
        query = parse_qs(scope["query_string"].decode("latin-1"))
        document = content.document(int(path[6:]), int(query["m"][0]))
        await answer(send, orjson.dumps(document), b"application/json")
    elif path.startswith("/static/") and (file := FILES.get(path[8:])):
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
        if file.brotli and b"br" in accepted:
            await answer(send, file.brotli, file.content_type, (b"content-encoding", b"br"))
        else:
            await answer(send, file.plain, file.content_type)
    elif path == "/upload":
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        await answer(send, str(size).encode())
    elif path == "/stream":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        for chunk in content.CHUNKS:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    elif path == "/stream-sized":
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % content.CHUNKS_SIZE)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for chunk in content.CHUNKS:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
