"""What a coroutine handler returns, as the coroutine of a task; and what is done where a handler raises."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fastresp import forks
from fastresp.core import isolation, references, steps
from fastresp.core.faults import pass_on, report
from fastresp.core.names import describe
from fastresp.core.parking import MOST as _MOST
from fastresp.core.parking import RUNNING, TASKS, WOKEN, Idle, cancels, marked
from fastresp.errors import BodyError

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["Handling", "fail", "new_handling", "park"]

OVER = object()
NOTHING = object()
MOST = _MOST


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


class Handling:
    """The coroutine of a handler's task: it runs what the handler has returned, and sees its end, also that of a task
    that is cancelled before its first step. Who looks at the task finds the name, the frame and the state of what runs.
    """

    # PERF: an `async def` would need two callbacks of its task for that, and a turn of the loop for these

    __slots__ = (
        "awaitable", "context", "cr_running", "first_name", "found", "has_failed", "is_over", "mark", "name", "own",
        "place", "request", "responder", "service", "steps", "task", "uses", "wake",
    )  # fmt: skip

    def __init__(self, service: services.Service, awaitable: Any, request: Any, responder: Any) -> None:
        self.service = service
        self.awaitable = awaitable
        self.request = request
        self.responder = responder
        self.steps: Any = None
        self.place: Any = None  # that counts this as work
        self.task: Any = None
        self.is_over = False
        self.has_failed = False
        self.cr_running = False
        # PERF: Python 3.11 has no eager tasks; one that waits between two handlers takes their place (x0.60 of the
        # instructions of a coroutine's answer)
        self.own: Any = None  # the task that waits for a handler
        self.wake: Any = None  # what ends its waiting
        self.found: Any = NOTHING  # what a step has brought that it was not told of
        self.context: Any = None
        self.mark: Any = None
        self.name: Any = None
        self.first_name: Any = None
        self.uses = 0

    def __reduce__(self) -> str:
        raise TypeError("the coroutine of a handler can't be copied or pickled")

    def __await__(self) -> Handling:
        return self

    def __iter__(self) -> Handling:
        return self

    def __next__(self) -> Any:
        found = self.found
        if found is NOTHING:
            found = self._step(None)
        else:
            self.found = NOTHING
        if found is OVER:
            raise StopIteration
        return found

    def _step(self, context: Any) -> Any:
        """Take a step, in this context if it is not entered already. Return what is yielded; OVER at the end."""
        self._enter()
        try:
            if self.steps is None:
                self.steps = steps.steps_of(self.awaitable)
            found = steps.advance(self.steps, OVER) if context is None else isolation.step_in(context, self.steps, OVER)
        except StopIteration as end:
            self._returned(end.value)
        except BaseException as error:
            self._raised(error)
        else:
            if found is not OVER:
                self.cr_running = False
                return found
            self._returned(None)
        return OVER

    def send(self, value: None) -> Any:
        """Take a step, as `next()` does."""
        return self.__next__()

    def throw(self, kind: Any, value: Any = None, traceback: Any = None) -> Any:
        """Raise an exception where it waits. Return what it yields then; raise StopIteration at its end."""
        error = kind if value is None else value
        if isinstance(error, type):
            error = error()
        found, self.found = self.found, NOTHING
        if self.responder is None and (found is not NOTHING or not self.is_over):
            if self in self.service.parking:
                self.service.parking.remove(self)
            raise error  # it waits for a handler, or has none any more
        if found is not NOTHING and cancels(found, error):
            return found
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

    def rest(self, wake: Any) -> None:
        """Its task waits for a handler, and `wake` ends that."""
        service = self.service
        if self in service.parking:  # or the server has ended meanwhile
            service.parking.remove(self)
            self.wake = wake
            service.spares.append(self)

    def give_up(self) -> None:
        """The server ends before its task has waited; log nothing of a signal's exception that has ended that."""
        task = self.own
        if task is not None and task.done() and not task.cancelled():
            task.exception()

    def begin(self, awaitable: Any, request: Any, responder: Any) -> bool:
        """Take a handler's first step, as if the waiting task took it, in the middle of another's step where that calls
        this. Return False where that can't be: what is awaited is no coroutine, or the loop does not run.
        """
        service = self.service
        loop = service.loop
        if not steps.is_coroutine(awaitable) or asyncio._get_running_loop() is not loop:
            return False
        running = RUNNING.get(loop)
        try:
            RUNNING[loop] = self.own
            self.is_over = False
            self.awaitable = awaitable
            self.request = request
            self.responder = responder
            TASKS.add(self.mark)
            self.found = self._step(self.context)
        except BaseException as error:  # memory has run out, or a signal's handler has raised
            self.found = OVER
            self._break_off(error)
        finally:
            if running is None:
                RUNNING.pop(loop, None)
            else:
                RUNNING[loop] = running
        return True

    def settle(self) -> bool:
        """Behind the first step: have the waiting task go on with it; or wait for another handler, if this has come to
        its end and has left nothing in the task: then return True.
        """
        service = self.service
        task = self.own
        context = self.context
        if self.found is OVER and self._is_as_new(task, context):
            TASKS.discard(self.mark)
            self.found = NOTHING
            self._rename(task)
            service.spares.append(self)
            return True
        if not self.is_over:
            task._log_destroy_pending = True
        wake = self.wake
        self.own = self.wake = self.mark = self.context = None
        loop = service.loop
        running = RUNNING.pop(loop, None)
        try:
            isolation.call_in(context, wake, WOKEN)
        except BaseException as error:  # of a future that is none of asyncio's, which the task can't wait for
            close = getattr(self.steps, "close", None)
            if close is not None:
                with suppress(BaseException):
                    isolation.call_in(context, _close, close)
            self._break_off(error)
            self.found = OVER
            wake(WOKEN)
        finally:
            if running is not None:
                RUNNING[loop] = running
        return False

    def _rename(self, task: Any) -> None:
        """Give the task a name of its own for the next handler."""
        first_name = self.first_name
        self.uses += 1
        self.name = f"{first_name}.{self.uses}"
        task.set_name(self.name)

    def _break_off(self, error: BaseException) -> None:
        """What has failed is not the handler, or not within it."""
        self.has_failed = True
        if not self.is_over:
            self._raised(error)
        else:
            report("the end of a handler failed", error=error)
            pass_on(error)

    def _is_as_new(self, task: Any, context: Any) -> bool:
        return (
            not self.has_failed  # a traceback holds its steps
            and references.is_left(task, references.TASK, self.mark)
            and references.is_left(self, references.COROUTINE, None)
            and not references.has_attributes(task)
            and references.is_left(context, references.CONTEXT, None)  # a token has it, too
            and isolation.is_as_copied(context, self.service.context)
            and task._callbacks is None
            and not task._must_cancel
            and not task.cancelling()
            and task.get_name() is self.name
        )

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
        if self.responder is None:
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
        self.has_failed = True
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


def _close(close: Any) -> None:
    close()


def new_handling(service: services.Service, awaitable: Any, request: Any, responder: Any) -> Handling:
    """The coroutine of a task that runs what a handler has returned; None where the task waits for that."""
    return Handling(service, awaitable, request, responder)


def park(service: services.Service) -> None:
    """Make one more task ready, in which a handler can begin at once, up to MOST of them."""
    if service.context is None or len(service.spares) + len(service.parking) >= MOST:
        return
    with suppress(MemoryError):
        handling = Handling(service, None, None, None)
        handling.context = context = service.context.copy()
        handling.found = Idle(service.loop, handling.rest)
        task: Any = asyncio.Task(handling, loop=service.loop, context=context)
        handling.own = task
        service.parking.append(handling)
        task._log_destroy_pending = False
        handling.mark = marked(task)
        handling.name = handling.first_name = task.get_name()
