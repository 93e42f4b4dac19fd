"""Tasks that wait between two handlers, for Python 3.11, which has no eager tasks.

Never compiled. What is used here of asyncio's own does not change any more: 3.11 gets mends of security alone.
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from collections.abc import Callable
from typing import Any

__all__ = ["MOST", "PARKS", "RUNNING", "TASKS", "WOKEN", "Idle", "cancels", "marked"]

PARKS = sys.version_info < (3, 12) and asyncio.Task.__module__ == "_asyncio"
MOST = 32
"""Tasks of a server that wait, at the most: 1.5 KiB each."""
TASKS: set[Any] = asyncio.tasks._all_tasks.data if PARKS else set()  # type: ignore[attr-defined]
"""Weak references to the tasks that asyncio.all_tasks() shows."""
RUNNING: dict[Any, Any] = asyncio.tasks._current_tasks if PARKS else {}  # type: ignore[attr-defined]
"""The task of each loop that asyncio.current_task() tells."""


class Idle:
    """What such a task waits for, a future to it: `parked` is called once, with the callable that ends the waiting."""

    _asyncio_future_blocking = True

    def __init__(self, loop: asyncio.AbstractEventLoop, parked: Callable[[Any], None]) -> None:
        self._loop = loop
        self._parked: Callable[[Any], None] | None = parked

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of the task."""
        return self._loop

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Any = None) -> None:
        """Called by the task."""
        parked, self._parked = self._parked, None
        if parked is not None:
            parked(callback)

    def cancel(self, msg: object = None) -> bool:
        """Return False: the task is cancelled in its next step, as one that runs."""
        return False


class _NoLoop:
    """Of a future that nothing waits for."""

    def get_debug(self) -> bool:
        return False


def _woken() -> asyncio.Future[None]:
    future: asyncio.Future[None] = asyncio.Future(loop=_NoLoop())  # type: ignore[arg-type]
    future.set_result(None)
    return future


WOKEN = _woken()
"""What such a task is told that it has waited for: no code of Python's, in which a signal could be handled."""


def marked(task: asyncio.Task[Any]) -> Any:
    """Hide a task from asyncio.all_tasks(). Return what is added to TASKS to show it."""
    tasks = asyncio.tasks._all_tasks  # type: ignore[attr-defined]
    tasks.discard(task)
    return weakref.ref(task, tasks._remove)


def cancels(waited_for: Any, error: BaseException) -> bool:
    """Cancel what a task is about to wait for, which was cancelled meanwhile. Return whether that could be."""
    cancel = getattr(waited_for, "cancel", None)
    return cancel is not None and bool(cancel(msg=error.args[0] if error.args else None))
