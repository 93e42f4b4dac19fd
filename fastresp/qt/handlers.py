"""Which thread a handler runs in: the server's, or Qt's."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from fastresp import forks, hooks
from fastresp.checks import Handler, check_handler
from fastresp.core.faults import passes_on, report
from fastresp.core.handlers import is_coroutine_function
from fastresp.core.names import describe
from fastresp.qt.calls import Home
from fastresp.qt.request import QHttpServerRequest
from fastresp.qt.responder import QHttpServerResponder

__all__ = ["in_qt_thread", "in_server_thread"]

QtHandler = Callable[[Any, Any], object]


def in_server_thread(handler: QtHandler) -> Handler:
    """A handler for Server of one that takes (QHttpServerRequest, QHttpServerResponder), called in the server's thread.

    A plain function, which must not block, or a coroutine function; both find the request's body complete. An object
    keeps its `start_up`, `drained` and `shut_down`.
    Raises TypeError for what Server would refuse.
    """
    check_handler(handler)
    if is_coroutine_function(handler):

        @functools.wraps(handler)
        async def wait(request: Any, responder: Any) -> None:
            await request.read()
            await handler(QHttpServerRequest(request), QHttpServerResponder(responder))  # type: ignore[misc]

        hooks.hand_on(handler, wait)
        return wait

    @functools.wraps(handler)
    def call(request: Any, responder: Any) -> object:
        return handler(QHttpServerRequest(request), QHttpServerResponder(responder))

    hooks.hand_on(handler, call)
    return call


def in_qt_thread(handler: QtHandler) -> Handler:
    """A handler for Server of one that takes (QHttpServerRequest, QHttpServerResponder), called in the thread of the
    QCoreApplication, by its event loop, one after the other; of a connection, one request at a time.

    A plain function. What it raises is logged, and the client gets 500. Without a QCoreApplication every request does.
    The `start_up`, `drained` and `shut_down` of an object are called in the server's thread.
    Raises TypeError for a coroutine function, and for what Server would refuse.
    """
    check_handler(handler)
    if is_coroutine_function(handler):
        raise TypeError(_no_coroutines(handler))

    @functools.wraps(handler)
    def post(request: Any, responder: Any) -> None:
        from fastresp.qt.invokers import invoker_of_application

        invoker = invoker_of_application()
        # a socket is asked for its addresses in its own thread, and Request keeps what it says
        _ = request.remote_address, request.local_address
        call = _Call(handler, request, responder)
        responder.on_close(call.leave)
        # in a context of its own: what one request sets must not be seen by the next, which may be another client's
        invoker.post(copy_context().run, call.run)

    hooks.hand_on(handler, post)
    post.in_turn = True  # type: ignore[attr-defined]  # as WsgiHandler: the thread is not one client's
    return post


def _no_coroutines(handler: object) -> str:
    return f"Qt's event loop runs no coroutines; in_qt_thread() takes a plain function, not {handler!r}"


class _Call:
    """A call of the handler that waits for the Qt thread, with all that its client has sent."""

    __slots__ = ("_home", "_work")

    def __init__(self, handler: QtHandler, request: Any, responder: Any) -> None:
        self._home = Home()
        self._work: Any = handler, QHttpServerRequest(request), QHttpServerResponder(responder), responder

    def leave(self) -> None:
        """The loop's: the client has left, or closed its side. One that is gone gets no call, and leaves nothing."""
        work = self._work
        if work is None:
            return
        if work[3].is_response_canceled:
            self._work = None
        else:  # it may still take the answer, or leave for good
            self._home.loop.call_later(1.0, self.leave)

    def run(self) -> None:
        """The Qt thread's."""
        work, self._work = self._work, None
        if work is None:
            return
        handler, request, responder, inner = work
        del work
        generation = forks.generation
        try:
            if not inner.is_response_canceled:
                made = handler(request, responder)
                if inspect.iscoroutine(made):  # a coroutine function behind a decorator
                    made.close()
                    raise TypeError(_no_coroutines(handler))
        except BaseException as error:  # of any kind: PySide ends the process for a SystemExit, and drops the others
            if generation != forks.generation:
                forks.end(error)
            try:
                self._home.call(inner._fail, inner)
            finally:
                report("the handler failed on %s", describe(request._request), error=error)
            if passes_on(error):
                raise
