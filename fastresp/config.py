"""The limits and times of a server, as one immutable value."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Config"]

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

    keep_alive_timeout: How long a connection may stay idle between two requests.
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
    min_write_rate: Bytes a second that a client must take of an answer, on average of half a minute; 0 for no limit.
    early_hints: Whether 103 responses are sent; some proxies take one for the final response.

    Raises TypeError or ValueError for a value that makes no sense, naming it.
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
    min_write_rate: int = 240
    early_hints: bool = True

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            kind = str(field.type)
            if kind in ("int", "float"):
                allowed = (int, float) if kind == "float" else (int,)
                if isinstance(value, bool) or not isinstance(value, allowed):
                    raise TypeError(f"Config.{field.name} takes {_article(kind)}, not {value!r}")
                if not value >= 0 or (value == 0 and field.name not in _MAY_BE_ZERO):
                    raise ValueError(f"Config.{field.name} must be above zero, not {value!r}")
            elif kind == "bool" and not isinstance(value, bool):
                raise TypeError(f"Config.{field.name} takes True or False, not {value!r}")
        if self.server_header is not None:
            from fastresp.headers import field_value

            field_value("server", self.server_header)


def _article(kind: str) -> str:
    return "an int" if kind == "int" else "a number"
