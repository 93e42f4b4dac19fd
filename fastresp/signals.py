"""The signals that ask a process to end: the first to finish, the second to drop what runs, the third to fall.

Plain `signal.signal` serves every loop on every system, and what was installed before comes back as it was.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

__all__ = ["Stop", "call_soon"]


class Stop:
    """Counts the signals that ask the process to end, and tells the loop of the first and of the second."""

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        self._count = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._previous: dict[int, Any] = {}

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Hears the signals while the block runs; outside the main thread Python lets nobody hear them."""
        try:
            if threading.current_thread() is threading.main_thread():
                for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
                    if hasattr(signal, name):
                        number = getattr(signal, name)
                        self._previous[number] = signal.signal(number, self._on_signal)
            yield
        finally:
            self._restore()

    def listen(self) -> None:
        """Connects to the running loop; signals that came before count."""
        self._loop = asyncio.get_running_loop()
        self._tell()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 2:
            self._restore()  # should a handler block the loop for ever, a third signal gets through
        if self._loop is not None:
            call_soon(self._loop, self._tell)

    def _tell(self) -> None:
        if self._count >= 1:
            self.first.set()
        if self._count >= 2:
            self.second.set()

    def _restore(self) -> None:
        while self._previous:
            number, previous = self._previous.popitem()
            if previous is not None:  # None: not installed from Python, so not ours to bring back
                signal.signal(number, previous)


def call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    """Has the loop call back, from any thread or signal handler; a loop that is closed has nobody left to be told."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)
