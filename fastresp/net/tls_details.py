"""What a TLS connection tells: its details, to who asks the transport; to a client of plain HTTP that this is TLS."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter, methodcaller
from typing import Any

__all__ = ["DETAILS", "refusal"]

# What asyncio's TLS transports have beside those of the socket, by name.
DETAILS: dict[str, Callable[[Any], Any]] = {
    "ssl_object": lambda tls: tls,
    "sslcontext": attrgetter("context"),
    "peercert": methodcaller("getpeercert"),
    "cipher": methodcaller("cipher"),
    "compression": methodcaller("compression"),
}

_REASON = b"this port speaks TLS: use https\n"


def refusal(data: bytes, tail: bytes) -> bytes | None:
    """The answer to the first bytes of a connection that are those of plain HTTP, as nginx gives it; None for others.

    A method begins with a letter; a record of TLS with an octet from 20 to 24 (RFC 8446, section 5.1). `tail`: the last
    fields of the head, and the blank line.
    """
    if not data[:1].isalpha():
        return None
    content = b"" if data.startswith(b"HEAD ") else _REASON
    head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n" % len(
        _REASON
    )
    return head + tail + content
