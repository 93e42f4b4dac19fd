"""Threads for calls that block: as many as there are calls waiting, reused, and never in the way of an exit.

The standard executor has a fixed number of threads, so a few devices that never answer would hold up all others, and
the interpreter waits for its threads before it ends.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

__all__ = ["start_in_thread"]

IDLE_SECONDS = 10.0

Job = tuple[Callable[..., Any], tuple[Any, ...], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]

_idle: list[SimpleQueue[Job]] = []
_lock = threading.Lock()


def start_in_thread(function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
    """A future of what `function(*arguments)` returns or raises, called in a thread of its own."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    job = (function, arguments, loop, future)
    with _lock:
        inbox = _idle.pop() if _idle else None
    if inbox is None:
        inbox = SimpleQueue()
        threading.Thread(target=_work, args=(inbox,), name="fastresp-device", daemon=True).start()
    inbox.put(job)
    return future


def _work(inbox: SimpleQueue[Job]) -> None:
    while True:
        try:
            job = inbox.get(timeout=IDLE_SECONDS)
        except Empty:
            with _lock:
                if inbox in _idle:
                    _idle.remove(inbox)
                    return
            continue  # a job is on its way: the inbox was taken while the wait ran out
        _run(*job)
        del job
        with _lock:
            _idle.append(inbox)


def _run(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Any],
) -> None:
    try:
        result, error = function(*arguments), None
    except BaseException as caught:
        result, error = None, caught
    with suppress(RuntimeError):  # the loop may be closed: then nobody waits any more
        loop.call_soon_threadsafe(_deliver, future, result, error)


def _deliver(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if not future.done():
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
