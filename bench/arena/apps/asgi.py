"""The arena's answers as a plain ASGI application, the same one for every ASGI server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]

TEXTS = {"/": b"Hello, World!", "/pipeline": b"ok"}


def start(status: int, body: bytes) -> Message:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    return {"type": "http.response.start", "status": status, "headers": headers}


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
        return
    text = TEXTS.get(scope["path"])
    await send(start(200, text) if text is not None else start(404, b""))
    await send({"type": "http.response.body", "body": text or b""})
