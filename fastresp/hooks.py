"""What a handler that is an object may have beside its call: `start_up`, `drained`, `shut_down`, coroutine methods.

A server awaits the first before it listens; the second, which returns when no call of the handler runs any more, after
the last answer; then the third.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastresp import forks
from fastresp.core.faults import passes_on, report

__all__ = ["StartUpError", "drained", "hand_on", "shut_down", "start_up"]


class StartUpError(RuntimeError):
    """What a handler's `start_up` raises to say why it can't be served; the text is for people."""


def hand_on(handler: object, wrapper: object) -> None:
    """Give what wraps a handler all that the handler has of these."""
    for name in ("start_up", "drained", "shut_down"):
        if hasattr(handler, name):
            setattr(wrapper, name, getattr(handler, name))


async def start_up(handler: object) -> bool:
    """Call the handler's start_up(). Return whether it wants to be shut down. Raises what it raises."""
    method = getattr(handler, "start_up", None)
    if method is not None:
        with forks.parents():
            await method()
    return hasattr(handler, "shut_down")


async def drained(handler: object) -> None:
    """Wait for the calls of the handler that run outside the loop, if it can tell. What it raises goes to the log."""
    await _call(handler, "drained", "the handler failed to wait for its calls")


async def shut_down(handler: object) -> None:
    """Call the handler's shut_down(). What it raises goes to the log."""
    await _call(handler, "shut_down", "the handler failed to shut down")


async def _call(handler: object, name: str, failure: str) -> None:
    method = getattr(handler, name, None)
    if method is None:
        return
    # in a task of its own: one that takes no notice of its end can be left behind
    begun: list[bool] = []
    task = asyncio.Task(_guard(method, failure, begun), loop=asyncio.get_running_loop())
    try:
        await asyncio.wait((task,))
    finally:
        task.cancel()
        if task.cancelled() and not begun:  # as all tasks of the loop were, which ends: it is to have its first step
            await _call(handler, name, failure)


async def _guard(method: Callable[[], Awaitable[None]], failure: str, begun: list[bool]) -> None:
    begun.append(True)
    try:
        with forks.parents():
            await method()
    except BaseException as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise  # it is we who have lost patience
        report(failure, error=error)
        if passes_on(error):
            raise
