"""Threads for calls that block: made when needed, reused, bounded, and never in the way of an exit.

Three pools are here, shared by all loops of the process: FILES for what a disk answers in its time, DEVICES for what
may never answer, so that devices which hang hold up no file, and CLOSINGS. Each WsgiHandler has one of its own.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeAlias

from fastresp import forks
from fastresp.core.faults import NO_THREAD, has_begun, report

__all__ = ["CLOSINGS", "DEVICES", "FILES", "Outcome", "Pool"]

Outcome: TypeAlias = "tuple[Any, BaseException | None]"
"""What a call returned and None, or None and what it raised. Not a future's own exception: that can't be a
StopIteration, and one that is never looked at is reported."""

Loop: TypeAlias = "asyncio.AbstractEventLoop | None"
Job: TypeAlias = "tuple[Callable[..., object], tuple[Any, ...], Loop]"


class Pool:
    """At most `limit` threads, each of which ends after `idle` seconds without a call; None: never. Calls beyond wait
    for one in the order in which they came.

    `start`, `call`, `withdraw` and `close` are called from a loop's thread, which is none of these. Loops may share a
    pool.
    """

    # PERF: a ThreadPoolExecutor takes 6 us for what takes 1 here, and its threads hold up the end of the process.

    def __init__(self, name: str, limit: int, idle: float | None = 10.0) -> None:
        self.name = name
        self.limit = limit
        self._idle = idle
        self._forget()
        forks.forget_in_children(self)

    def _forget(self) -> None:
        """A child process has none of its parent's threads, nor what these work on."""
        self._count = 0  # of threads
        self._least = 0  # idle ones, at the least, since the last look
        self._until = 0.0  # when the next look is
        self._lock = threading.RLock()  # the collector may run what ends another job
        self._open = 0  # jobs that have not come to their end
        self._open_of: dict[Loop, int] = {}  # of each loop
        self._waiters: dict[Loop, list[asyncio.Future[None]]] = {}
        self._renew()

    def _renew(self) -> None:
        # PERF: without a lock, which costs 10 us where threads contend for it; an OrderedDict's methods are atomic
        self._jobs: OrderedDict[Any, Job] = OrderedDict()  # that wait for a thread
        self._tokens: SimpleQueue[bool] = SimpleQueue()  # one for each of them; False: the thread ends

    def call(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Outcome]:
        """Return a future of the outcome of `function(*arguments)`, called in a thread as soon as one is free. It is
        what `withdraw` takes.

        Raises RuntimeError if the system gives not even one.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        self.start(future, _run, function, arguments, loop, future)
        return future

    def start(self, key: object, function: Callable[..., object], *arguments: Any) -> None:
        """Call `function(*arguments)` in a thread as soon as one is free; what it raises is logged. `key` is what
        `withdraw` takes.

        Raises RuntimeError if the system gives not even one.
        """
        loop = asyncio._get_running_loop()
        job = (function, arguments, loop)
        queued = completed = False
        with self._lock:
            if self._idle is not None:
                self._shrink(self._idle)
            if self._open >= self._count < self.limit:
                self._add()
            count = self._open + 1
            self._open_of[loop] = self._open_of.get(loop, 0) + 1
            self._open = count
            try:
                self._jobs[key] = job
                queued = True
                self._tokens.put(True)
                completed = True
            finally:
                # where memory has run out; a thread may have begun it, by the token of one that was withdrawn
                if not completed and (not queued or self._jobs.pop(key, None) is not None):
                    self._done(loop)

    def withdraw(self, key: object) -> bool:
        """Forget a job that waits for a thread. Return False for one that has begun, which goes on."""
        job = self._jobs.pop(key, None)
        if job is None:
            return False
        self._done(job[2])
        return True

    def is_full(self) -> bool:
        """Return whether some jobs may have to wait for a thread."""
        return self._open > self.limit

    def _add(self) -> None:
        work = partial(self._work, self._tokens, self._jobs)
        if has_begun(threading.Thread(target=work, name=self.name, daemon=True)):
            self._count += 1
        elif not self._count:
            raise RuntimeError(NO_THREAD)

    def _shrink(self, idle: float) -> None:
        """End the threads that were not needed for so many seconds: of those that wait, all get a job now and then."""
        now = monotonic()
        spare = max(0, self._count - self._open - 1)  # one takes the call that is about to come
        self._least = min(self._least, spare)
        if now >= self._until:
            self._until = now + idle
            least, self._least = self._least, spare - self._least
            for _ in range(least):
                self._tokens.put(False)
                self._count -= 1

    def close(self) -> None:
        """End the threads when they have no more to do; `start` makes new ones."""
        with self._lock:
            while self._count:
                self._tokens.put(False)
                self._count -= 1
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

    def _work(self, tokens: SimpleQueue[bool], jobs: OrderedDict[Any, Job]) -> None:
        generation = forks.generation
        while self._next(tokens):
            try:
                function, arguments, loop = jobs.popitem(last=False)[1]  # nothing here holds the key
            except KeyError:
                continue  # one was withdrawn
            try:
                function(*arguments)
            except BaseException as error:  # this thread is the others' too
                if generation != forks.generation:
                    forks.end(error)
                with suppress(BaseException):
                    report("a call in a thread failed", error=error, level=logging.CRITICAL)
            if generation != forks.generation:
                forks.end()  # a child that the call has forked
            del function, arguments
            with suppress(BaseException):
                self._done(loop)

    def _next(self, tokens: SimpleQueue[bool]) -> bool:
        """Wait for the next job. Return False if the thread is to end."""
        try:
            return tokens.get(timeout=self._idle)
        except Empty:
            with self._lock:  # which whoever adds one has
                try:
                    return tokens.get_nowait()
                except Empty:
                    self._count -= 1
                    return False

    def _done(self, loop: Loop) -> None:
        with self._lock:
            self._open -= 1
            left = self._open_of[loop] - 1
            if left:
                self._open_of[loop] = left
                return
            del self._open_of[loop]
            waiters = self._waiters.pop(loop, ())
        for future in waiters:
            with suppress(RuntimeError):  # a closed loop waits for nothing
                assert loop is not None
                loop.call_soon_threadsafe(_resolve, future, None)


def _run(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Outcome],
) -> None:
    outcome: Outcome
    generation = forks.generation
    try:
        try:
            outcome = (function(*arguments), None)
        except BaseException as error:
            outcome = (None, error)
        if generation != forks.generation:
            forks.end(outcome[1])  # a child that the call has forked
        with suppress(RuntimeError):  # the loop may be closed: then nothing waits any more
            loop.call_soon_threadsafe(_resolve, future, outcome)
    except BaseException as error:  # of memory that has run out
        report("the outcome of a call in a thread is lost", error=error)
        with suppress(BaseException):
            loop.call_soon_threadsafe(_resolve, future, (None, error))
    finally:
        outcome = future = None  # type: ignore[assignment]  # what was raised holds this frame


def _resolve(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


FILES = Pool("fastresp-file", min(32, (os.cpu_count() or 1) + 4))
"""Reads of regular files that are not in the page cache."""

DEVICES = Pool("fastresp-device", 256)
"""Reads of anything else. 256 that never end hold up all others of this kind, and no file."""

CLOSINGS = Pool("fastresp-close", 32)
"""Closing devices, which must not wait for those that are read and hang."""
