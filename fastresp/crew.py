"""Several processes at one address: a parent that starts them, replaces those that die, and ends them with itself.

They are forked before there is a loop, a thread or a line of the user's program, and each imports that for itself.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any

__all__ = ["Crew", "Worker"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PAUSE = 1.0
"""Seconds before another worker takes the place of one that died: what dies at its start must not keep us busy."""


class Worker:
    """One of the processes, as it sees itself. `is_first`: it speaks for all."""

    def __init__(self, is_first: bool, ready: int, parent: int) -> None:
        self.is_first = is_first
        self._ready = ready
        self._parent = parent  # a descriptor that comes to its end with it

    def join(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tells the parent that this one serves, and from then on ends with it, even if it is killed."""
        with suppress(BrokenPipeError):
            os.write(self._ready, b"!")
        os.close(self._ready)
        loop.add_reader(self._parent, self._orphaned, loop)

    def _orphaned(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.remove_reader(self._parent)
        os.kill(os.getpid(), signal.SIGTERM)


class Crew:
    """The parent's side of `count` workers."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._workers: set[int] = set()
        self._forked = 0
        self._stopping = False
        self._status = 0  # of a first worker that did not come to serve
        self._life, self._held = os.pipe()  # nobody writes: its end is the parent's
        self._previous: dict[int, Any] = {}

    def run(self) -> int | Worker:
        """Returns a Worker in each process that it has forked, and in the parent, at the end, the exit status: the
        first worker's if it could not start, else 0, or 1 if a worker did not end well.
        """
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever started us may not care how children end, but we do
        self._previous = {number: signal.signal(number, self._stop) for number in SIGNALS}
        while len(self._workers) < self._count and not self._stopping:
            worker = self._fork()
            if worker is not None:
                return worker
            if not self._workers:
                return self._status
        return self._watch()

    def _watch(self) -> int | Worker:
        status = 0
        while self._workers:
            pid, code = os.wait()
            if pid not in self._workers:
                continue  # what ran in this process before us has left it, or, to process 1, anybody else
            self._workers.remove(pid)
            code = os.waitstatus_to_exitcode(code)
            if self._stopping:
                status = status or int(code not in (0, -signal.SIGTERM))  # the latter before it served
                continue
            print(f"fastresp: worker {pid} ended with status {code}; another one takes its place", file=sys.stderr)
            time.sleep(PAUSE)
            worker = self._fork()
            if worker is not None:
                return worker
        return status

    def _fork(self) -> Worker | None:
        """In the new process the Worker that it is; in the parent None. The first serves by then, or has ended."""
        is_first = self._forked == 0
        started, ready = os.pipe()
        # a signal must not come between the look whether there was one and the worker's entry among those it is for
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        pid = -1 if self._stopping else os.fork()
        if pid == 0:
            os.close(self._held)
            os.close(started)
            os.setpgid(0, 0)  # Ctrl-C is for the parent, who hands it on once
            for number, handler in self._previous.items():
                signal.signal(number, handler)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            return Worker(is_first, ready, self._life)
        if pid > 0:
            self._workers.add(pid)
            self._forked += 1
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.close(ready)
        serves = not is_first or os.read(started, 1) == b"!"
        os.close(started)
        if pid > 0 and not serves:
            _, code = os.waitpid(pid, 0)
            self._workers.discard(pid)
            code = os.waitstatus_to_exitcode(code)
            self._status = code if code >= 0 else 128 - code  # as a shell says it
        return None

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        for pid in self._workers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
