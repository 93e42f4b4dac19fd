"""Calling the handler: in a context of its own, with its errors, and its task where it is a coroutine function."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from typing import TYPE_CHECKING, Any

from fastresp import forks
from fastresp.core import isolation, references
from fastresp.core.faults import pass_on, report
from fastresp.core.names import describe
from fastresp.core.responder import new_responder
from fastresp.core.states import DONE
from fastresp.errors import BodyError

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["dispatch"]


def dispatch(service: services.Service, exchange: Any, request: Any) -> None:
    """Call the handler. Whatever it raises ends this request, and no other."""
    responder = new_responder(exchange, service.responder)
    service.responder = None
    try:
        result = isolation.call_in_copy(service, request, responder)
        waits = result is not None and hasattr(type(result), "__await__")
    except BaseException as error:
        fail(service, request, responder, error)
        return
    if service.forked:
        forks.end()
    if result is None:
        if not references.is_shared(request):
            service.request = request
        if not references.is_shared(responder) and responder._state == DONE:
            responder._exchange = None  # a device's answer goes on without it
            service.responder = responder
    elif waits:
        start(service, result, request, responder, exchange)
    else:
        service.tell_of_value(result)


def fail(service: services.Service, request: Any, responder: Any, error: Any) -> None:
    """The handler raised: its request is answered with 500, or broken off, and the log tells."""
    if service.forked:
        forks.end(error)
    try:
        what = describe(request)
    except BaseException:  # memory, or the stack, has run out
        what = "a request"
    responder._fail()
    if issubclass(type(error), BodyError):  # of the type: an instance may have a __class__ of its own making
        if not error.told:
            service.remark(what, error)
        return
    report("the handler failed on %s", what, error=error)
    pass_on(error)


def start(service: services.Service, awaitable: Any, request: Any, responder: Any, exchange: Any) -> None:
    """Run a coroutine handler; in a task of its own from the first time that it waits."""
    task = _new_task(_guard(service, awaitable, request, responder), service.loop, service.context.copy())
    if task.done():
        return
    tasks = service.tasks
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    if not exchange.occupy(task):  # a plain function has answered, and returned what is awaited
        connection = request._peer.connection
        if connection is not None:
            connection.occupy(task)


async def _guard(service: services.Service, awaitable: Any, request: Any, responder: Any) -> None:
    try:
        result = await awaitable
        if service.forked:
            forks.end()
        if result is not None:
            service.tell_of_value(result)
    except asyncio.CancelledError as error:
        if not service.forked and (service.aborted or responder.is_response_canceled):
            responder._fail()  # the server's end, or the client's, is told elsewhere
        else:
            fail(service, request, responder, error)
    except BaseException as error:
        if type(error) is GeneratorExit and service.loop.is_closed():
            raise  # the task is destroyed with its loop
        fail(service, request, responder, error)


if sys.version_info >= (3, 12):

    def _new_task(coroutine: Any, loop: Any, context: contextvars.Context) -> asyncio.Task[None]:
        return asyncio.Task(coroutine, loop=loop, context=context, eager_start=True)

else:

    def _new_task(coroutine: Any, loop: Any, context: contextvars.Context) -> asyncio.Task[None]:
        return asyncio.Task(coroutine, loop=loop, context=context)
