"""The events of one request, between an ASGI application and a responder (ASGI HTTP specification 2.4).

The start of an answer is held until its first content: an answer of one piece is one `write`. What follows in pieces
is chunked, or counted where the application has stated a content-length.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from pathlib import Path
from typing import Any, TypeAlias

from fastresp.asgi.remarks import Remarks
from fastresp.core.names import describe
from fastresp.engine import Request, Responder
from fastresp.errors import BodyError
from fastresp.gateway import Fields, declared_length, one_length, write_empty
from fastresp.headers import FORBIDDEN_TRAILERS, Headers
from fastresp.status import CONTENT_FREE

__all__ = ["DONE", "ClientDisconnected", "Conversation", "Message"]

Message: TypeAlias = MutableMapping[str, Any]

# Where an answer is. SENT: its head is all of it, as to HEAD; events that add nothing may follow.
_NEW, _HELD, _STREAMING, _SENT, _TRAILERS, DONE = range(6)
_EXPECTED = {
    _NEW: "'http.response.start' comes first",
    _HELD: "'http.response.start' was sent, and 'http.response.body' comes next",
    _TRAILERS: "the content is complete, and 'http.response.trailers' comes next",
    DONE: "the answer is complete",
}

remarks = Remarks()


class ClientDisconnected(OSError):
    """What `send` raises when the client is gone (ASGI HTTP specification, 2.4), or needs no more of an answer.

    >>> async def until_it_leaves(send):
    ...     with contextlib.suppress(ClientDisconnected):
    ...         while True:
    ...             await send({"type": "http.response.body", "body": b"tick", "more_body": True})
    """

    def __init__(self) -> None:
        super().__init__("nothing more can be sent: the client is gone, or has the whole answer")


class Conversation:
    """What `receive` and `send` of one request are."""

    # PERF: few requests need more than the two attributes that are set for each.
    state = _NEW
    _status = 200
    _fields: Fields
    _trailers: Fields | None = None
    _left: int | None = None  # of a content whose length the application has stated
    _pieces: AsyncIterator[bytes] | None = None
    _body_is_read = False
    _over: asyncio.Event | None = None
    _told = False  # that the client is gone, or has closed its side of the connection

    def __init__(self, request: Request, responder: Responder) -> None:
        self._request = request
        self._responder = responder

    async def receive(self) -> Message:
        """The next event: http.request until the body has come, then http.disconnect when there is no more to do,
        as behind a complete answer.
        """
        if not self._body_is_read and self.state != DONE:
            try:
                if self._pieces is None:
                    try:
                        body = self._request.body
                    except RuntimeError:  # it is still to come
                        self._pieces = aiter(self._request)
                    else:
                        self._body_is_read = True
                        return {"type": "http.request", "body": body, "more_body": False}
                return {"type": "http.request", "body": await anext(self._pieces), "more_body": True}
            except StopAsyncIteration:
                self._body_is_read = True
                return {"type": "http.request", "body": b"", "more_body": False}
            except BodyError:
                self._body_is_read = True
                return self._disconnect()
        if self._over is None:
            self._over = asyncio.Event()
            self._responder.on_close(self._over.set)
        if self._over.is_set():
            await asyncio.sleep(0)  # an application that asks on and on must not keep the loop
        await self._over.wait()
        return self._disconnect()

    def _disconnect(self) -> Message:
        # behind a complete answer it is told, too, and what it does wrong there is its own fault
        if self.state not in (_SENT, DONE) or self._responder.is_response_canceled:
            self._told = True
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take an event of the answer, and return when the client has room for more.

        Raises ClientDisconnected when the client is gone, or has the whole answer and more is to come, RuntimeError for
        an event out of order, ValueError and TypeError for what must not be sent.
        """
        try:
            kind = message["type"]
            state = self.state
            if self._responder.is_response_canceled:
                self._told = True
                raise ClientDisconnected
            if kind == "http.response.start" and state == _NEW:
                status = message["status"]
                if status < 200:
                    raise ValueError(
                        f"an answer has a status of 200 or above, not {status}: see http.response.early_hint"
                    )
                self._status = status
                self._fields = _checked(message.get("headers", ()))
                if message.get("trailers"):
                    self._trailers = []
                self.state = _HELD
            elif kind == "http.response.body" and _HELD <= state <= _SENT:
                body = message.get("body", b"")
                if type(body) is not bytes:
                    body = bytes(memoryview(body))
                if message.get("more_body"):
                    if state == _SENT:
                        # it would hold what it makes the rest of, however many such requests a client sends
                        self._told = True
                        raise ClientDisconnected
                    await self._put(body)
                elif state == _HELD and self._trailers is None:
                    # PERF: nearly every answer goes this way
                    try:
                        if body:
                            self._responder.write(body, self._fields, self._status)
                        else:
                            self._write(body)
                    except Exception:
                        self._answer(self._write, body)  # nothing was sent
                    self.state = DONE
                else:
                    await self._put_last(body)
            elif kind == "http.response.trailers" and state == _TRAILERS:
                trailers = [*(self._trailers or ()), *_checked(message.get("headers", ()))]
                if message.get("more_trailers"):
                    self._trailers = trailers
                    await asyncio.sleep(0)  # many of them must not keep the loop
                else:
                    if self._has_content():
                        self._responder.write_end_chunked(trailers=self._announced(trailers))
                    self.state = DONE
            elif kind == "http.response.pathsend" and state == _HELD:
                self._answer(self._write_path, message["path"])
                self.state = DONE
            elif kind == "http.response.early_hint" and state != DONE:
                links = _checked((b"link", link) for link in message.get("links", ()))
                if links and state <= _HELD:  # else there is nothing to say, or it is too late
                    self._responder.write(Headers(links), 103)
                await self._responder.drain()
            else:
                expected = _EXPECTED.get(state, "the content goes on with 'http.response.body'")
                raise RuntimeError(f"the event {kind!r} can't be sent now: {expected}")
        except Exception:
            await asyncio.sleep(0)  # an application that goes on all the same must not keep the loop
            raise

    def excuses(self, error: BaseException) -> bool:
        """The application raised. Whether that is no fault: it was told that the client is gone."""
        if self._told and issubclass(type(error), Exception):
            if type(error) is not ClientDisconnected:  # which is how an application is told
                what = "the client had left" if self._responder.is_response_canceled else "nothing more was wanted"
                remarks.make("the application ended with %r on %s when " + what, error, self._name())
            self._responder._fail(is_told=True)  # one that has closed only its side gets no answer that looks complete
            return True
        return False

    def leave(self) -> None:
        """The application returned before it said that its answer is complete. Raises RuntimeError if it is not."""
        if self.state == _SENT or self._responder.is_response_canceled:
            return
        if self._left == 0:  # all of the content has been sent
            self._responder.write_end_chunked()
            return
        if self._told:
            remarks.make("the application returned without a whole answer to %s when the client had left", self._name())
            self._responder._fail(is_told=True)
            return
        raise RuntimeError(
            "the application returned without an answer"
            if self.state <= _HELD
            else "the application returned in the middle of its answer"
        )

    async def _put(self, body: bytes) -> None:
        """Send content that more may follow."""
        if self.state == _HELD:
            self._answer(self._begin, body)
        if self.state == _STREAMING:
            self._responder.write_chunk(body)
            if self._left is not None:
                self._left -= len(body)
            await self._responder.drain()
        else:
            await asyncio.sleep(0)  # content that is not sent takes its time, too

    async def _put_last(self, body: bytes) -> None:
        if self.state != _STREAMING:
            await self._put(body)
            if self.state != _STREAMING:
                self.state = DONE if self._trailers is None else _TRAILERS
                return
            body = b""
        if self._trailers is not None:
            self._responder.write_chunk(body)
            self.state = _TRAILERS
        else:
            self._responder.write_end_chunked(body)
            self.state = DONE

    def _answer(self, write: Callable[[Any], None], argument: Any) -> None:
        """Send the head by `write`; without what the application can't say of framing, and of trailers."""
        try:
            write(argument)
        except BaseException:
            kept = _possible(self._fields)
            if kept == self._fields:
                self.state = _NEW  # nothing was sent, and another answer may be
                raise
            self._fields = kept
            self._answer(write, argument)

    def _write(self, body: bytes) -> None:
        if body:
            self._responder.write(body, self._fields, self._status)
        else:
            length = declared_length(self._fields)
            write_empty(self._request, self._responder, self._status, self._fields, length)

    def _write_path(self, path: str) -> None:
        self._responder.write(Path(path), self._fields, self._status)

    def _begin(self, body: bytes) -> None:
        """The head of an answer in pieces, of which `body` is the first, and the way that the others take."""
        fields = self._fields
        if self._trailers is not None:
            fields = _without(b"content-length", fields)  # only chunked content has trailers (RFC 9112, section 7.1.2)
        length = declared_length(fields)
        if not self._has_content():
            write_empty(self._request, self._responder, self._status, fields, length)
            self.state = _SENT
        elif length is None:
            self._responder.write_begin_chunked(fields, self._status)
            self.state = _STREAMING
        else:
            self._responder._begin_sized(fields, self._status)
            self._left = length
            self.state = _STREAMING

    def _announced(self, trailers: Fields) -> Fields:
        """Those that may be sent: the client takes them (RFC 9110, section 6.5.1), and a trailer field names them."""
        if not any("trailers" in _options(value) for value in self._request.headers.values("te")):
            return []
        lists = [value.decode("latin-1") for name, value in self._fields if name.lower() == b"trailer"]
        names = [name.strip().lower() for name in ",".join(lists).split(",")]
        kept = [field for field in trailers if field[0].decode("latin-1").lower() in names]
        if len(kept) < len(trailers):
            remarks.make("a trailer that no trailer field announces is left out of the answer to %s", self._name())
        return kept

    def _name(self) -> str:
        return describe(self._request)

    def _has_content(self) -> bool:
        return self._request.method != "HEAD" and self._status not in CONTENT_FREE


def _checked(headers: Any) -> Fields:
    """Header fields of an event, as a list. Raises TypeError for names or values that are not bytes."""
    fields = list(headers)
    for name, value in fields:
        if not (isinstance(name, bytes) and isinstance(value, bytes)):
            raise TypeError(f"names and values of header fields are bytes in ASGI, not {name!r}: {value!r}")
    return fields


def _options(value: str) -> list[str]:
    """The elements of a list, in lower case, without their parameters."""
    return [element.partition(";")[0].strip().lower() for element in value.split(",")]


def _possible(fields: Fields) -> Fields:
    """The fields without a transfer-encoding, which is the server's, with one length, and no trailer announced that
    can't be any (RFC 9110, section 6.5.1).
    """
    kept: Fields = []
    for name, value in one_length(_without(b"transfer-encoding", fields)):
        if name.lower() == b"trailer":
            names = [each for each in value.split(b",") if each.strip().lower() not in FORBIDDEN_TRAILERS]
            if names:
                kept.append((name, b",".join(names)))
        else:
            kept.append((name, value))
    return kept


def _without(name: bytes, fields: Fields) -> Fields:
    return [field for field in fields if field[0].lower() != name]
