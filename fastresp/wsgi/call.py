"""One call of a WSGI application, and what becomes of its answer (PEP 3333).

An answer whose end is known with its first piece is one `write`; a longer one is a device that the thread fills.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import get_ident
from typing import Any, TypeAlias

from fastresp import forks
from fastresp.core.faults import pass_on, report
from fastresp.core.names import describe
from fastresp.core.states import READY as _READY
from fastresp.gateway import write_empty
from fastresp.wsgi.environ import Environ, new_environ
from fastresp.wsgi.feed import WINDOW, Feed
from fastresp.wsgi.files import FileWrapper, as_stated
from fastresp.wsgi.head import new_head

__all__ = ["Application", "Call", "new_call"]

Application: TypeAlias = Callable[[Environ, Callable[..., Callable[[bytes], None]]], Iterable[bytes]]

READY = _READY
UNKNOWN = -1


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

    __slots__ = (
        "_app", "_collected", "_errors", "_feed", "_generation", "_given", "_head", "_is_begun", "_is_running", "_loop",
        "_request", "_responder", "_spool_limit", "_writer", "end", "environ",
    )  # fmt: skip

    def __init__(
        self, app: Application, environ: Environ, request: Any, responder: Any, loop: Any, spool_limit: int
    ) -> None:
        self.environ = environ
        self._errors = environ["wsgi.errors"]
        self._app = app
        self._request = request
        self._responder = responder
        self._loop = loop  # None: this is its thread
        self.end = None if loop is None else End(loop)
        self._spool_limit = spool_limit
        self._generation = forks.generation
        self._collected: Any = None  # content that waits for the rest, where this is the loop's thread
        self._head: Any = None  # what start_response() was given
        self._feed: Any = None
        self._is_begun = False
        self._is_running = False
        self._writer = 0  # the thread that may call write(), while it may
        self._given = 0  # bytes of content, where its length is stated

    def __reduce__(self) -> str:
        raise TypeError("a call of an application can't be copied or pickled")

    def run(self) -> None:
        """Call the application and sees its answer through."""
        try:
            self._run()
        finally:
            end = self.end
            if end is not None:
                end.come()

    def _run(self) -> None:
        self._is_running = True
        self._writer = get_ident()
        responder = self._responder
        if responder.is_response_canceled:
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
        responder = self._responder
        end = self.end
        if responder.is_response_canceled:
            withdraw()
            if not self._is_running and end is not None:
                end.come()
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
            elif self._head is not None:
                raise AssertionError("start_response() was called a second time, without exc_info")
        finally:
            exc_info = None
        self._head = new_head(status, headers)
        return self._write

    def _send(self, result: Iterable[bytes]) -> bool:
        """Send what the application returned. Whether the responder closes it."""
        head = self._head
        if type(result) is FileWrapper and head is not None and not self._is_begun and not self._collected:
            device = as_stated(result.filelike, None if head.length < 0 else head.length)
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
            self._answer_whole(b"".join(self._collected or ()))
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
        if type(data) is not bytes:
            data = bytes(memoryview(data))  # what is looked at is what is sent
        writer = self._writer
        self._writer = 0
        try:
            self._put(data, is_all)
        finally:
            self._writer = writer

    def _put(self, data: bytes, is_all: bool) -> None:
        head = self._head
        length = UNKNOWN if head is None else head.length
        if not data:  # which says that there is nothing yet
            feed = self._feed
            responder = self._responder
            is_over = feed is not None and feed.is_closed and self._given != length
            if is_over or responder.is_response_canceled:
                raise _Unwanted
            return
        self._check_start()
        if length >= 0:
            self._given += len(data)
            if self._given > length:
                self._put_last(data, length)
        if self._loop is None:
            if self._collected is None:
                self._collected = [data]
            else:
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
            self._answer_whole(b"".join([*(self._collected or ()), kept]))
        raise _Unwanted

    def _check_process(self, error: BaseException | None = None) -> None:
        """End a child that the application has forked: the answer is the parent's to give."""
        if self._generation != forks.generation:
            forks.end(error)

    def _check_start(self) -> None:
        if self._head is None:
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
        loop = self._loop
        if loop is None:
            function(*arguments)
            return
        try:
            loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            raise _Unwanted from None  # the loop is closed

    # -- in the loop's thread

    def _answer(self, body: bytes) -> None:
        responder = self._responder
        try:
            head = self._head
            if head.reason is not None:
                self._state_reason(head.reason)
            if body:
                # PERF: what `write` does, but for what start_response() has done
                exchange = responder._claim("write()", READY)
                if exchange is not None:
                    responder._answer(exchange, head.status, head.formatted, None, body, False)
            else:
                length = None if head.length < 0 else head.length
                write_empty(self._request, responder, head.status, head.fields, length)
        except BaseException as error:
            self._refuse(error, True)
            pass_on(error)

    def _answer_with(self, device: Any) -> None:
        try:
            head = self._head
            if head.reason is not None:
                self._state_reason(head.reason)
            self._responder.write(device, head.fields, head.status)
        except BaseException as error:
            self._refuse(error, True)
            pass_on(error)

    def _state_reason(self, reason: tuple[int, bytes] | None) -> None:
        responder = self._responder
        exchange = responder._unanswered()
        if exchange is not None:
            exchange.reason = reason

    def _refuse(self, error: BaseException, nothing_sent: bool) -> None:
        try:
            report("the application failed on %s", describe(self._request), error=error)
        finally:
            if nothing_sent:
                self._state_reason(None)
                responder = self._responder
                responder._fail()


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


def new_call(
    app: Application, variables: Environ, request: Any, responder: Any, loop: Any = None, spool_limit: int = 0
) -> Call:
    """A call of the application, to be run in the thread of `loop`, or in another where that is given. `variables` are
    those of its environ that tell of its place.
    """
    return Call(app, new_environ(request, variables), request, responder, loop, spool_limit)
