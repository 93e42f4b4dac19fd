"""Status lines: all 900 of them, made once at import (RFC 9112, section 4)."""

from __future__ import annotations

from fastresp.status import REASONS, status_code

__all__ = ["line_of", "line_with", "status_line"]

# The space after an unknown code's number stays: the grammar wants it. The first 100 are never asked for.
_LINES = tuple(b"HTTP/1.1 %d %b\r\n" % (code, REASONS.get(code, "").encode("ascii")) for code in range(1000))


def status_line(status: int) -> bytes:
    r"""The status line of a StatusCode, an http.HTTPStatus or an int from 100 to 999, CRLF and all.

    Raises TypeError for other types (bool too), ValueError for a number out of range.

    >>> status_line(404)
    b'HTTP/1.1 404 Not Found\r\n'
    """
    if type(status) is int and 100 <= status <= 999:
        return _LINES[status]
    return _LINES[status_code(status)]


def line_of(status: int) -> bytes:
    """The status line of an int from 100 to 999. Raises ValueError for any other."""
    if not 100 <= status <= 999:
        raise ValueError(f"a status is from 100 to 999, not {status}")
    return _LINES[status]


def line_with(status: int, phrase: bytes) -> bytes:
    """The status line of an int from 100 to 999 with this reason phrase, which has been checked."""
    return b"HTTP/1.1 %d %b\r\n" % (status, phrase)
