"""What an application gives `start_response`, checked (PEP 3333, "The start_response() Callable")."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

from fastresp.core.faults import report
from fastresp.core.overloads import formatted
from fastresp.gateway import one_length
from fastresp.status import REASONS

__all__ = ["Head", "new_head"]

UNKNOWN = -1
LARGEST = sys.maxsize
_PHRASE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# What describes a connection, not an answer, and is the server's (PEP 3333, "Other HTTP Features").
_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "trailers", "transfer-encoding", "upgrade"}
_HOP_BY_HOP |= {"proxy-authenticate", "proxy-authorization"}
_USUAL = frozenset(f"{code} {phrase}" for code, phrase in REASONS.items())
_told: set[str] = set()  # hop-by-hop fields of which the log has a line


class Head:
    """`status`: the code. `reason`: it and the phrase behind it, where that is not the usual one, else None. `fields`:
    without those of the connection. `formatted`: they, as `overloads.formatted` returns them. `length`: the
    content-length among them, UNKNOWN if there is none.
    """

    __slots__ = ("fields", "formatted", "length", "reason", "status")

    def __init__(self, status: Any, headers: Any) -> None:
        if isinstance(status, str):
            status = str.__str__(status)  # what is checked is what is sent
        code = int(status[:3]) if status[:3].isascii() and status[:3].isdigit() and status[3:4] in ("", " ") else 0
        if not 200 <= code <= 999:
            raise ValueError(f"a status is a string like '200 OK', not below 200, but is {status!r}")
        self.status = code
        self.reason: Any = None if status in _USUAL or len(status) < 5 else (code, _phrase(status))
        fields = list(headers)
        self.formatted = formatted(fields)
        length = UNKNOWN
        kept = fields
        for field in fields:
            name, value = field
            if not (isinstance(name, str) and isinstance(value, str)):
                raise TypeError(f"a field of a WSGI application is two str (PEP 3333), not {name!r} and {value!r}")
            lowered = name.lower()
            if lowered in _HOP_BY_HOP:
                _tell_of_hop_by_hop(name)
                kept = _without(kept, field)
            elif lowered == "content-length":
                if not (value.isascii() and value.strip().isdigit()):
                    raise ValueError(f"a content-length is a whole number, not {value!r}")
                stated = min(int(value), LARGEST)  # what is more is refused with the answer
                if length >= 0 and length != stated:
                    raise ValueError(f"there are two content-lengths, {length} and {value}")
                if length >= 0:
                    kept = one_length(kept)
                length = stated
        if kept is not fields:
            self.formatted = formatted(kept)
        self.fields = kept
        self.length = length


def _phrase(status: str) -> bytes:
    """The reason phrase of a status. Raises ValueError for one that must not stand in a status line (RFC 9112)."""
    phrase = status[4:]
    if not _PHRASE.fullmatch(phrase):
        raise ValueError(f"a reason phrase has no control characters and none beyond Latin-1, but is {phrase!r}")
    return phrase.encode("latin-1")


def _tell_of_hop_by_hop(name: str) -> None:
    if name.lower() not in _told:
        _told.add(name.lower())
        text = (
            "the field %r of a WSGI application is left out: it is the server's (PEP 3333), and so are all later ones"
        )
        report(text, name, level=logging.WARNING)


def _without(fields: list[Any], left_out: Any) -> list[Any]:
    kept = []
    for field in fields:
        if field is not left_out:
            kept.append(field)
    return kept


def new_head(status: Any, headers: Any) -> Head:
    """The head of an answer. Raises ValueError, TypeError or HeaderError for what must not be sent."""
    return Head(status, headers)
