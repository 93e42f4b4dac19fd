"""The lifespan of an ASGI application: one task that is told of the start and of the end (ASGI lifespan 2.0)."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from fastresp import forks
from fastresp.core.faults import passes_on, report
from fastresp.hooks import StartUpError

__all__ = ["Lifespan"]


class Lifespan:
    """One run of an application's lifespan. What the application puts into `state` is copied into each request."""

    def __init__(self, app: Callable[..., Awaitable[None]], state: dict[str, Any]) -> None:
        self._app = app
        self._state = state
        self._events: asyncio.Queue[str] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._told = ""  # the event that waits for its answer
        self._answer: asyncio.Future[str | None]
        self._heard = False
        self._generation = forks.generation

    async def start_up(self) -> None:
        """Return when the application is ready, or turns out to know no lifespan.

        Raises StartUpError, with the application's words, if it says that it failed.
        """
        # not by the loop's factory: an eager one would run it before it knows of its task
        self._task = asyncio.Task(self._run(), loop=asyncio.get_running_loop())
        failure = await self._tell("startup")
        if failure is not None:
            self._task.cancel()
            lines = failure.split("\n")
            if len(lines) > 1:  # a whole traceback, as some frameworks send
                report("the application failed to start: %s", failure)
            raise StartUpError(f"the application failed to start{failure and ': '}{lines[-1]}")

    async def shut_down(self) -> None:
        """Return when the application has put its things away. What fails there goes to the log."""
        if self._task is None or self._task.done():
            return
        failure = await self._tell("shutdown")
        if failure is not None:
            report("the application failed to shut down%s%s", failure and ": ", failure)
        await asyncio.sleep(0)  # its last step; one that waits for more has nothing to wait for
        self._task.cancel()

    async def _tell(self, event: str) -> str | None:
        """What the application says of an event: None for complete, or how it failed."""
        assert self._task is not None
        self._told = event
        self._answer = asyncio.get_running_loop().create_future()
        self._events.put_nowait(event)
        try:
            await asyncio.wait((self._task, self._answer), return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            self._task.cancel()
            raise
        if self._answer.done():
            return self._answer.result()
        return "its task was cancelled" if self._task.cancelled() else None

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        try:
            with forks.parents():
                await self._app(scope, self._receive, self._send)
        except BaseException as error:
            assert self._task is not None
            if isinstance(error, asyncio.CancelledError) and self._task.cancelling():
                raise
            if isinstance(error, GeneratorExit) and self._task.get_loop().is_closed():
                raise  # the task is destroyed with its loop
            self._end(error)
            if passes_on(error):
                raise

    def _end(self, error: BaseException) -> None:
        """The application raised. Only an Exception says that it knows no lifespan: what ends programs, tasks or groups
        of them is a failure of the event that waits for its answer."""
        is_failure = not isinstance(error, Exception)
        if self._answer.done():
            if is_failure or self._answer.result() is None:
                report("the application's lifespan ended", error=error)
        elif is_failure:
            text = "".join(traceback.format_exception(error)).strip()
            if isinstance(error, BaseExceptionGroup):  # whose last line is a frame's
                text += f"\n{type(error).__name__}: {error}"
            self._answer.set_result(text)
        elif self._heard:
            report("the application's lifespan ended in its %s", self._told, error=error, level=logging.WARNING)
        else:
            # The specification: what raises at this scope knows no lifespan, and is served without one.
            report("the application has no lifespan: %r", error, level=logging.INFO)

    def _check_process(self) -> None:
        """End a child that the application has forked: the events are the parent's."""
        if self._generation != forks.generation:
            forks.end()

    async def _receive(self) -> dict[str, Any]:
        self._check_process()
        event = await self._events.get()
        self._heard = True
        return {"type": f"lifespan.{event}"}

    async def _send(self, message: dict[str, Any]) -> None:
        self._check_process()
        _, event, result = message["type"].split(".") if message["type"].count(".") == 2 else ("", "", "")
        if event != self._told or result not in ("complete", "failed") or self._answer.done():
            raise RuntimeError(f"the event {message['type']!r} can't be sent now, in the lifespan's {self._told}")
        self._answer.set_result(str(message.get("message", "")).strip() if result == "failed" else None)
