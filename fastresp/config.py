"""The limits and times of a server, as one immutable value."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from typing import Any

from fastresp.text import shown

__all__ = ["Config"]

# So that no sum of a time and the clock, or of two sizes, leaves what both twins count in.
_LONGEST = 10**9
_LARGEST = sys.maxsize // 2 + 1

# What may be 0, and what that means: no wait, no limit on rates or connections, no body.
_MAY_BE_ZERO = frozenset(
    {
        "keep_alive_timeout",
        "max_body_size",
        "max_connections",
        "max_connections_per_host",
        "min_body_rate",
        "min_write_rate",
        "rate_limit_per_second",
    }
)


@dataclass(frozen=True, slots=True)
class Config:
    """Limits (bytes, counts) and times (seconds) of a server; the defaults are Qt 6.12's where Qt has one.

    keep_alive_timeout: How long a connection may stay idle between two requests; with 0 the answer says close.
    head_timeout: How long a request's head may take, from its first byte, or the connection's start, to its blank line.
    body_timeout: How long a client may send nothing while its request's body is awaited.
    write_timeout: How long a client may take nothing of an answer that is ready for it.
    max_url_size: Bytes of the request target.
    max_header_field_size: Bytes of one field: name, colon, value.
    max_header_size: Bytes of all field lines of a head, with their line ends and the blank line.
    max_header_count: Field lines of a head.
    max_body_size: Bytes of a request's content.
    max_connections: Connections at once; 0 for no limit.
    max_connections_per_host: Connections at once from one address; 0 for no limit.
    rate_limit_per_second: Requests a second from one address; 0 for no limit.
    date_header: Whether answers carry a date field (RFC 9110, section 6.6.1).
    server_header: The value of a server field, if answers are to carry one.
    access_log: Whether each answer is logged to the logger "fastresp.access".
    min_body_rate: Bytes a second that must come of a request's body, on average of half a minute; 0 for no limit.
    connect: Whether the handler gets CONNECT requests (RFC 9110, section 9.3.6); without it they are refused with 501.
    early_hints: Whether 103 responses (RFC 8297) are sent; some proxies take them for the final response.
    min_write_rate: Bytes a second that a client must take of an answer, on average of half a minute; 0 for no limit.
    disconnect_at_drain: Whether the handlers of running streams whose length nothing states are told, as the server's
        end begins, that their client has left (`on_close`, ASGI's http.disconnect): a stream of events holds the end
        for its whole grace else.

    A time is at most 10**9 seconds (so not infinite), a limit at most 2**62.
    Raises TypeError or ValueError for a value that makes no sense, naming the field and the value.

    >>> Config(max_body_size=1 << 20, access_log=True).keep_alive_timeout
    15.0
    """

    keep_alive_timeout: float = 15.0
    head_timeout: float = 10.0
    body_timeout: float = 30.0
    write_timeout: float = 30.0
    max_url_size: int = 65536
    max_header_field_size: int = 49152
    max_header_size: int = 65536
    max_header_count: int = 128
    max_body_size: int = 33554432
    max_connections: int = 0
    max_connections_per_host: int = 0
    rate_limit_per_second: int = 0
    date_header: bool = True
    server_header: str | None = None
    access_log: bool = False
    min_body_rate: int = 240
    connect: bool = False
    early_hints: bool = True
    min_write_rate: int = 240
    disconnect_at_drain: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            kind = str(field.type)
            if kind == "int" or kind == "float":
                object.__setattr__(self, field.name, _number(field.name, kind, value))
            elif kind == "bool" and not isinstance(value, bool):
                raise TypeError(f"Config.{field.name} takes True or False, not {shown(value)}")
        if self.server_header is not None:
            from fastresp.headers import field_value

            octets = field_value("server", self.server_header)
            object.__setattr__(self, "server_header", octets.decode("latin-1"))  # no subclass that reads differently


def _number(name: str, kind: str, value: Any) -> int | float:
    """The value as an exact int or float, within its bounds."""
    if isinstance(value, bool) or not isinstance(value, (int, float) if kind == "float" else int):
        raise TypeError(f"Config.{name} takes {'an int' if kind == 'int' else 'a number'}, not {shown(value)}")
    number: int | float = float.__float__(value) if isinstance(value, float) else int.__index__(value)
    if not number >= 0 or (number == 0 and name not in _MAY_BE_ZERO):
        raise ValueError(f"Config.{name} must be above zero, not {shown(number)}")
    highest = _LARGEST if kind == "int" else _LONGEST
    if number > highest:
        raise ValueError(f"Config.{name} must be at most {highest}, not {shown(number)}")
    return number
