"""The responder: which call means what, and which may follow which (QHttpServerResponder). See `states.py`.

Each call makes plain values of its arguments, looks at the state, changes it, and only then calls the exchange:
whatever code the arguments run, or the exchange's log lines and callbacks, finds a state that holds.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, overload

from fastresp.core import answer as answers
from fastresp.core import device_answer as device_answers
from fastresp.core.arguments import UNSET
from fastresp.core.device import PIECE, discard, source_of
from fastresp.core.faults import warn_of_cycle
from fastresp.core.overloads import bare_error, content_of, formatted, natural_type, read_small, sort, sort_begin
from fastresp.core.states import DONE, DROPPED, NAMES, READY, STREAMING, UPGRADED, fault
from fastresp.errors import ResponderStateError
from fastresp.headers import Headers
from fastresp.response import JSON, Response
from fastresp.status import UNDESCRIBED
from fastresp.wire.chunks import as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastresp.core.arguments import Content, Data
    from fastresp.headers import Fields, Text

__all__ = ["Responder", "new_responder"]


class Responder:
    """Answers one request, once; made by the server for each (QHttpServerResponder).

    `write` or `send_response`, or `write_begin_chunked`, `write_chunk` ..., `write_end_chunked`; before it any number
    of informational responses. It belongs to the loop's thread: from another one, `loop.call_soon_threadsafe`. Dropped
    unanswered it sends 500; dropped in the middle it breaks the connection off.

    >>> handle = lambda request, responder: responder.write({"path": request.path}, 200)
    """

    __slots__ = ("_exchange", "_state", "_status")

    _exchange: Any  # an exchange.Exchange, or None
    _state: int
    _status: int

    def __init__(self) -> None:
        try:
            self._exchange  # noqa: B018
        except AttributeError:
            self._exchange = None  # for __del__
        raise TypeError("a Responder is made by the server, for a handler")

    def __reduce__(self) -> str:
        raise TypeError("a Responder can't be copied or pickled: it answers one request, once")

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
        """Answer the request, whole (QHttpServerResponder::write).

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
                self._answer(exchange, 200, None, mime_type, data, False)
            else:
                self._write(data, mime_type, status, headers)
            return
        discard(data, exchange)
        self._refuse("write()")

    def _write(self, data: Any, mime_type: Any, status: Any, headers: Any) -> None:
        given = data
        try:
            data, kind, head, code = sort(data, mime_type, status, headers)
        except BaseException:
            discard(given, self._exchange)
            raise
        if code < 200:
            discard(data, self._exchange)
            exchange = self._claim("write()", READY)
            if exchange is not None:
                answers.interim(exchange, code, head)
            return
        found = content_of(data)
        if found is None:
            self._write_device(data, kind, head, code)
            return
        content, natural = found
        if data is UNSET and head is None and code >= 400:
            exchange = self._exchange
            content, kind, head = bare_error(exchange, code)
        elif kind is None and (head is None or natural is JSON):
            kind = natural
        exchange = self._claim("write()", READY)
        if exchange is not None:
            self._answer(exchange, code, head, kind, content, data is UNSET)

    def _write_device(self, device: Any, kind: Any, head: Any, code: int) -> None:
        if kind is None and head is None:
            kind = natural_type(device)
        content = b"" if code in UNDESCRIBED else read_small(device, PIECE)
        if content is not None:
            discard(device, self._exchange)
            exchange = self._claim("write()", READY)
            if exchange is not None:
                self._answer(exchange, code, head, kind, content, False)
            return
        source, refusal = source_of(device, self._exchange)  # which closes what it can't open
        exchange = None
        try:
            exchange = self._claim("write()", READY)
            if exchange is not None and source is not None:
                self._state = DONE
                self._status = code
                device_answers.send(exchange, code, head, kind, source)
            elif exchange is not None:
                self._finish(500)
                device_answers.refuse(exchange, refusal)
        except BaseException:
            if exchange is not None:
                self._restore(exchange)  # first: closing may fail where the stack is full
            if source is not None:
                source.context.run(source.close)
            raise
        if exchange is None and source is not None:
            source.context.run(source.close)

    def _answer(self, exchange: Any, status: int, head: Any, kind: Any, data: bytes, bare: bool) -> None:
        """Answer the exchange that this responder has; not any more by the time that foreign code may run."""
        # PERF: as _finish and, in an `except`, _restore: 70 instructions, and calls that the stack would have to hold
        self._exchange = None
        self._state, self._status = DONE, status
        completed = False
        try:
            answers.respond(exchange, status, head, kind, data, bare)
            completed = True
        finally:
            if not (completed or exchange.begun or exchange.ended):
                if self._exchange is None:
                    self._exchange, self._state = exchange, READY
                else:
                    answers.drop(exchange)  # swapped meanwhile: this one has no responder any more

    def send_response(self, response: Response) -> None:
        """Send a Response, which stays usable (QHttpServerResponder::sendResponse).

        Raises ResponderStateError after another answer, TypeError for anything but a Response.
        """
        if self._claim("send_response()", READY) is None:
            return
        if not isinstance(response, Response):
            raise TypeError(f"send_response() takes a Response, not {type(response).__name__}")
        status = response._status
        data = response._data
        fields = response._headers
        if status < 200:
            fields = Headers(fields)
            fields.remove_all("content-type")
        head = formatted(fields)
        exchange = self._claim("send_response()", READY)
        if exchange is None:
            return
        if status < 200:
            answers.interim(exchange, status, head)
            return
        self._finish(status)
        try:
            answers.respond_with(exchange, response, status, head, data)
        except BaseException:
            self._restore(exchange)
            raise

    if TYPE_CHECKING:

        @overload
        def write_begin_chunked(self, mime_type: Text | Fields, status: int, /) -> None: ...
        @overload
        def write_begin_chunked(
            self, mime_type: Text | Fields, trailer_names: Iterable[Text] = ..., status: int = ...
        ) -> None: ...

    def write_begin_chunked(self, mime_type: Any, trailer_names: Any = UNSET, status: Any = UNSET) -> None:
        """Begin an answer whose content follows in chunks (QHttpServerResponder::writeBeginChunked).

        `write_begin_chunked(mime_type, status)`, `write_begin_chunked(headers, status)`,
        `write_begin_chunked(headers, trailer_names, status)`. trailer_names: the fields that `write_end_chunked` may
        send as trailers (RFC 9110, section 6.6.2).
        Raises as `write` does.
        """
        if self._claim("write_begin_chunked()", READY) is None:
            return
        code, kind, head, announced = sort_begin(mime_type, trailer_names, status)
        self._begin("write_begin_chunked()", code, head, kind, announced, False)

    def _begin_sized(self, headers: Any, status: int) -> None:
        """As write_begin_chunked(), with a content-length among the headers, and no chunks."""
        if self._claim("send()", READY) is not None:
            self._begin("send()", status, formatted(headers), None, [], True)

    def _begin(self, call: str, status: int, head: Any, kind: Any, announced: list[bytes], sized: bool) -> None:
        exchange = self._claim(call, READY)
        if exchange is None:
            return
        self._state = STREAMING
        self._status = status
        try:
            answers.begin(exchange, status, head, kind, announced, sized)
        except BaseException:
            self._restore(exchange)
            raise

    def write_chunk(self, data: Data) -> None:
        """Send one chunk (QHttpServerResponder::writeChunk); empty data sends nothing, for it would end the message.

        Raises ResponderStateError outside a chunked answer, TypeError or BufferError for data that is none.
        """
        if self._claim("write_chunk()", STREAMING) is None:
            return
        piece = as_bytes(data)
        exchange = self._claim("write_chunk()", STREAMING)
        if exchange is not None:
            answers.send(exchange, piece)

    def write_end_chunked(self, data: Data = b"", trailers: Fields | None = None) -> None:
        """Send the last data, the trailers, and the end (QHttpServerResponder::writeEndChunked).

        Raises ResponderStateError outside a chunked answer, HeaderError for a trailer that was not announced or may
        not be one (RFC 9110, section 6.5.1); the answer can still be ended then.
        """
        if self._claim("write_end_chunked()", STREAMING) is None:
            return
        piece = as_bytes(data)
        fields = None if trailers is None else Headers(trailers)
        exchange = self._claim("write_end_chunked()", STREAMING)
        if exchange is None:
            return
        self._state = DONE
        self._exchange = None
        completed = False
        try:
            answers.finish(exchange, piece, fields)
            completed = True
        finally:
            if not completed:
                if self._exchange is None:
                    self._exchange, self._state = exchange, STREAMING
                else:
                    answers.drop(exchange)  # as in _answer

    def _upgrade(self, protocol: bytes, headers: Any, session: Any) -> Any:
        """Answer with another protocol, which the client has asked for, and `session` speaks; None if it is gone."""
        head = formatted(headers)
        exchange = self._claim("upgrade()", READY)
        if exchange is None:
            return None
        self._state = UPGRADED
        self._status = 101
        try:
            return answers.upgrade(exchange, protocol, head, session)
        except BaseException:
            self._restore(exchange)
            raise

    def swap(self, other: Responder) -> None:
        """Exchange the two responders: each then answers the other's request (QHttpServerResponder::swap)."""
        if not isinstance(other, Responder):
            raise TypeError(f"swap() takes another Responder, not {type(other).__name__}")
        self._swap(other)

    def _swap(self, other: Responder) -> None:
        for moved in (self._exchange, other._exchange):
            if moved is not None:
                moved.wake()  # a drain() that waits for one of them will have the other
        if self._state == DROPPED or other._state == DROPPED:
            raise ResponderStateError("swap(): a responder that was dropped answers nothing any more")
        exchange, state, status = self._exchange, self._state, self._status
        self._exchange, self._state, self._status = other._exchange, other._state, other._status
        other._exchange, other._state, other._status = exchange, state, status

    @property
    def is_response_canceled(self) -> bool:
        """Whether nothing more of the answer can reach the client: it has left before the answer was complete, or has
        asked for the head alone (QHttpServerResponder::isResponseCanceled)."""
        exchange = self._exchange
        return exchange is not None and (exchange.gone or (self._state == STREAMING and exchange.ended))

    async def drain(self) -> None:
        """Wait while the client reads more slowly than the handler writes, or chunks pile up; not once it is gone."""
        while True:
            exchange = self._exchange
            if exchange is None or exchange.gone or exchange.ended:
                await asyncio.sleep(0)  # a handler that writes on in vain must not keep the loop
                return
            if (waiter := exchange.waiter()) is None:
                return
            await waiter

    def on_close(self, callback: Callable[[], object]) -> None:
        """Call `callback()` once: soon after the exchange is over, or as soon as the client has closed its side of the
        connection, which may still take the answer then; at once, if either has happened. A callback that refers to
        this responder keeps it alive: dropped unanswered, it would not be noticed.
        """
        if not callable(callback):
            raise TypeError(f"on_close() takes a callable, not {callback!r}")
        exchange = self._exchange
        if exchange is None:
            callback()
        else:
            warn_of_cycle(callback, self)
            answers.on_close(exchange, callback)

    def _claim(self, call: str, state: int) -> Any:
        """The exchange, if it may be answered in this state; None if the client is gone. Raises ResponderStateError."""
        exchange = self._exchange
        if exchange is None or self._state != state or exchange.gone:
            self._refuse(call)
            return None
        return exchange

    def _restore(self, exchange: Any) -> None:
        """A call was refused; the answer can still be given if nothing of that call is on its way."""
        if not (exchange.ended or exchange.begun):
            if self._exchange is None or self._exchange is exchange:
                self._exchange, self._state = exchange, READY
            else:
                answers.drop(exchange)  # as in _answer

    def _finish(self, status: int) -> None:
        self._state = DONE
        self._status = status
        self._exchange = None

    def _refuse(self, call: str) -> None:
        """For a call that can't be served: silence when the client is gone, else the reason."""
        exchange = self._exchange
        if exchange is not None and exchange.gone:
            return
        raise ResponderStateError(fault(call, self._state, self._status))

    def _fail(self, is_told: bool = False) -> None:
        """The handler raised; what it has answered goes on. `is_told` that its client has left: no answer follows."""
        exchange, state = self._exchange, self._state
        self._finish(self._status if is_told or state == DONE else 500)
        if exchange is not None and state != DONE and not exchange.gone:
            exchange.abort() if is_told else answers.fail(exchange)

    def _unanswered(self) -> Any:
        """Return the exchange, for an adapter; None behind its answer."""
        return self._exchange

    def __del__(self) -> None:
        exchange = self._exchange
        if exchange is not None and self._state < DONE and not exchange.gone:
            self._exchange = None
            self._state = DROPPED  # before it is answered, for which the collector does not call this again
            answers.drop(exchange)

    def __repr__(self) -> str:
        return f"<Responder {NAMES[self._state]}>"


def new_responder(exchange: Any, spare: Responder | None) -> Responder:
    """A responder that answers `exchange`, in the place of `spare` if there is one, which is DONE."""
    responder = spare
    if responder is None:
        responder = Responder.__new__(Responder)
    responder._exchange = exchange
    responder._state = READY
    responder._status = 0
    return responder
