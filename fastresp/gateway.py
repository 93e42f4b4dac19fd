"""What the adapters of gateway interfaces (ASGI, WSGI) have in common: hosts, addresses, lengths, empty answers.

An adapter is an ordinary handler: all that it does to a request and an answer, it does with Request and Responder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastresp.engine import Request, Responder
from fastresp.status import CONTENT_FREE

__all__ = ["Fields", "bind_host", "declared_length", "end_point", "one_length", "write_empty"]

Fields = list[tuple[bytes, bytes]]

_SLASH = 0x2F


def bind_host(request: Request, fields: Fields) -> None:
    """Put the host of a target that names one itself into the Host field (RFC 9112, section 3.2.2)."""
    if request.target[0] != _SLASH and b"://" in request.target:
        host = request.host.encode("latin-1")
        fields[:] = [(name, host if name == b"host" else value) for name, value in fields]


def end_point(address: object) -> tuple[str, int] | None:
    """Host and port of a TCP socket's address; None for any other."""
    if type(address) is tuple:
        return address if len(address) == 2 else address[:2]
    return None


def declared_length(fields: Sequence[tuple[bytes, bytes]]) -> int | None:
    """The content-length that an application has stated: None if there is none, -1 if it is no number."""
    for name, value in fields:
        if len(name) == 14 and name.lower() == b"content-length":
            return int(value) if value.strip().isdigit() else -1
    return None


def one_length(fields: list[Any]) -> list[Any]:
    """The fields, with content-lengths that say the same collapsed into the first (RFC 9110, section 8.6)."""
    names = (b"content-length", "content-length")
    lengths = [field for field in fields if len(field[0]) == 14 and field[0].lower() in names]
    zero = "0" if lengths and isinstance(lengths[0][1], str) else b"0"
    if len({value.strip().lstrip(zero) for _, value in lengths}) != 1:
        return fields
    first = fields.index(lengths[0])
    return [field for place, field in enumerate(fields) if place == first or field not in lengths]


def write_empty(request: Request, responder: Responder, status: int, fields: Any, length: int | None) -> None:
    """Answer with fields and no content; `length` is the content-length among them. Raises what `write` raises."""
    if length is None and request.method == "HEAD" and status not in CONTENT_FREE:
        # The length of what GET would have sent is not known, and must not be said to be 0.
        responder.write_begin_chunked(fields, status)
        responder.write_end_chunked()
    else:
        responder.write(headers=fields, status=status)
