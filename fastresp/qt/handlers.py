"""Which thread a handler runs in: the server's, or Qt's."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from fastresp import forks
from fastresp.checks import Handler, check_handler
from fastresp.http.faults import passes_on, report
from fastresp.http.names import describe
from fastresp.qt.calls import Home
from fastresp.qt.request import QHttpServerRequest
from fastresp.qt.responder import QHttpServerResponder

__all__ = ["in_qt_thread", "in_server_thread"]

QtHandler = Callable[[Any, Any], object]


def in_server_thread(handler: QtHandler) -> Handler:
    """A handler for Server of one that takes (QHttpServerRequest, QHttpServerResponder), called in the server's thread.

    A plain function, which must not block, or a coroutine function; both find the request's body complete.
    Raises TypeError for what Server would refuse.
    """
    check_handler(handler)
    if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__):

        @functools.wraps(handler)
        async def wait(request: Any, responder: Any) -> None:
            await request.read()
            await handler(QHttpServerRequest(request), QHttpServerResponder(responder))  # type: ignore[misc]

        return wait

    @functools.wraps(handler)
    def call(request: Any, responder: Any) -> None:
        handler(QHttpServerRequest(request), QHttpServerResponder(responder))

    return call


def in_qt_thread(handler: QtHandler) -> Handler:
    """A handler for Server of one that takes (QHttpServerRequest, QHttpServerResponder), called in the thread of the
    QCoreApplication, by its event loop, one after the other; of a connection, one request at a time.

    A plain function. What it raises is logged, and the client gets 500. Without a QCoreApplication every request does.
    Raises TypeError for a coroutine function, and for what Server would refuse.
    """
    check_handler(handler)
    if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__):
        raise TypeError(f"Qt's event loop runs no coroutines; in_qt_thread() takes a plain function, not {handler!r}")

    @functools.wraps(handler)
    def post(request: Any, responder: Any) -> None:
        from fastresp.qt.couriers import courier_of_application

        courier = courier_of_application()
        # a socket is asked for its addresses in its own thread, and Request keeps what it says
        _ = request.remote_address, request.local_address
        # in a context of its own: what one request sets must not be seen by the next, which may be another client's
        run = copy_context().run
        arguments = QHttpServerRequest(request), QHttpServerResponder(responder), responder, Home()
        courier.post(run, _run, handler, *arguments)

    post.in_turn = True  # type: ignore[attr-defined]  # as WsgiHandler: the thread is not one client's
    return post


def _run(handler: QtHandler, request: Any, responder: Any, inner: Any, home: Home) -> None:
    generation = forks.generation
    try:
        handler(request, responder)
    except BaseException as error:  # of any kind: PySide ends the process for a SystemExit, and drops the others
        if generation != forks.generation:
            forks.end(error)
        try:
            home.call(inner._fail)
        finally:
            report("the handler failed on %s", describe(request._request), error=error)
        if passes_on(error):
            raise
