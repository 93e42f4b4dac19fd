"""A request as its handler sees it: offsets into the bytes that came, made into Python values at the first look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastresp.core.body import Body, whole
from fastresp.core.path import path_text
from fastresp.core.query import new_query
from fastresp.headers import FORBIDDEN_TRAILERS, Headers
from fastresp.wire import octets
from fastresp.wire.octets import HTAB, LF, QUESTION, SLASH, SP
from fastresp.wire.octets import TOKEN as _TOKEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastresp.core.query import Query

__all__ = ["Peer", "Request", "blank_request", "empty", "new_peer"]

TOKEN = _TOKEN

METHODS = ("", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")


class Peer:
    """The two ends of a connection. Each address costs a system call, so it is asked for once, when wanted."""

    __slots__ = ("_local", "_remote", "connection", "secure", "tls", "transport")

    def __init__(self, transport: Any, secure: bool, connection: Any) -> None:
        self.connection = connection
        self.transport = transport
        self.secure = secure
        self._remote: Any = None
        self._local: Any = None
        self.tls: Any = None  # what an adapter tells of its TLS

    def __reduce__(self) -> str:
        raise TypeError("a Peer can't be copied or pickled")

    def remote(self) -> Any:
        """The client's address as the socket gives it; None if it can't be had any more."""
        if self._remote is None and self.transport is not None:
            self._remote = self.transport.get_extra_info("peername")
        return self._remote

    def local(self) -> Any:
        """The server's address on this connection."""
        if self._local is None and self.transport is not None:
            self._local = self.transport.get_extra_info("sockname")
        return self._local


class Request:
    """What a client asked; made by the server. Nothing is decoded before it is looked at.

    A plain handler finds the content in `body`; a coroutine reads it, once, by `await read()` or
    `async for piece in request`.

    >>> handle = lambda request, responder: responder.write(f"{request.method} {request.path}")
    """

    # fmt: off
    __slots__ = (
        "_body", "_data", "_fields_end", "_fields_start", "_headers", "_host_end", "_host_start", "_method",
        "_method_end", "_method_start", "_minor", "_path", "_path_from", "_peer", "_query", "_stream", "_target_end",
        "_target_start", "_trailers",
    )
    # fmt: on

    _data: bytes
    _method: int
    _method_start: int
    _method_end: int
    _target_start: int
    _target_end: int
    _fields_start: int
    _fields_end: int
    _path_from: int  # where its path may begin, behind the host of a target in absolute-form; else 0
    _host_start: int
    _host_end: int
    _minor: int
    _path: str | None
    _peer: Peer
    _body: bytes | None
    _stream: Body | None
    _headers: Headers | None
    _query: Query | None
    _trailers: Headers | bytes | None

    def __init__(self) -> None:
        raise TypeError("a Request is made by the server, for a handler")

    def __reduce__(self) -> str:
        raise TypeError("a Request can't be copied or pickled: it is its handler's; keep its values instead")

    @property
    def method(self) -> str:
        """The method, in the spelling of the request (RFC 9110, section 9)."""
        if self._method:
            return METHODS[self._method]
        return octets.piece(self._data, self._method_start, self._method_end).decode("ascii")

    @property
    def target(self) -> bytes:
        """The request target, as sent (RFC 9112, section 3.2)."""
        return octets.piece(self._data, self._target_start, self._target_end)

    def _path_start(self) -> int:
        """Where the path of the target begins; in absolute-form that may be where the query does, or the end."""
        start = self._target_start
        if self._path_from:
            start = self._path_from
            while start < self._target_end and self._data[start] != SLASH and self._data[start] != QUESTION:
                start += 1
        return start

    def _path_end(self) -> int:
        """Where it ends: at the first "?" of the target, or with it."""
        end = octets.find(self._data, QUESTION, self._target_start, self._target_end)
        return self._target_end if end < 0 else end

    @property
    def path(self) -> str:
        """The target's path, percent-decoded as UTF-8 (what is not UTF-8 becomes U+FFFD)."""
        if self._path is None:
            self._path = path_text(self._data, self._path_start(), self._path_end())
        return self._path

    @property
    def raw_path(self) -> bytes:
        """The target's path, as sent."""
        return octets.piece(self._data, self._path_start(), self._path_end()) or b"/"

    @property
    def query_string(self) -> bytes:
        """The target's query, as sent, without its "?"."""
        return octets.piece(self._data, self._path_end() + 1, self._target_end)

    @property
    def query(self) -> Query:
        """The target's query, decoded."""
        if self._query is None:
            self._query = new_query(self._data, self._path_end() + 1, self._target_end)
        return self._query

    @property
    def headers(self) -> Headers:
        """The header fields; the same object at each look."""
        if self._headers is None:
            self._headers = Headers._trusted(_fields(self._data, self._fields_start, self._fields_end, False))
        return self._headers

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The header fields in their order, as pairs of bytes, the names in lower case; a new list at each look."""
        return _fields(self._data, self._fields_start, self._fields_end, True)

    @property
    def trailers(self) -> Headers:
        """The trailer fields that came after a chunked body, without those that may not be there (RFC 9110, 6.5.1)."""
        if self._trailers is None:
            return Headers()
        if isinstance(self._trailers, bytes):
            kept = []
            for field in _fields(self._trailers, 0, len(self._trailers), False):
                if field[0].lower() not in FORBIDDEN_TRAILERS:
                    kept.append(field)
            self._trailers = Headers._trusted(kept)
        return self._trailers

    @property
    def host(self) -> str:
        """The host, and its port where one is given, that the request is for: the authority of a target that has one,
        else the Host field (RFC 9112, section 3.3).
        """
        return octets.piece(self._data, self._host_start, self._host_end).decode("latin-1")

    @property
    def http_version(self) -> str:
        """ "1.1" or "1.0"."""
        return "1.1" if self._minor else "1.0"

    @property
    def scheme(self) -> str:
        """ "https" on a TLS connection, else "http"."""
        return "https" if self._peer.secure else "http"

    @property
    def remote_address(self) -> Any:
        """The client's address: (host, port, ...) on TCP, "" or a path on a UNIX socket, None once it is gone."""
        peer = self._peer
        return peer.remote()

    @property
    def local_address(self) -> Any:
        """The address that the client connected to."""
        peer = self._peer
        return peer.local()

    @property
    def body(self) -> bytes:
        """The content. A coroutine handler has it after `await request.read()`; before, this is a RuntimeError."""
        if self._body is None:
            raise RuntimeError("the request's body has not been read yet: await request.read() first")
        return self._body

    async def read(self) -> bytes:
        """Collect the content and returns it. Raises BodyError when the client leaves or breaks off.

        A call that was cancelled, by a time-out say, can be made again.
        """
        if self._body is None:
            self._body = await self._unread().read()
        return self._body

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The content piece by piece, as it comes; while nobody reads, the client is held back."""
        return (self._unread() if self._body is None else whole(self._body)).take()

    def _unread(self) -> Body:
        """What the body is read from."""
        if self._stream is None:
            raise RuntimeError("there is no body to read: it is given up, or this Request was not made by the server")
        return self._stream

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.target.decode('ascii')}>"


def _fields(data: bytes, place: int, end: int, lower: bool) -> list[tuple[bytes, bytes]]:
    """The fields of the lines in data[place:end], which a scanner has judged: none is without its colon and CRLF."""
    fields = []
    p = data
    while place < end:
        colon = octets.run_end(TOKEN, p, place)
        start = colon + 1
        line_end = octets.find(p, LF, start, end)
        stop = line_end - 1  # before its CR
        while start < stop and (p[start] == SP or p[start] == HTAB):
            start += 1
        while start < stop and (p[stop - 1] == SP or p[stop - 1] == HTAB):
            stop -= 1
        name = octets.lowered(data, place, colon) if lower else octets.piece(data, place, colon)
        fields.append((name, octets.piece(data, start, stop)))
        place = line_end + 1
    return fields


def new_peer(transport: Any, secure: bool, connection: Any = None) -> Peer:
    """The two ends of `transport`, which is that of `connection`."""
    return Peer(transport, secure, connection)


def blank_request() -> Request:
    """A request of which nothing is known."""
    request = Request.__new__(Request)
    request._headers = request._query = request._stream = request._trailers = None
    empty(request)
    return request


NOBODY = Peer(None, False, None)
NOTHING = b""


def empty(request: Request) -> None:
    """Give up all that the request refers to."""
    request._data = NOTHING
    # they are looked up without a look at the end
    request._method_end = request._target_start = request._target_end = request._host_end = 0
    request._fields_start = request._fields_end = 0
    request._path_from = 0
    request._peer = NOBODY
    request._body = NOTHING
    request._path = None
    if request._headers is not None:  # PERF: as in new_request
        request._headers = None
    if request._query is not None:
        request._query = None
    if request._stream is not None:
        request._stream = None
    if request._trailers is not None:
        request._trailers = None
