"""Parts of ASGI applications."""

from __future__ import annotations


def start(status: int = 200, *fields: tuple[bytes, bytes], **more: object) -> dict:
    return {"type": "http.response.start", "status": status, "headers": list(fields), **more}


def body(data: bytes = b"", *, more: bool = False) -> dict:
    return {"type": "http.response.body", "body": data, "more_body": more}


def answering(*events: dict):
    """An application that sends these events."""

    async def app(scope, receive, send):
        if scope["type"] != "http":
            raise NotImplementedError
        for event in events:
            await send(event)

    return app


def length(number: int) -> tuple[bytes, bytes]:
    return b"content-length", str(number).encode()


async def read(receive) -> tuple[list[bytes], str]:
    """The pieces of a request's body, and the type of the last event."""
    pieces = []
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return pieces, event["type"]
        pieces.append(event["body"])
        if not event["more_body"]:
            return pieces, event["type"]
