"""Threads for calls that block: made when needed, reused, bounded, and never in the way of an exit.

Three sets: FILES for what a disk answers in its time, DEVICES for what may never answer, so that devices which hang
hold up no file, and CLOSINGS. In each, calls beyond the bound wait for a thread in the order in which they came. The
standard executor would have the interpreter wait for its threads before it ends.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from fastresp import forks
from fastresp.core.faults import NO_THREAD, has_begun, report

__all__ = ["CLOSINGS", "DEVICES", "FILES", "Outcome", "Threads"]

IDLE_SECONDS = 10.0

Outcome: TypeAlias = "tuple[Any, BaseException | None]"
"""What a call returned and None, or None and what it raised. Not a future's own exception: that can't be a
StopIteration, and one that is never looked at is reported."""

Job: TypeAlias = "tuple[Callable[..., Any], tuple[Any, ...], asyncio.AbstractEventLoop, asyncio.Future[Outcome]]"


class Threads:
    """At most `limit` threads, shared by all loops of the process. Each ends after ten seconds without a call."""

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        self._forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """A child process has none of its parent's threads."""
        self._lock = threading.RLock()  # what the collector runs may need a thread, too
        self._count = 0
        self._idle: list[SimpleQueue[Job]] = []
        self._waiting: OrderedDict[asyncio.Future[Outcome], Job] = OrderedDict()

    def start(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Outcome]:
        """A future of the outcome of `function(*arguments)`, called in one of the threads.

        Raises RuntimeError if the system gives not even one.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        job: Job = (function, arguments, loop, future)
        if self._place(job, True):
            inbox: SimpleQueue[Job] = SimpleQueue()
            inbox.put(job)
            if not has_begun(threading.Thread(target=self._work, args=(inbox,), name=self.name, daemon=True)):
                with self._lock:
                    self._count -= 1
                    if not self._count:
                        raise RuntimeError(NO_THREAD)
                self._place(job, False)
        return future

    def _place(self, job: Job, may_add: bool) -> bool:
        """Give the job to an idle thread, or queue it. Return True if it needs a new one, which is counted."""
        with self._lock:
            if self._idle:
                self._idle.pop().put(job)
            elif may_add and self._count < self.limit:
                self._count += 1
                return True
            else:
                self._waiting[job[3]] = job
        return False

    def withdraw(self, future: asyncio.Future[Outcome]) -> bool:
        """Take back a call that waits for a thread. False if it has begun."""
        with self._lock:
            return self._waiting.pop(future, None) is not None

    def _work(self, inbox: SimpleQueue[Job]) -> None:
        job: Job | None
        while True:
            try:
                job = inbox.get(timeout=IDLE_SECONDS)
            except Empty:
                with self._lock:
                    if inbox in self._idle:
                        self._idle.remove(inbox)
                        self._count -= 1
                        return
                continue  # a job is on its way: the inbox was taken while the wait ran out
            while job is not None:
                try:
                    _run(*job)
                except BaseException as error:  # of memory that has run out: this thread is the other calls', too
                    report("the outcome of a call in a thread is lost", error=error)
                    with suppress(BaseException):
                        job[2].call_soon_threadsafe(_deliver, job[3], (None, error))
                job = None
                with self._lock:
                    if self._waiting:
                        _, job = self._waiting.popitem(last=False)
                    else:
                        self._idle.append(inbox)


def _run(
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[Outcome],
) -> None:
    outcome: Outcome
    generation = forks.generation
    try:
        outcome = (function(*arguments), None)
    except BaseException as error:
        outcome = (None, error)
    if generation != forks.generation:
        forks.end(outcome[1])  # a child that the call has forked
    try:
        with suppress(RuntimeError):  # the loop may be closed: then nothing waits any more
            loop.call_soon_threadsafe(_deliver, future, outcome)
    finally:
        del outcome, future  # what was raised holds this frame


def _deliver(future: asyncio.Future[Outcome], outcome: Outcome) -> None:
    if not future.done():
        future.set_result(outcome)


FILES = Threads("fastresp-file", min(32, (os.cpu_count() or 1) + 4))
"""Reads of regular files that are not in the page cache."""

DEVICES = Threads("fastresp-device", 256)
"""Reads of anything else. 256 that never end hold up all others of this kind, and no file."""

CLOSINGS = Threads("fastresp-close", 32)
"""Closing devices, which must not wait for those that are read and hang."""
