"""The responder: which call means what, and which may follow which (QHttpServerResponder).

A responder knows only the exchange that it answers: `Exchange` is all that a protocol has to offer it. The states:

    READY      write, send_response with 1xx -> READY; with a final status -> DONE; write_begin_chunked -> STREAMING
    STREAMING  write_chunk -> STREAMING; write_end_chunked -> DONE
    DONE       nothing

Any other call is a ResponderStateError, and the wire is untouched. Once the client is gone every call does nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, overload

from fastresp.errors import ResponderStateError
from fastresp.headers import Headers
from fastresp.http.device import PIECE, discard, is_device
from fastresp.http.files import read_whole
from fastresp.response import BINARY, EMPTY, JSON, TEXT, Json, Response, encode_json, type_of
from fastresp.status import status_code
from fastresp.wire.chunks import as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastresp.headers import Fields, Text
    from fastresp.http.arguments import Content, Data

__all__ = ["Exchange", "Responder", "new_responder"]

READY = 0
STREAMING = 1
DONE = 2

UNSET: Any = type("Unset", (), {"__repr__": lambda self: "..."})()

OVERLOADS = (
    "write(status), write(headers, status), write(document, status), write(document, headers, status), "
    "write(data, mime_type, status), write(data, headers, status)"
)


class Exchange:
    """One request's place on its connection: what a responder needs of a protocol, and nothing else.

    `gone` turns true when the answer can no longer reach the client. Each method checks all that it was given before
    the first byte leaves.
    """

    __slots__ = ("gone",)

    gone: bool

    def interim(self, status: int, fields: Any) -> None:
        """Sends an informational response (RFC 9110, section 15.2)."""
        raise NotImplementedError

    def answer(self, status: int, fields: Any, content_type: Any, data: bytes, bare: bool) -> None:
        """Sends a whole answer. `bare`: there is no content to describe."""
        raise NotImplementedError

    def answer_response(self, response: Any) -> None:
        """Sends a Response."""
        raise NotImplementedError

    def answer_device(self, status: int, fields: Any, content_type: Any, device: Any) -> None:
        """Sends what a device holds."""
        raise NotImplementedError

    def begin(self, status: int, fields: Any, content_type: Any, trailer_names: Any) -> None:
        """Sends a head; the content follows in chunks."""
        raise NotImplementedError

    def chunk(self, data: bytes) -> None:
        """Sends a piece of the content."""
        raise NotImplementedError

    def end(self, data: bytes, trailers: Any) -> None:
        """Sends the last piece and the trailers."""
        raise NotImplementedError

    def fail(self) -> None:
        """There will be no answer from the handler: 500, or the end of the connection if an answer has begun."""
        raise NotImplementedError

    def drop(self) -> None:
        """The responder is gone without an answer: `fail`, and a line in the log."""
        raise NotImplementedError

    def waiter(self) -> Any:
        """A future that is done when the client has caught up; None if it has."""
        raise NotImplementedError

    def on_close(self, callback: Callable[[], object]) -> None:
        """Has `callback` called when the exchange is over."""
        raise NotImplementedError


class Responder:
    """Answers one request, once; made by the server for each (QHttpServerResponder).

    `write` or `send_response`, or `write_begin_chunked`, `write_chunk` ..., `write_end_chunked`; before it any number
    of informational responses. It belongs to the loop's thread: from another one, `loop.call_soon_threadsafe`. Dropped
    unanswered it sends 500; dropped in the middle it breaks the connection off.
    """

    __slots__ = ("_exchange", "_state", "_status")

    _exchange: Exchange | None
    _state: int
    _status: int

    def __init__(self) -> None:
        self._exchange = None  # for __del__
        raise TypeError("a Responder is made by the server, for a handler")

    if TYPE_CHECKING:  # no call goes through these, in either twin

        @overload
        def write(self, status: int = ..., /, *, headers: Fields = ...) -> None: ...
        @overload
        def write(self, *, status: int, headers: Fields = ...) -> None: ...
        @overload
        def write(self, headers: Headers, status: int = ..., /) -> None: ...
        @overload
        def write(self, headers: Headers, /, *, status: int) -> None: ...
        @overload
        def write(self, data: Content, status: int, /, *, headers: Fields = ...) -> None: ...
        @overload
        def write(self, data: Content, mime_type: Text = ..., status: int = ..., *, headers: Fields = ...) -> None: ...
        @overload
        def write(self, data: Content, headers: Fields, /, status: int = ...) -> None: ...

    def write(self, data: Any = UNSET, mime_type: Any = UNSET, status: Any = UNSET, *, headers: Any = UNSET) -> None:
        """Answers the request, whole (QHttpServerResponder::write).

        `write(status)`, `write(headers, status)`, `write(document, status)`, `write(document, headers, status)`,
        `write(data, mime_type, status)`, `write(data, headers, status)`; the status is 200 where none is given.

        data: str (sent as UTF-8), any C-contiguous buffer, or a device: a path, a binary file object, an object with
        `async def read(n)`, an async iterator of bytes. A device is closed when the answer is over, whatever happens.
        document: dict, list or Json. headers: Headers, a mapping, or pairs. Without a type, str is text/plain in UTF-8,
        a document application/json, a path what its name says, anything else application/octet-stream.
        A status below 200 sends an informational response, and the final one may follow.

        Raises HeaderError for a field that must not be sent, ResponderStateError after another answer, TypeError and
        ValueError for other arguments; nothing is sent then.
        """
        exchange = self._exchange
        if exchange is not None and self._state == READY and not exchange.gone:
            # PERF: nearly every answer is bytes with a type; all other overloads are told apart below
            if type(data) is bytes and type(mime_type) is str and status is UNSET and headers is UNSET:
                exchange.answer(200, None, mime_type, data, False)
                self._finish(200)
                return
            self._write(exchange, data, mime_type, status, headers)
            return
        discard(data)
        self._refuse("write()")

    def _write(self, exchange: Any, data: Any, mime_type: Any, status: Any, headers: Any) -> None:
        try:
            data, kind, fields, code = self._sort(data, mime_type, status, headers)
        except BaseException:
            discard(data)
            raise
        if code < 200:
            discard(data)
            exchange.interim(code, fields)
            return
        described = kind is not None or fields is not None
        if data is UNSET:
            exchange.answer(code, fields, kind if described else EMPTY, b"", True)
        elif isinstance(data, str):
            exchange.answer(code, fields, kind if described else TEXT, data.encode(), False)
        elif isinstance(data, bytes | bytearray | memoryview):
            exchange.answer(code, fields, kind if described else BINARY, as_bytes(data), False)
        elif isinstance(data, dict | list | Json):
            document = data.value if isinstance(data, Json) else data
            exchange.answer(code, fields, JSON if kind is None else kind, encode_json(document), False)
        elif is_device(data):
            is_path = isinstance(data, os.PathLike)
            if not described:
                kind = type_of(data) if is_path else BINARY
            content = read_whole(data, PIECE) if is_path else None
            if content is None:
                exchange.answer_device(code, fields, kind, data)
                # the answer goes on without the handler, who may still want to know whether the client stayed
                self._state = DONE
                self._status = code
                return
            exchange.answer(code, fields, kind, content, False)
        else:
            try:
                content = as_bytes(data)
            except TypeError:
                raise TypeError(f"write() can't send {type(data).__name__}: it takes {OVERLOADS}") from None
            exchange.answer(code, fields, kind if described else BINARY, content, False)
        self._finish(code)

    def _sort(self, data: Any, mime_type: Any, status: Any, headers: Any) -> tuple[Any, Any, Any, int]:
        """Which argument is what: the data (or UNSET), the mime type, the fields (or None), the status."""
        if isinstance(data, int) or data is UNSET:
            if mime_type is not UNSET or (data is not UNSET and status is not UNSET):
                raise TypeError(f"write() takes one status and nothing after it: {OVERLOADS}")
            status = status if data is UNSET else data
            data = UNSET
        elif isinstance(data, Headers):
            if headers is not UNSET:
                raise TypeError(f"write() was given headers twice: {OVERLOADS}")
            headers, data = data, UNSET
            if mime_type is not UNSET:
                if status is not UNSET or not isinstance(mime_type, int):
                    raise TypeError(f"after headers only a status may follow: {OVERLOADS}")
                status, mime_type = mime_type, UNSET
        elif isinstance(mime_type, int):
            if status is not UNSET:
                raise TypeError(f"write() was given two statuses: {OVERLOADS}")
            status, mime_type = mime_type, UNSET
        code = 200 if status is UNSET else status_code(status)
        fields = None if headers is UNSET else headers
        kind = None if mime_type is UNSET else mime_type
        if mime_type is not UNSET and not isinstance(mime_type, str | bytes):
            if fields is not None or mime_type is None:
                raise TypeError(f"write() takes a mime type or headers second, not {mime_type!r}: {OVERLOADS}")
            fields, kind = mime_type, None
        return data, kind, fields, code

    def send_response(self, response: Response) -> None:
        """Sends a Response, which stays usable (QHttpServerResponder::sendResponse).

        Raises ResponderStateError after another answer, TypeError for anything but a Response.
        """
        exchange = self._exchange
        if exchange is None or self._state != READY or exchange.gone:
            self._refuse("send_response()")
            return
        if not isinstance(response, Response):
            raise TypeError(f"send_response() takes a Response, not {type(response).__name__}")
        status = response._status
        if status < 200:
            fields = Headers(response.headers)
            fields.remove_all("content-type")
            exchange.interim(status, fields)
            return
        exchange.answer_response(response)
        self._finish(status)

    if TYPE_CHECKING:

        @overload
        def write_begin_chunked(self, mime_type: Text | Fields, status: int, /) -> None: ...
        @overload
        def write_begin_chunked(
            self, mime_type: Text | Fields, trailer_names: Iterable[Text] = ..., status: int = ...
        ) -> None: ...

    def write_begin_chunked(self, mime_type: Any, trailer_names: Any = UNSET, status: Any = UNSET) -> None:
        """Begins an answer whose content follows in chunks (QHttpServerResponder::writeBeginChunked).

        `write_begin_chunked(mime_type, status)`, `write_begin_chunked(headers, status)`,
        `write_begin_chunked(headers, trailer_names, status)`. trailer_names: the fields that `write_end_chunked` may
        send as trailers (RFC 9110, section 6.6.2).
        Raises as `write` does.
        """
        exchange = self._exchange
        if exchange is None or self._state != READY or exchange.gone:
            self._refuse("write_begin_chunked()")
            return
        if isinstance(trailer_names, int):
            if status is not UNSET:
                raise TypeError("write_begin_chunked() was given two statuses")
            status, trailer_names = trailer_names, UNSET
        code = 200 if status is UNSET else status_code(status)
        if code < 200:
            raise ValueError(f"an informational response ({code}) has no content: send it with write({code})")
        names = () if trailer_names is UNSET else trailer_names
        if isinstance(names, str | bytes):
            raise TypeError(f"trailer_names takes a list of names, not the single {type(names).__name__} {names!r}")
        if mime_type is None or isinstance(mime_type, int):
            raise TypeError(f"write_begin_chunked() takes a mime type or headers first, not {mime_type!r}")
        if isinstance(mime_type, str | bytes):
            exchange.begin(code, None, mime_type, names)
        else:
            exchange.begin(code, mime_type, None, names)
        self._state = STREAMING
        self._status = code

    def write_chunk(self, data: Data) -> None:
        """Sends one chunk (QHttpServerResponder::writeChunk); empty data sends nothing, for it would end the message.

        Raises ResponderStateError outside a chunked answer, TypeError or BufferError for data that is none.
        """
        exchange = self._exchange
        if exchange is None or self._state != STREAMING or exchange.gone:
            self._refuse("write_chunk()")
            return
        exchange.chunk(as_bytes(data))

    def write_end_chunked(self, data: Data = b"", trailers: Fields | None = None) -> None:
        """Sends the last data, the trailers, and the end (QHttpServerResponder::writeEndChunked).

        Raises ResponderStateError outside a chunked answer, HeaderError for a trailer that was not announced or may
        not be one (RFC 9110, section 6.5.1); the answer can still be ended then.
        """
        exchange = self._exchange
        if exchange is None or self._state != STREAMING or exchange.gone:
            self._refuse("write_end_chunked()")
            return
        exchange.end(as_bytes(data), trailers)
        self._finish(self._status)

    def swap(self, other: Responder) -> None:
        """Exchanges the two responders: each then answers the other's request (QHttpServerResponder::swap)."""
        if not isinstance(other, Responder):
            raise TypeError(f"swap() takes another Responder, not {type(other).__name__}")
        self._swap(other)

    def _swap(self, other: Responder) -> None:
        exchange, state, status = self._exchange, self._state, self._status
        self._exchange, self._state, self._status = other._exchange, other._state, other._status
        other._exchange, other._state, other._status = exchange, state, status

    @property
    def is_response_canceled(self) -> bool:
        """Whether the client left before the answer was complete (QHttpServerResponder::isResponseCanceled)."""
        return self._exchange is not None and self._exchange.gone

    async def drain(self) -> None:
        """Waits while the client reads more slowly than the handler writes: between chunks, or they pile up in memory.
        Returns at once when it is gone.
        """
        while self._exchange is not None and not self._exchange.gone:
            waiter = self._exchange.waiter()
            if waiter is None:
                return
            await waiter

    def on_close(self, callback: Callable[[], object]) -> None:
        """Has `callback()` called once, soon after the exchange is over: answered whole, or given up because the client
        is gone (`is_response_canceled` tells which). At once, if it is over already.
        """
        if not callable(callback):
            raise TypeError(f"on_close() takes a callable, not {callback!r}")
        if self._exchange is None:
            callback()
        else:
            self._exchange.on_close(callback)

    def _finish(self, status: int) -> None:
        self._state = DONE
        self._status = status
        self._exchange = None

    def _refuse(self, call: str) -> None:
        """For a call that can't be served: silence when the client is gone, else the reason."""
        if self._exchange is not None and self._exchange.gone:
            return
        if self._state == DONE:
            raise ResponderStateError(f"{call}: the request has already been answered, with status {self._status}")
        if self._state == STREAMING:
            raise ResponderStateError(
                f"{call}: a chunked answer (status {self._status}) has begun; write_end_chunked() has to end it first"
            )
        raise ResponderStateError(f"{call}: no chunked answer has begun; write_begin_chunked() has to come first")

    def _fail(self) -> None:
        """The handler raised. What it has answered already, a device among it, goes on without it."""
        exchange = self._exchange
        state = self._state
        self._exchange = None
        self._state = DONE
        if exchange is not None and state != DONE and not exchange.gone:
            self._status = 500
            exchange.fail()

    def __del__(self) -> None:
        exchange = self._exchange
        if exchange is not None and self._state != DONE and not exchange.gone:
            self._exchange = None
            exchange.drop()

    def __repr__(self) -> str:
        return f"<Responder {('ready', 'streaming', 'done')[self._state]}>"


def new_responder(exchange: Any, spare: Responder | None) -> Responder:
    """A responder that answers `exchange`, in the place of `spare` if there is one, which is DONE."""
    responder = spare
    if responder is None:
        responder = Responder.__new__(Responder)
    responder._exchange = exchange
    responder._state = READY
    responder._status = 0
    return responder
