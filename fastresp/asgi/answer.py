"""The answer to one request, from the events that an ASGI application sends (ASGI HTTP specification 2.4).

The start of an answer is held until its first content: an answer of one piece is one `write`. What follows in pieces
is chunked, or counted where the application has stated a content-length.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastresp.asgi.errors import ClientDisconnected
from fastresp.asgi.fields import announced, possible, takes_trailers, without
from fastresp.asgi.remarks import remarks
from fastresp.core.names import describe
from fastresp.core.overloads import formatted
from fastresp.core.states import READY as _READY
from fastresp.gateway import declared_length, write_empty
from fastresp.headers import Headers
from fastresp.status import CONTENT_FREE, status_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastresp.gateway import Fields

__all__ = ["Answer", "new_answer"]

READY = _READY
# Where an answer is. SENT: its head is all of it, as to HEAD; events that add nothing may follow.
NEW, HELD, STREAMING, SENT, TRAILERS, DONE = range(6)
EXPECTED = {
    NEW: "'http.response.start' comes first",
    HELD: "'http.response.start' was sent, and 'http.response.body' comes next",
    TRAILERS: "the content is complete, and 'http.response.trailers' comes next",
    DONE: "the answer is complete",
}
UNKNOWN = -1
LOOKS = 64
"""How often `receive` may be asked behind the body before it takes a turn of the loop each time."""
NOTHING: Fields = []


class Answer:
    """What has become of one answer so far."""

    __slots__ = (
        "_asked", "_fields", "_left", "_state", "_status", "_told", "_trailers", "is_read", "over", "pieces", "request",
        "responder",
    )  # fmt: skip

    _fields: Fields
    _trailers: Fields | None

    def __init__(self, request: Any, responder: Any) -> None:
        self._state = NEW
        self._told = False  # the application, that the client is gone, or has closed its side of the connection
        self.request = request
        self.responder = responder
        self._status = 0
        self._fields = NOTHING
        self._trailers = None
        self._left = UNKNOWN  # of a content whose length the application has stated
        # what `receive` knows: the pieces of the request's body, its end, and the event that the exchange is over
        self.pieces: Any = None
        self.is_read = False
        self.over: Any = None
        self._asked = 0  # how often it was asked behind the body

    def __reduce__(self) -> str:
        raise TypeError("the answer to a request can't be copied or pickled")

    def take(self, message: Any) -> Any:
        """Take an event of the answer. What is returned, if not None, is to be awaited before the client has room, as
        the responder's `drain` says it.

        Raises ClientDisconnected when the client is gone, or has the whole answer and more is to come, RuntimeError for
        an event out of order, ValueError and TypeError for what must not be sent.
        """
        event = message if type(message) is dict else dict(message)
        kind = event["type"]
        state = self._state
        if self.responder.is_response_canceled:
            self._told = True
            raise ClientDisconnected
        if kind == "http.response.start" and state == NEW:
            self._hold(event)
        elif kind == "http.response.body" and HELD <= state <= SENT:
            body = event.get("body", b"")
            if type(body) is not bytes:
                body = bytes(memoryview(body))
            if event.get("more_body"):
                if state == SENT:
                    # it would hold what it makes the rest of, however many such requests a client sends
                    self._told = True
                    raise ClientDisconnected
                return self._put(body)
            if state == HELD and self._trailers is None:
                self._send_whole(body)
                self._state = DONE
            else:
                return self._put_last(body)
        elif kind == "http.response.trailers" and state == TRAILERS:
            return self._put_trailers(event)
        elif kind == "http.response.pathsend" and state == HELD:
            self._send_head(self._write_path, event["path"])
            self._state = DONE
        elif kind == "http.response.early_hint" and state != DONE:
            return self._hint(event)
        else:
            expected = EXPECTED.get(state, "the content goes on with 'http.response.body'")
            raise RuntimeError(f"the event {kind!r} can't be sent now: {expected}")
        return None

    def excuses(self, error: BaseException) -> bool:
        """The application raised. Whether that is no fault: it was told that the client is gone."""
        if self._told and issubclass(type(error), Exception):
            if type(error) is not ClientDisconnected:  # which is how an application is told
                what = "the client had left" if self.responder.is_response_canceled else "nothing more was wanted"
                remarks.make("the application ended with %r on %s when " + what, error, describe(self.request))
            self.responder._fail(is_told=True)  # one that has closed only its side gets no answer that looks complete
            return True
        return False

    def leave(self) -> None:
        """The application returned. Raises RuntimeError if its answer is not complete."""
        if self._state == DONE or self._state == SENT or self.responder.is_response_canceled:
            return
        if self._left == 0:  # all of the content has been sent
            self.responder.write_end_chunked()
            return
        if self._told:
            what = "the application returned without a whole answer to %s when the client had left"
            remarks.make(what, describe(self.request))
            self.responder._fail(is_told=True)
            return
        raise RuntimeError(
            "the application returned without an answer"
            if self._state <= HELD
            else "the application returned in the middle of its answer"
        )

    def is_complete(self) -> bool:
        """Return whether the application has sent all of it."""
        return self._state == DONE

    def asks_on(self) -> bool:
        """Count a `receive` behind the body. Return whether it must not keep the loop any more: there were so many.

        The first ones answer without a turn: an application that looks whether its client has left (Starlette's
        is_disconnected) takes what waits for a turn for a no.
        """
        self._asked += 1
        return self._asked > LOOKS

    def tell(self) -> None:
        """The application is told that the client has left."""
        # behind a complete answer it is told, too, and what it does wrong there is its own fault
        if (self._state != SENT and self._state != DONE) or self.responder.is_response_canceled:
            self._told = True

    def _hold(self, event: dict[str, Any]) -> None:
        status = status_code(event["status"])
        if status < 200:
            raise ValueError(f"an answer has a status of 200 or above, not {status}: see http.response.early_hint")
        self._fields = checked(event.get("headers", ()))
        self._status = status
        if event.get("trailers"):
            self._trailers = []
        self._state = HELD

    def _send_whole(self, body: bytes) -> None:
        # PERF: nearly every answer goes this way
        responder = self.responder
        try:
            if body:
                head = formatted(self._fields)
                exchange = responder._claim("send()", READY)
                if exchange is not None:
                    responder._answer(exchange, self._status, head, None, body, False)
            else:
                self._write(body)
        except Exception:
            self._send_head(self._write, body)  # nothing was sent

    def _put(self, body: bytes) -> Any:
        """Send content that more may follow."""
        if self._state == HELD:
            self._send_head(self._begin, body)
        if self._state != STREAMING:
            return asyncio.sleep(0)  # content that is not sent takes its time, too
        self.responder.write_chunk(body)
        if self._left >= 0:
            self._left -= len(body)
        return self._room()

    def _put_last(self, body: bytes) -> Any:
        waits = None
        if self._state != STREAMING:
            waits = self._put(body)
            if self._state != STREAMING:
                self._state = DONE if self._trailers is None else TRAILERS
                return waits
            body = b""
        if self._trailers is not None:
            self.responder.write_chunk(body)
            self._state = TRAILERS
        else:
            self.responder.write_end_chunked(body)
            self._state = DONE
        return waits

    def _put_trailers(self, event: dict[str, Any]) -> Any:
        trailers = (self._trailers or []) + checked(event.get("headers", ()))
        if event.get("more_trailers"):
            self._trailers = trailers
            return asyncio.sleep(0)  # many of them must not keep the loop
        if self._has_content():
            kept: Fields = []
            if takes_trailers(self.request.headers.values("te")):
                kept = announced(trailers, self._fields)
                if len(kept) < len(trailers):
                    what = "a trailer that no trailer field announces is left out of the answer to %s"
                    remarks.make(what, describe(self.request))
            self.responder.write_end_chunked(trailers=kept)
        self._state = DONE
        return None

    def _hint(self, event: dict[str, Any]) -> Any:
        fields = []
        for link in event.get("links", ()):
            fields.append((b"link", link))
        links = checked(fields)
        if links and self._state <= HELD:  # else there is nothing to say, or it is too late
            self.responder.write(Headers(links), 103)
        return self._room()

    def _send_head(self, write: Callable[[Any], None], argument: Any) -> None:
        """Send the head by `write`; without what the application can't say of framing, and of trailers."""
        try:
            write(argument)
        except BaseException:
            fields = self._fields
            kept = possible(fields)
            if kept == fields:
                self._state = NEW  # nothing was sent, and another answer may be
                raise
            self._fields = kept
            self._send_head(write, argument)

    def _write(self, body: bytes) -> None:
        if body:
            self.responder.write(body, self._fields, self._status)
        else:
            write_empty(self.request, self.responder, self._status, self._fields, declared_length(self._fields))

    def _write_path(self, path: str) -> None:
        self.responder.write(Path(path), self._fields, self._status)

    def _begin(self, body: bytes) -> None:
        """The head of an answer in pieces, of which `body` is the first, and the way that the others take."""
        fields = self._fields
        if self._trailers is not None:
            fields = without(b"content-length", fields)  # only chunked content has trailers (RFC 9112, section 7.1.2)
        length = declared_length(fields)
        if not self._has_content():
            write_empty(self.request, self.responder, self._status, fields, length)
            self._state = SENT
        elif length is None:
            self.responder.write_begin_chunked(fields, self._status)
            self._state = STREAMING
        else:
            self.responder._begin_sized(fields, self._status)
            self._left = length
            self._state = STREAMING

    def _room(self) -> Any:
        """What to wait for before the client has room; None if it has."""
        exchange = self.responder._unanswered()
        if exchange is None or exchange.gone or exchange.ended:
            return asyncio.sleep(0)  # an application that writes on in vain must not keep the loop
        return exchange.waiter()

    def _has_content(self) -> bool:
        request = self.request
        return request.method != "HEAD" and self._status not in CONTENT_FREE


def checked(headers: Any) -> Fields:
    """Header fields of an event, as a list. Raises TypeError for names or values that are not bytes."""
    fields = list(headers)
    for name, value in fields:
        if not (isinstance(name, bytes) and isinstance(value, bytes)):
            raise TypeError(f"names and values of header fields are bytes in ASGI, not {name!r}: {value!r}")
    return fields


def new_answer(request: Any, responder: Any) -> Answer:
    """The answer of `responder` to `request`, of which nothing is sent."""
    return Answer(request, responder)
