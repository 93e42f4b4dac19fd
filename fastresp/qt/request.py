"""QHttpServerRequest: fastresp's Request in Qt's spelling."""

from __future__ import annotations

from enum import Flag
from typing import TYPE_CHECKING, Any

from fastresp.qt.headers import QHttpHeaders
from fastresp.text import host_port

if TYPE_CHECKING:
    from fastresp.core.query import Query

__all__ = ["QHttpServerRequest"]


class _Method(Flag):
    """A request's method (QHttpServerRequest::Method)."""

    Unknown = 0
    Get = 1
    Put = 2
    Delete = 4
    Post = 8
    Head = 16
    Options = 32
    Patch = 64
    Connect = 128
    Trace = 256
    AnyKnown = 511


_METHODS = {method.name.upper(): method for method in _Method if method.name is not None}


class QHttpServerRequest:
    """What a client asked (QHttpServerRequest). `request`: the Request that the server made."""

    __slots__ = ("_headers", "_request")

    Method = _Method

    def __init__(self, request: Any) -> None:
        self._request = request
        self._headers: QHttpHeaders | None = None

    def method(self) -> _Method:
        """The method; Method.Unknown for one that Qt has no name for."""
        return _METHODS.get(self._request.method, _Method.Unknown)

    def url(self) -> str:
        """The URL that was asked for, as sent: scheme, host, path and query."""
        request = self._request
        target: str = request.target.decode("ascii")
        if not target.startswith(("/", "*")) and request.method != "CONNECT":
            return target
        host = request.host or self._at()
        return f"{request.scheme}://{host}" + (target if target.startswith("/") else "")

    def query(self) -> Query:
        """The URL's query, decoded: a mapping to the first value of each name; `items()` has every pair."""
        query: Query = self._request.query
        return query

    def headers(self) -> QHttpHeaders:
        """The header fields."""
        if self._headers is None:
            self._headers = QHttpHeaders(self._request.headers)
        return self._headers

    def value(self, key: Any) -> bytes:
        """The values of all fields of that name as one, joined by ", "; b"" if there is none."""
        return self.headers().combinedValue(key)

    def body(self) -> bytes:
        """The content, whole."""
        body: bytes = self._request.body
        return body

    def remoteAddress(self) -> str:
        """The client's IP address; "" on a local socket, or once the client is gone."""
        return _host(self._request.remote_address)

    def remotePort(self) -> int:
        """The client's port; 0 where it has none."""
        return _port(self._request.remote_address)

    def localAddress(self) -> str:
        """The IP address that the client connected to; "" on a local socket."""
        return _host(self._request.local_address)

    def localPort(self) -> int:
        """The port that the client connected to; 0 where there is none."""
        return _port(self._request.local_address)

    def __repr__(self) -> str:
        return repr(self._request).replace("<Request", "<QHttpServerRequest", 1)

    def _at(self) -> str:
        """Where the client connected to, for a request of HTTP/1.0 that names no host."""
        host = self.localAddress()
        return host_port(host, self.localPort()) if host else "localhost"


def _host(address: Any) -> str:
    return str(address[0]) if isinstance(address, tuple) else ""


def _port(address: Any) -> int:
    return int(address[1]) if isinstance(address, tuple) else 0
