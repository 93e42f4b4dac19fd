"""What the calls of a responder take, as types for checkers and for annotations, and in words."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Awaitable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from fastresp.response import Document

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["OVERLOADS", "UNSET", "Content", "Data", "Device", "Document", "Readable"]

UNSET: Any = type("Unset", (), {"__repr__": lambda self: "..."})()

OVERLOADS = (
    "write(status), write(headers, status), write(document, status), write(document, headers, status), "
    "write(data, mime_type, status), write(data, headers, status)"
)


class Readable(Protocol):
    """A binary file object, or any object with `read(n)`; `async def read(n)` is one too."""

    def read(self, count: int, /) -> ReadableBuffer | Awaitable[ReadableBuffer] | None:
        """Up to `count` bytes, none at the end."""


Data: TypeAlias = "str | ReadableBuffer"
Device: TypeAlias = "os.PathLike[Any] | Readable | AsyncIterable[ReadableBuffer]"
Content: TypeAlias = "Data | Document | Device"
