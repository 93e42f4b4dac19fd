"""Calling the handler: in a context of its own, and in a task of its own where it is a coroutine function."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from typing import TYPE_CHECKING, Any

from fastresp import forks
from fastresp.core import isolation, references
from fastresp.core.handling import fail, new_handling, park
from fastresp.core.parking import PARKS as _PARKS
from fastresp.core.responder import new_responder
from fastresp.core.service import PENDING
from fastresp.core.states import DONE

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["dispatch", "prepare"]

PARKS = _PARKS


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


def start(service: services.Service, awaitable: Any, request: Any, responder: Any, exchange: Any) -> None:
    """Run a coroutine handler: its first step now, where it can be, and the others in a task of its own."""
    handling: Any = service.spares.pop() if service.spares else None
    task: Any = None
    if handling is not None and handling.begin(awaitable, request, responder):
        task = handling.own
    else:
        if handling is not None:
            service.spares.append(handling)
        handling = new_handling(service, awaitable, request, responder)
        task = _new_task(handling, service.loop, service.context.copy())
    try:
        if not handling.is_over:
            place = exchange.begin_work()
            if place is None:  # a plain function has answered, and returned what is awaited
                place = request._peer.connection
                if place is not None:
                    place.begin_work()
            handling.place = place
            handling.task = task
            service.tasks.add(task)
    finally:
        if PARKS:
            task = None
            if handling.own is None or not handling.settle():
                park(service)


def prepare(service: services.Service) -> None:
    """Make tasks ready, as a server that starts does: as many as requests of a connection may begin in a turn."""
    if PARKS and service.is_async:
        for _ in range(PENDING):
            park(service)


if sys.version_info >= (3, 12):

    def _new_task(coroutine: Any, loop: Any, context: contextvars.Context) -> asyncio.Task[None]:
        return asyncio.Task(coroutine, loop=loop, context=context, eager_start=True)

else:

    def _new_task(coroutine: Any, loop: Any, context: contextvars.Context) -> asyncio.Task[None]:
        return asyncio.Task(coroutine, loop=loop, context=context)
