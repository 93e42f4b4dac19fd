"""The same head by the header writers of other projects: a status line, eight fields, and the blank line, as bytes.

Each gets what its own callers hand it, made beforehand. The calls into aiohttp and h11 are to their private modules, as
neither offers its writer alone.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from bench.micro.cases import FIELDS, OCTETS, Call
from bench.micro.twins import COMPILED
from fastresp import Headers

TARGET = 2.0
"""How many times as fast as aiohttp's compiled writer fastresp's has to be."""


class Rival(NamedTuple):
    """`prepare` makes the call. It raises ImportError or AttributeError where the project or its writer is missing."""

    name: str
    prepare: Callable[[], Call]


def ours(fields: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        wire = COMPILED("wire.headers")
        line = COMPILED("wire.status").status_line(200)

        def head(fields: Any) -> Any:
            return wire.format_head(line, wire.format_headers(fields), None, -1, b"\r\n", b"")

        return head, (fields,)

    return prepare


def aiohttp() -> Call:
    serialize = import_module("aiohttp._http_writer")._serialize_headers
    return serialize, ("HTTP/1.1 200 OK", import_module("multidict").CIMultiDict(FIELDS))


def h11() -> Call:
    response = import_module("h11").Response(status_code=200, reason=b"OK", http_version=b"1.1", headers=OCTETS)
    write_response = import_module("h11._writers").write_any_response

    def head() -> bytes:
        pieces: list[bytes] = []
        write_response(response, pieces.append)
        return b"".join(pieces)

    return head, ()


RIVALS = (
    Rival("fastresp, pairs of str", ours(FIELDS)),
    Rival("fastresp, pairs of bytes", ours(OCTETS)),
    Rival("fastresp, Headers that are sent again", ours(Headers(FIELDS))),
    Rival("aiohttp, CIMultiDict, compiled", aiohttp),
    Rival("h11, Response", h11),
)
"""The first is what the others are compared with."""


def present() -> list[tuple[str, Call]]:
    """Those that are here."""
    found = []
    for rival in RIVALS:
        try:
            found.append((rival.name, rival.prepare()))
        except (ImportError, AttributeError):
            continue
    return found
