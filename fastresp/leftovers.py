"""What is still on a loop when its work is over: tasks, asynchronous generators, calls in threads.

asyncio.Runner waits for each of them without end. Here they have a time, and what is given up is a line of the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any

from fastresp import forks
from fastresp.core.faults import has_begun, report

__all__ = ["LEAST", "Leftovers"]

LEAST = 2.0
"""Seconds that they have at the least, all together."""
_LAST = 0.1
"""Seconds that each kind has behind the time, and behind a second signal."""
_NOTICE = 0.2
"""Seconds after which a line says what is waited for."""
_ROUNDS = 10
"""Generations of tasks that are cancelled: a task may begin another one in its end, and that one again."""
_MOST = 10
"""Names of tasks in a line."""


class Leftovers:
    """The leftovers of a new loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # PERF: without a call in a thread it has none; 3 us
        self._executor = _Executor(thread_name_prefix="asyncio")  # the loop's own tells nothing of its threads
        loop.set_default_executor(self._executor)
        self._deadline = 0.0
        self._hurried: asyncio.Task[object]

    async def end(self, seconds: float, hurry: asyncio.Event) -> None:
        """Cancel tasks, close generators and wait for threads, for `seconds` or until there is `hurry`."""
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + max(seconds, LEAST)
        self._hurried = asyncio.Task(hurry.wait(), loop=loop)
        given_up = [await self._end_tasks(), await self._close_generators(loop), await self._join_threads(loop)]
        self._hurried.cancel()
        await asyncio.sleep(0)
        if any(given_up):
            report("given up at the end: %s", "; ".join(filter(None, given_up)), level=logging.WARNING)

    async def _end_tasks(self) -> str:
        tasks: set[asyncio.Task[Any]] = {self._hurried, asyncio.current_task()}  # type: ignore[arg-type]
        own = tasks.copy()
        rounds = _ROUNDS
        while (more := asyncio.all_tasks() - tasks) and rounds:
            is_late = self._hurried.done() or asyncio.get_running_loop().time() >= self._deadline
            rounds = 0 if is_late else rounds - 1
            tasks |= more
            for task in more:
                task.cancel()
            await self._wait(asyncio.Task(asyncio.wait(more), loop=asyncio.get_running_loop()), partial(_named, more))
            for task in more:
                if task.done() and not task.cancelled() and isinstance(task.exception(), Exception):
                    report("a task that was cancelled at the end raised", error=task.exception())
        tasks |= more
        tasks -= own
        return f"{names}, cancelled in vain" if (names := _named(tasks)) else ""

    async def _close_generators(self, loop: asyncio.AbstractEventLoop) -> str:
        closing = asyncio.Task(loop.shutdown_asyncgens(), loop=loop)
        is_closed = await self._wait(closing, lambda: "asynchronous generators")
        return "" if is_closed else "asynchronous generators that are not closed"

    async def _join_threads(self, loop: asyncio.AbstractEventLoop) -> str:
        ended = loop.create_future()
        arguments = (self._executor, loop, ended)
        if not has_begun(Thread(target=_shut_down, args=arguments, name="fastresp-end", daemon=True)):
            return ""
        is_joined = await self._wait(ended, lambda: "calls in threads")
        return "" if is_joined else "calls in threads (asyncio.to_thread, run_in_executor), which go on"

    async def _wait(self, future: asyncio.Future[Any], name: Callable[[], str]) -> bool:
        """Whether it is done before the time is over; it is cancelled if not."""
        loop = asyncio.get_running_loop()
        either = (future, self._hurried)
        left = max(self._deadline - loop.time(), 0.0)
        await asyncio.wait(either, timeout=min(_NOTICE, left), return_when=asyncio.FIRST_COMPLETED)
        if not future.done() and not self._hurried.done() and left > _NOTICE:
            report("waiting for %s", name(), level=logging.INFO)
            await asyncio.wait(either, timeout=left - _NOTICE, return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            await asyncio.wait((future,), timeout=_LAST)
        if future.done():
            return True
        future.cancel()
        await asyncio.wait((future,), timeout=_LAST)
        return False


class _Executor(ThreadPoolExecutor):
    """Its threads don't go on in a child that a call has forked."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        return super().submit(_call, forks.generation, function, *arguments, **options)


def _call(generation: int, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
    try:
        result = function(*arguments, **options)
    except BaseException as error:
        if generation != forks.generation:
            forks.end(error)
        raise
    if generation != forks.generation:
        forks.end()
    return result


def _named(tasks: set[asyncio.Task[Any]]) -> str:
    """Those that are not done, for people."""
    names = sorted(getattr(task.get_coro(), "__qualname__", task.get_name()) for task in tasks if not task.done())
    if not names:
        return ""
    more = f", {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{len(names)} task{'' if len(names) == 1 else 's'} ({', '.join(names[:_MOST])}{more})"


def _shut_down(executor: ThreadPoolExecutor, loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
    executor.shutdown()
    with suppress(RuntimeError):  # the loop is closed: it has waited for long enough
        loop.call_soon_threadsafe(_resolve, ended)


def _resolve(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)
