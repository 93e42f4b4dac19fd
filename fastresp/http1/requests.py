"""Requests of the heads that a parser finds: offsets, no copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastresp.core.request import NOTHING, blank_request
from fastresp.http1.codes import ABSOLUTE

if TYPE_CHECKING:
    from fastresp.core import request as requests
    from fastresp.http1 import parser as parsers

__all__ = ["cost_of_query", "new_request"]

PAIR = 168
"""Bytes that a pair of a query takes when it is decoded."""


def new_request(parser: parsers.Parser, peer: requests.Peer, spare: requests.Request | None) -> requests.Request:
    """The request whose head `parser` has just found, in the place of `spare` if there is one.
    Its body is empty until somebody sets it.
    """
    request = spare
    if request is None:
        request = blank_request()
    else:
        request._path = None
        request._path_from = 0
        # PERF: most handlers look at none of these, and to look costs less than to set
        if request._headers is not None:
            request._headers = None
        if request._query is not None:
            request._query = None
        if request._trailers is not None:
            request._trailers = None
        if request._stream is not None:
            request._stream = None
        if request._body is not NOTHING:
            request._body = NOTHING
    request._data = parser.data
    request._method = parser.method
    request._method_start = parser.method_start
    request._method_end = parser.method_end
    request._target_start = parser.target_start
    request._target_end = parser.target_end
    request._fields_start = parser.fields_start
    request._fields_end = parser.fields_end
    if parser.form == ABSOLUTE:
        request._path_from = parser.host_end
    request._host_start = parser.host_start
    request._host_end = parser.host_end
    request._minor = parser.minor
    request._peer = peer
    return request


def cost_of_query(parser: parsers.Parser) -> int:
    """Bytes that the query of the head that `parser` has found takes when it is decoded."""
    data = parser.data
    pairs: int = data.count(b"&", parser.target_start, parser.target_end)
    return PAIR * pairs
