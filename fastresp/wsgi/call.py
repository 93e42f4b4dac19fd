"""One call of a WSGI application, and what becomes of its answer (PEP 3333).

An answer whose end is known with its first piece is one `write`; a longer one is a device that the thread fills.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import get_ident
from typing import Any, TypeAlias

from fastresp import forks
from fastresp.core.faults import pass_on, report
from fastresp.core.names import describe
from fastresp.engine import Request, Responder
from fastresp.gateway import one_length, write_empty
from fastresp.status import REASONS
from fastresp.wire import format_headers
from fastresp.wsgi.environ import Environ, new_environ
from fastresp.wsgi.errors import ErrorStream
from fastresp.wsgi.feed import WINDOW, Feed
from fastresp.wsgi.files import FileWrapper, as_stated

__all__ = ["Application", "Call"]

Application: TypeAlias = Callable[[Environ, Callable[..., Callable[[bytes], None]]], Iterable[bytes]]

_PHRASE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# What describes a connection, not an answer, and is the server's (PEP 3333, "Other HTTP Features").
_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "trailers", "transfer-encoding", "upgrade"}
_HOP_BY_HOP |= {"proxy-authenticate", "proxy-authorization"}


_USUAL = frozenset(f"{code} {phrase}" for code, phrase in REASONS.items())
_told: set[str] = set()  # hop-by-hop fields of which the log has a line


def _tell_of_hop_by_hop(name: str) -> None:
    if name.lower() not in _told:
        _told.add(name.lower())
        text = (
            "the field %r of a WSGI application is left out: it is the server's (PEP 3333), and so are all later ones"
        )
        report(text, name, level=logging.WARNING)


def _phrase(status: str) -> bytes:
    """The reason phrase of a status. Raises ValueError for one that must not stand in a status line (RFC 9112)."""
    phrase = status[4:]
    if not _PHRASE.fullmatch(phrase):
        raise ValueError(f"a reason phrase has no control characters and none beyond Latin-1, but is {phrase!r}")
    return phrase.encode("latin-1")


class End:
    """The end of a call in a thread, for the loop, which makes a future of it where it has to wait: to wake the loop
    for each call would cost as much as the call.
    """

    __slots__ = ("_future", "_has_come", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._loop = loop
        self._has_come = False
        self._future: asyncio.Future[None] | None = None

    def wait(self) -> asyncio.Future[None] | None:
        """The loop's: a future that is done when it has come; None where it has."""
        if self._has_come or self._loop is None:
            return None
        self._future = self._loop.create_future()
        return None if self._has_come else self._future  # the thread looks in the other order

    def come(self) -> None:
        """Any thread's."""
        self._has_come = True
        future = self._future
        if future is not None and self._loop is not None:
            with suppress(RuntimeError):  # a closed loop waits for nothing
                self._loop.call_soon_threadsafe(_resolve, future)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Call:
    """One call of the application, and its answer. `run` is its thread's; what it hands to `_tell` is the loop's."""

    # PERF: not set for each call, as few calls need others
    _status = 0
    _fields: list[tuple[str, str]]
    _length: int | None = None  # as the application has stated it
    _reason: tuple[int, bytes] | None = None  # behind the status, where it is not the usual one
    _feed: Feed | None = None
    _is_begun = False
    _is_running = False
    _writer = 0  # the thread that may call write(), while it may
    _given = 0  # bytes of content, where its length is stated

    def __init__(
        self,
        app: Application,
        request: Request,
        responder: Responder,
        loop: asyncio.AbstractEventLoop | None,
        spool_limit: int = 0,
    ) -> None:
        self.environ = new_environ(request)
        self._errors: ErrorStream = self.environ["wsgi.errors"]
        self._app = app
        self._request = request
        self._responder = responder
        self._loop = loop  # None: this is its thread
        self.end = End(loop)
        self._spool_limit = spool_limit
        self._generation = forks.generation
        self._collected: list[bytes] = []  # content that waits for the rest, where this is the loop's thread

    def run(self) -> None:
        """Call the application and sees its answer through."""
        try:
            self._run()
        finally:
            self.end.come()

    def _run(self) -> None:
        self._is_running = True
        self._writer = get_ident()
        if self._responder.is_response_canceled:
            return  # it has waited for a thread for too long
        try:
            result = self._app(self.environ, self.start_response)
            close = getattr(result, "close", None)
            try:
                if self._send(result):
                    close = None
            finally:
                if close is not None:
                    close()
        except _Unwanted:
            pass
        except BaseException as error:  # of any kind: the thread, or the loop, is the other requests' too
            self._fail(error)
            if self._loop is None:
                pass_on(error)
        finally:
            self._writer = 0
            self._errors.flush()

    def leave(self, withdraw: Callable[[], object]) -> None:
        """The loop's: the client has left, or closed its side. `withdraw` takes the call back, while it waits for a
        thread, with all that the client has sent.
        """
        if self._responder.is_response_canceled:
            withdraw()
            if not self._is_running:
                self.end.come()
        elif not self._is_running:  # the client still gets an answer, or leaves for good
            asyncio.get_running_loop().call_later(1.0, self.leave, withdraw)

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """PEP 3333, "The start_response() Callable". Raises ValueError, TypeError or HeaderError for what must not be
        sent, AssertionError for a second call without exc_info, and exc_info's exception if it is too late for it.
        """
        try:
            if exc_info is not None:
                if self._is_begun or self._collected:
                    raise exc_info[1].with_traceback(exc_info[2])
            elif self._status:
                raise AssertionError("start_response() was called a second time, without exc_info")
        finally:
            exc_info = None
        if isinstance(status, str):
            status = str.__str__(status)  # what is checked is what is sent
        code = int(status[:3]) if status[:3].isascii() and status[:3].isdigit() and status[3:4] in ("", " ") else 0
        if not 200 <= code <= 999:
            raise ValueError(f"a status is a string like '200 OK', not below 200, but is {status!r}")
        reason = None if status in _USUAL or len(status) < 5 else (code, _phrase(status))
        fields = list(headers)
        format_headers(fields)  # raises here, where the application can catch it
        length = None
        kept = fields
        for field in fields:
            name, value = field
            lowered = name.lower()
            if lowered in _HOP_BY_HOP:
                _tell_of_hop_by_hop(name)
                kept = [each for each in kept if each is not field]
            elif lowered == "content-length":
                if not (value.isascii() and value.strip().isdigit()):
                    raise ValueError(f"a content-length is a whole number, not {value!r}")
                if length is not None and length != int(value):
                    raise ValueError(f"there are two content-lengths, {length} and {value}")
                kept = kept if length is None else one_length(kept)
                length = int(value)
        self._fields = kept
        self._length = length
        self._reason = reason
        self._status = code
        return self._write

    def _send(self, result: Iterable[bytes]) -> bool:
        """Send what the application returned. Whether the responder closes it."""
        if type(result) is FileWrapper and self._status and not self._is_begun and not self._collected:
            device = as_stated(result.filelike, self._length)
            self._is_begun = True
            self._tell(self._answer_with, device)
            return True
        if type(result) is list or type(result) is tuple:
            # PERF: most answers; all of their content is known
            self._write(result[0] if len(result) == 1 else b"".join(result), True)
        else:
            is_all = _is_single(result)
            for piece in result:
                self._write(piece, is_all)
        self._writer = 0
        if self._feed is not None:
            self._feed.end()
        elif not self._is_begun:
            self._answer_whole(b"".join(self._collected))
        return False

    def _write(self, data: bytes, is_all: bool = False) -> None:
        """The write() callable of PEP 3333. Raises _Unwanted when nobody waits for more, RuntimeError where the
        application is not in the middle of its call: an object of its that is collected may write from any thread, that
        of the loop among them, and from within this.
        """
        self._check_process()
        if self._writer != get_ident():
            raise RuntimeError("write() is called by the application, in its thread, until it has returned its content")
        if not isinstance(data, bytes):
            raise TypeError(f"a WSGI application's content is bytes, not {type(data).__name__}")
        writer, self._writer = self._writer, 0
        try:
            self._put(data, is_all)
        finally:
            self._writer = writer

    def _put(self, data: bytes, is_all: bool) -> None:
        length = self._length
        if not data:  # which says that there is nothing yet
            is_over = self._feed is not None and self._feed.is_closed and self._given != length
            if is_over or self._responder.is_response_canceled:
                raise _Unwanted
            return
        self._check_start()
        if length is not None:
            self._given += len(data)
            if self._given > length:
                self._put_last(data, length)
        if self._loop is None:
            self._collected.append(data)
        elif self._feed is not None:
            if not self._feed.put(data):
                raise _Unwanted
        elif self._is_begun:
            raise _Unwanted  # a second piece of what said that it holds one
        elif is_all or length == len(data):
            self._answer_whole(data)
        else:
            self._is_begun = True
            self._feed = Feed(self._loop, self._spool_limit)
            if len(data) <= WINDOW:
                self._feed.put(data)
                self._tell(self._answer_with, self._feed)
            else:  # put() waits for the reader
                self._tell(self._answer_with, self._feed)
                if not self._feed.put(data):
                    raise _Unwanted

    def _put_last(self, data: bytes, length: int) -> None:
        """Take of the data what is within the content-length, log that there is more, and raise _Unwanted."""
        kept = data[: max(0, len(data) - (self._given - length))]
        if self._given - len(data) <= length:
            text = "the answer to %s is longer than the %d bytes of its content-length: what is beyond them is cut"
            report(text, describe(self._request), length)
        if self._feed is not None:
            self._feed.put(kept)
        elif not self._is_begun:
            self._answer_whole(b"".join([*self._collected, kept]))
        raise _Unwanted

    def _check_process(self, error: BaseException | None = None) -> None:
        """End a child that the application has forked: the answer is the parent's to give."""
        if self._generation != forks.generation:
            forks.end(error)

    def _check_start(self) -> None:
        if not self._status:
            raise AssertionError("the application has sent content before it called start_response()")

    def _answer_whole(self, body: bytes) -> None:
        self._check_start()
        self._is_begun = True
        self._tell(self._answer, body)

    def _fail(self, error: BaseException) -> None:
        """The application raised."""
        self._check_process(error)
        self._writer = 0
        if self._feed is not None:
            self._feed.fail("the application failed")
        try:
            self._tell(self._refuse, error, not self._is_begun)
        except _Unwanted:
            self._refuse(error, False)

    def _tell(self, function: Callable[..., None], *arguments: Any) -> None:
        """Schedule a call in the loop's thread."""
        self._check_process()
        if self._loop is None:
            function(*arguments)
            return
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            raise _Unwanted from None  # the loop is closed

    # -- in the loop's thread

    def _answer(self, body: bytes) -> None:
        try:
            if self._reason is not None:
                self._state_reason(self._reason)
            if body:
                self._responder.write(body, self._fields, self._status)
            else:
                write_empty(self._request, self._responder, self._status, self._fields, self._length)
        except BaseException as error:
            self._refuse(error, True)
            pass_on(error)

    def _answer_with(self, device: Any) -> None:
        try:
            if self._reason is not None:
                self._state_reason(self._reason)
            self._responder.write(device, self._fields, self._status)
        except BaseException as error:
            self._refuse(error, True)
            pass_on(error)

    def _state_reason(self, reason: tuple[int, bytes] | None) -> None:
        exchange = self._responder._unanswered()
        if exchange is not None:
            exchange.reason = reason

    def _refuse(self, error: BaseException, nothing_sent: bool) -> None:
        try:
            report("the application failed on %s", describe(self._request), error=error)
        finally:
            if nothing_sent:
                self._state_reason(None)
                self._responder._fail()


class _Unwanted(ConnectionError):
    """Ends an application that goes on when its answer is complete, or its client gone."""

    def __init__(self) -> None:
        super().__init__("nobody waits for more of this answer")


def _is_single(result: Any) -> bool:
    """Whether there is just one piece (PEP 3333, "Handling the Content-Length Header")."""
    try:
        return len(result) == 1
    except TypeError:
        return False
