"""Threads for calls that may block: no more than asked for, made when they are needed, never in the way of an exit."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any

from fastresp import forks
from fastresp.core.faults import NO_THREAD, has_begun, report

__all__ = ["Pool"]

Loop = asyncio.AbstractEventLoop | None
Job = tuple[Callable[..., object], tuple[Any, ...], Loop]


class Pool:
    """At most `limit` threads. `start`, `withdraw` and `close` are called from a loop's thread, which is none of these.
    Servers may share them, each with a loop of its own.
    """

    # PERF: a ThreadPoolExecutor takes 6 us for what takes 1 here, and its threads hold up the end of the process.

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._forget()
        forks.forget_in_children(self)

    def _forget(self) -> None:
        """A child process has none of its parent's threads, nor what these work on."""
        self._number = 0  # of the last job
        self._count = 0
        self._lock = threading.RLock()  # the collector may run what ends another job
        self._open = 0  # jobs that have not come to their end
        self._open_of: dict[Loop, int] = {}  # of each loop
        self._waiters: dict[Loop, list[asyncio.Future[None]]] = {}
        self._renew()

    def _renew(self) -> None:
        # PERF: without a lock, which costs 10 us where threads contend for it; an OrderedDict's methods are atomic
        self._jobs: OrderedDict[int, Job] = OrderedDict()  # that wait for a thread
        self._tokens: SimpleQueue[bool] = SimpleQueue()  # one for each of them; False: the thread ends

    def start(self, function: Callable[..., object], *arguments: Any) -> int:
        """Call `function(*arguments)` in a thread as soon as one is free. What it raises is logged. Returns what
        `withdraw` takes.

        Raises RuntimeError if the system gives not even one.
        """
        loop = asyncio._get_running_loop()
        with self._lock:
            if self._open >= self._count < self._limit:
                self._add()
            number = self._number = self._number + 1
            self._jobs[number] = (function, arguments, loop)
            self._open += 1
            self._open_of[loop] = self._open_of.get(loop, 0) + 1
            self._tokens.put(True)
        return number

    def withdraw(self, number: int) -> None:
        """Forget a job that waits for a thread; one that has begun goes on."""
        job = self._jobs.pop(number, None)
        if job is not None:
            self._done(job[2])

    def is_full(self) -> bool:
        """Whether some jobs may have to wait for a thread."""
        return self._open > self._limit

    def _add(self) -> None:
        work = partial(self._work, self._tokens, self._jobs)
        if has_begun(threading.Thread(target=work, name="fastresp-wsgi", daemon=True)):
            self._count += 1
        elif not self._count:
            raise RuntimeError(NO_THREAD)

    def close(self) -> None:
        """End the threads when they have no more to do; `start` makes new ones."""
        with self._lock:
            for _ in range(self._count):
                self._tokens.put(False)
            self._count = 0
            self._renew()

    async def drained(self) -> None:
        """Return when no job of the running loop runs, and none waits for a thread."""
        loop = asyncio.get_running_loop()
        while True:
            future = loop.create_future()
            with self._lock:
                if loop not in self._open_of:
                    return
                self._waiters.setdefault(loop, []).append(future)
            await future

    def _work(self, tokens: SimpleQueue[bool], jobs: OrderedDict[int, Job]) -> None:
        generation = forks.generation
        while tokens.get():
            try:
                _, (function, arguments, loop) = jobs.popitem(last=False)
            except KeyError:
                continue  # one was withdrawn
            try:
                function(*arguments)
            except BaseException as error:  # this thread is the others' too
                if generation != forks.generation:
                    forks.end(error)
                with suppress(BaseException):
                    report("a call in the application's thread failed", error=error, level=logging.CRITICAL)
            if generation != forks.generation:
                forks.end()  # a child that the call has forked
            del function, arguments
            self._done(loop)

    def _done(self, loop: Loop) -> None:
        with self._lock:
            self._open -= 1
            left = self._open_of.pop(loop) - 1
            if left:
                self._open_of[loop] = left
                return
            waiters = self._waiters.pop(loop, ())
        for future in waiters:
            with suppress(RuntimeError):  # a closed loop waits for nothing
                assert loop is not None
                loop.call_soon_threadsafe(_resolve, future)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
