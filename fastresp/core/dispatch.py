"""Calling the handler: in a context of its own, with its errors, and its task where it is a coroutine function."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from typing import TYPE_CHECKING, Any

from fastresp import forks
from fastresp.core import isolation, references, steps
from fastresp.core.faults import pass_on, report
from fastresp.core.names import describe
from fastresp.core.responder import new_responder
from fastresp.core.states import DONE
from fastresp.errors import BodyError

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["dispatch"]

OVER = object()


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
    handling = Handling(service, awaitable, request, responder)
    task = _new_task(handling, service.loop, service.context.copy())
    if handling.is_over:
        return
    place = exchange.begin_work()
    if place is None:  # a plain function has answered, and returned what is awaited
        place = request._peer.connection
        if place is not None:
            place.begin_work()
    handling.place = place
    handling.task = task
    service.tasks.add(task)


class Handling:
    """The coroutine of a handler's task: it runs what the handler has returned, and sees its end, also that of a task
    that is cancelled before its first step. Who looks at the task finds the name, the frame and the state of what runs.
    """

    # PERF: an `async def` would need two callbacks of its task for that, and a turn of the loop for these

    __slots__ = ("awaitable", "cr_running", "is_over", "place", "request", "responder", "service", "steps", "task")

    def __init__(self, service: services.Service, awaitable: Any, request: Any, responder: Any) -> None:
        self.service = service
        self.awaitable = awaitable
        self.request = request
        self.responder = responder
        self.steps: Any = None
        self.place: Any = None  # that counts this as work
        self.task: Any = None
        self.is_over = False
        self.cr_running = False

    def __reduce__(self) -> str:
        raise TypeError("the coroutine of a handler can't be copied or pickled")

    def __await__(self) -> Handling:
        return self

    def __iter__(self) -> Handling:
        return self

    def __next__(self) -> Any:
        self._enter()
        found: Any = OVER
        try:
            if self.steps is None:
                self.steps = steps.steps_of(self.awaitable)
            found = steps.advance(self.steps, OVER)
        except StopIteration as end:
            self._returned(end.value)
        except BaseException as error:
            self._raised(error)
        else:
            if found is not OVER:
                self.cr_running = False
                return found
            self._returned(None)
        raise StopIteration

    def send(self, value: None) -> Any:
        """Take a step, as `next()` does."""
        return self.__next__()

    def throw(self, kind: Any, value: Any = None, traceback: Any = None) -> Any:
        """Raise an exception where it waits. Return what it yields then; raise StopIteration at its end."""
        error = kind if value is None else value
        if isinstance(error, type):
            error = error()
        self._enter()
        try:
            if self.steps is None:
                self._dispose()
                raise error
            throw = getattr(self.steps, "throw", None)
            if throw is None:
                raise error
            found = throw(error)
        except StopIteration as end:
            self._returned(end.value)
        except BaseException as raised:
            self._raised(raised)
        else:
            self.cr_running = False
            return found
        finally:
            error = kind = value = None  # what was raised holds this frame
        raise StopIteration

    def close(self) -> None:
        """End it where it waits (PEP 492)."""
        if not self.is_over:
            self._enter()
            try:
                self._dispose()
            finally:
                self._end()

    @property
    def cr_await(self) -> Any:
        """What the handler has returned."""
        return self.awaitable

    def __getattr__(self, name: str) -> Any:
        """The frame, the code and the name are those of what the handler has returned, while it has not ended."""
        if name in ("cr_code", "cr_frame", "cr_origin"):
            shown = getattr(self.awaitable, name, None)
            return None if getattr(shown, "f_lineno", 0) is None else shown  # a frame of Cython's has no place
        if name in ("__name__", "__qualname__"):
            return getattr(self.awaitable, name, type(self).__name__)
        raise AttributeError(name)

    @property
    def cr_suspended(self) -> bool:
        """Whether it waits."""
        return self.steps is not None and not self.cr_running

    def _enter(self) -> None:
        """A step begins. Raise what a coroutine of Python's would, where there can't be one."""
        if self.cr_running:
            raise ValueError("coroutine already executing")
        if self.is_over:
            raise RuntimeError("cannot reuse already awaited coroutine")
        self.cr_running = True

    def _dispose(self) -> None:
        close = getattr(self.awaitable if self.steps is None else self.steps, "close", None)
        if close is not None:
            close()

    def _returned(self, result: Any) -> None:
        service = self.service
        if service.forked:
            forks.end()
        self._end()
        if result is not None:
            service.tell_of_value(result)

    def _raised(self, error: BaseException) -> None:
        service = self.service
        responder = self.responder
        request = self.request
        self._end()
        if type(error) is GeneratorExit and service.loop.is_closed():
            raise error  # the task is destroyed with its loop
        # of the type: an instance may have a __class__ of its own making
        is_cancelled = issubclass(type(error), asyncio.CancelledError)
        if is_cancelled and not service.forked and (service.aborted or responder.is_response_canceled):
            responder._fail()  # the server's end, or the client's, is told elsewhere
        else:
            fail(service, request, responder, error)

    def _end(self) -> None:
        """It is no work any more."""
        place = self.place
        self.is_over = True
        self.cr_running = False
        self.steps = self.awaitable = self.request = self.responder = self.place = None
        if self.task is not None:
            self.service.tasks.discard(self.task)
            self.task = None
        if place is not None:
            place.end_work()


if sys.version_info >= (3, 12):

    def _new_task(coroutine: Any, loop: Any, context: contextvars.Context) -> asyncio.Task[None]:
        return asyncio.Task(coroutine, loop=loop, context=context, eager_start=True)

else:

    def _new_task(coroutine: Any, loop: Any, context: contextvars.Context) -> asyncio.Task[None]:
        return asyncio.Task(coroutine, loop=loop, context=context)
