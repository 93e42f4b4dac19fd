"""Calls into a server's loop from another thread, which waits for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fastresp import forks

__all__ = ["Home"]

LOOK = 1.0
"""Seconds between two looks at a loop that makes no call."""
PATIENCE = 5
"""Looks at a loop that stands still, and may run again: a program may drive it by a timer, and be busy."""


class Home:
    """The running loop of a server, and its thread."""

    __slots__ = ("_gave_up", "_generation", "loop", "thread")

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.thread = threading.get_ident()
        self._generation = forks.generation
        self._gave_up = False  # a call: the answer is broken off, and no other one need wait

    def call(self, call: Callable[[], object], responder: Any) -> bool:
        """Make `call` in the loop's thread, and wait for it. Raises what it raises; false if the loop has ended,
        closed or not, or is the parent's: a child that was forked has neither. An answer whose call was given up
        is broken off should the loop run again: it has a gap.
        """
        loop = self.loop
        if threading.get_ident() == self.thread:  # one thread may run both loops
            call()
            return True
        if self._generation != forks.generation or (self._gave_up and not loop.is_running()):
            return False
        done = threading.Event()
        taken = threading.Lock()  # by the loop, or by us who wait no more: a loop may run again
        errors: list[BaseException] = []

        def run() -> None:
            if not taken.acquire(blocking=False):
                responder._fail()
                return
            try:
                call()
            except BaseException as error:
                errors.append(error)
            finally:
                done.set()

        ended = True
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(run)
            ended = False
        looks = 0
        while not ended and not done.wait(LOOK):
            looks += 1
            is_over = looks >= PATIENCE or responder.is_response_canceled
            ended = is_over and not loop.is_running() and taken.acquire(blocking=False)
        if errors:
            raise errors.pop()
        self._gave_up = not done.is_set()
        return not self._gave_up
