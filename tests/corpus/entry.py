"""What the corpus is made of: one raw exchange with what must become of it, and the rule that decides it.

All entries are meant for one server, whose limits are `LIMITS` and whose handler is told below: it answers 200 to
everything. Interim responses are not counted, for they depend on how the request comes in.
"""

from __future__ import annotations

from dataclasses import dataclass

from feeding import chunked_request, request

from fastresp import Config

__all__ = ["LIMITS", "SMUGGLED", "Entry", "Seen", "bad", "chunked_request", "good", "request"]

LIMITS = Config(
    max_url_size=200,
    max_header_field_size=300,
    max_header_size=1000,
    max_header_count=20,
    max_body_size=1000,
    date_header=False,
    connect=True,
)

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: smuggled\r\n\r\n"
"""What follows every refused message: nobody may ever see it as a request."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as the handler has to see it."""

    method: str = "GET"
    target: bytes = b"/"
    body: bytes = b""
    trailers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """The bytes sent (and the client's end behind them, if `eof`), and what must come of them."""

    rule: str
    name: str
    sent: bytes
    seen: tuple[Seen, ...]
    statuses: tuple[int, ...]
    closes: bool
    eof: bool


def good(
    rule: str,
    name: str,
    sent: bytes,
    *seen: Seen,
    closes: bool = False,
    eof: bool = False,
    statuses: tuple[int, ...] | None = None,
) -> Entry:
    """An exchange in which all is well: `seen` are the requests in it, by default one GET of /."""
    seen = seen or (Seen(),)
    return Entry(rule, name, sent, seen, statuses or (200,) * len(seen), closes, eof)


def bad(rule: str, name: str, sent: bytes, status: int = 400, *seen: Seen, eof: bool = False) -> Entry:
    """An exchange that is refused with `status` after the good requests `seen` have been answered."""
    return Entry(rule, name, sent if eof else sent + SMUGGLED, seen, (200,) * len(seen) + (status,), True, eof)
