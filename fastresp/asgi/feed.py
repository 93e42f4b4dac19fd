"""Content of a stated length, handed over piece by piece, as a device that a responder reads: the reader sets the pace.

A responder closes its device when nobody will read from it any more: the answer is complete, or the client is gone.
"""

from __future__ import annotations

import asyncio
from threading import get_ident

from fastresp.core.device import DeviceError

__all__ = ["Feed"]


class Feed:
    """Content of a known length, from the coroutines of one loop."""

    def __init__(self, length: int) -> None:
        self.left = length
        self._piece: bytes | None = None
        self._failure: str | None = None
        self._thread = get_ident()
        self._closed = False
        self._given = asyncio.Event()
        self._taken = asyncio.Event()
        self._turn = asyncio.Lock()

    async def put(self, piece: bytes) -> bool:
        """Returns when the piece is taken. False if nobody wants it any more.

        Raises ValueError for what is beyond the length, RuntimeError in another thread than the loop's.
        """
        if get_ident() != self._thread:
            raise RuntimeError(
                "send() belongs to the thread of the server's event loop: see run_coroutine_threadsafe()"
            )
        if len(piece) > self.left:
            raise ValueError(
                f"the content is longer than its content-length says, by {len(piece) - self.left} bytes or more"
            )
        if not piece:
            await asyncio.sleep(0)  # many of them must not keep the loop
            return True
        async with self._turn:
            if self._piece is not None:
                await self._taken.wait()  # that of a call which was cancelled
            if self._closed:
                return False
            self.left -= len(piece)
            self._piece = piece
            self._taken.clear()
            self._given.set()
            await self._taken.wait()
            return self._piece is None

    def fail(self, reason: str) -> None:
        """There will be no more: what reads this device breaks its answer off. The log says why elsewhere."""
        self._failure = reason
        self._given.set()

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> bytes:
        while self._piece is None:
            if self._failure is not None:
                raise DeviceError(self._failure, told=True)
            self._given.clear()
            await self._given.wait()
        piece, self._piece = self._piece, None
        self._taken.set()
        return piece

    def aclose(self) -> None:
        """Nobody will read any more."""
        self._closed = True
        self._taken.set()
