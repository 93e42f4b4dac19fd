"""What an ASGI application may catch."""

from __future__ import annotations

__all__ = ["ClientDisconnected"]


class ClientDisconnected(OSError):
    """What `send` raises when the client is gone (ASGI HTTP specification, 2.4), or needs no more of an answer.

    >>> async def until_it_leaves(send):
    ...     with contextlib.suppress(ClientDisconnected):
    ...         while True:
    ...             await send({"type": "http.response.body", "body": b"tick", "more_body": True})
    """

    def __init__(self) -> None:
        super().__init__("nothing more can be sent: the client is gone, or has the whole answer")
