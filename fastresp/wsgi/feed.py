"""Content that a thread hands over piece by piece, as a device that a responder reads: the reader sets the pace.

A responder closes its device when nobody will read from it any more: the answer is complete, or the client is gone.
"""

from __future__ import annotations

import asyncio
import threading

from fastresp.http.device import DeviceError

__all__ = ["Feed"]

WINDOW = 65536
"""Bytes that may wait in a feed before its thread has to."""


class Feed:
    """Content from one thread, for a loop in another: `put`, `end` and `fail` are the thread's, the rest the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._change = threading.Condition(threading.Lock())
        self._pieces: list[bytes] = []
        self._size = 0
        self._ended = False
        self._error: DeviceError | None = None
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    def put(self, piece: bytes) -> bool:
        """Blocks while too much is waiting. False if nobody wants it any more."""
        with self._change:
            while self._size >= WINDOW and not self._closed:
                self._change.wait()
            if self._closed:
                return False
            self._pieces.append(piece)
            self._size += len(piece)
            self._wake()
        return True

    def end(self) -> None:
        """There is no more."""
        with self._change:
            self._ended = True
            self._wake()

    def fail(self, reason: str) -> None:
        """There will be no more: what reads this device breaks its answer off, unless it has come to its end."""
        with self._change:
            if not self._ended:
                self._error = DeviceError(reason)
                self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            try:
                self._loop.call_soon_threadsafe(_resolve, waiter)
            except RuntimeError:  # the loop is closed: nobody reads any more
                self._closed = True

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> bytes:
        while True:
            with self._change:
                if self._pieces:
                    piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
                    self._pieces.clear()
                    self._size = 0
                    self._change.notify()
                    return piece
                if self._error is not None:
                    raise self._error
                if self._ended:
                    raise StopAsyncIteration
                waiter = self._waiter = self._loop.create_future()
            await waiter

    def aclose(self) -> None:
        """Nobody will read any more: a thread that waits is let go."""
        with self._change:
            self._closed = True
            self._pieces.clear()
            self._change.notify_all()


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
