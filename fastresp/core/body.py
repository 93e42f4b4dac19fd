"""A request's body as it arrives: the connection feeds it, a coroutine reads it, and neither runs ahead of the other.

Async code gains nothing from compilation, so both twins use this one module as it is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from threading import get_ident
from typing import Protocol

from fastresp.core.threads import is_current
from fastresp.errors import BodyError

__all__ = ["Body", "whole"]

# How much may wait for its reader before the connection stops reading: one read of a receiver.
HIGH_WATER = 458752
# What a piece costs in memory beside its content, which may be one byte: an object, and its place in the deque.
OVERHEAD = 64
# Bytes of a piece that is joined with the one before it, if both wait: a reader that comes late takes them in one turn.
SMALL = 4096


class Source(Protocol):
    """The connection, as a body sees it."""

    def arm_deadline(self) -> None:
        """The reader waits for more, from now on."""

    def want_body(self) -> None:
        """More of the body is needed now."""

    def gather(self, pieces: Iterable[bytes]) -> None:
        """The body is wanted whole, and these pieces of it have come already."""


class Body:
    """The pieces of one request's content, in order."""

    __slots__ = ("_ended", "_failure", "_gathered", "_pieces", "_size", "_source", "_taken", "_thread", "_waiter")

    def __init__(self, source: Source | None) -> None:
        self._source: Source | None = source
        self._pieces: deque[bytes | bytearray] = deque()
        self._size = 0  # what the pieces cost in memory
        self._thread = get_ident()
        self._ended = False
        self._failure: tuple[str, bool] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._taken = False
        self._gathered = False  # the rest is put together by the source

    def feed(self, piece: bytes) -> bool:
        """Add a piece. False when enough is waiting, and the connection should pause."""
        pieces = self._pieces
        if pieces and len(piece) <= SMALL and len(pieces[-1]) <= SMALL:
            if type(pieces[-1]) is not bytearray:
                pieces[-1] = bytearray(pieces[-1])
            pieces[-1] += piece
        else:
            if pieces:
                pieces[-1] = bytes(pieces[-1])  # without its room to grow
            pieces.append(piece)
            self._size += OVERHEAD
        self._size += len(piece)
        self._wake()
        return self._size < HIGH_WATER

    def wanted(self) -> bool:
        """Whether its reader waits."""
        return self._waiter is not None and not self._waiter.done()

    def full(self) -> bool:
        """Whether enough is waiting for its reader."""
        return self._size >= HIGH_WATER

    def end(self, content: bytes | None = None) -> None:
        """There is no more, but this."""
        if content:
            self._pieces.append(content)
        self._ended = True
        self._source = None
        self._wake()

    def fail(self, reason: str, told: bool = False) -> None:
        """There will be no more, for this reason; what has come before is still handed out. `told`: in the log."""
        if not self._ended and self._failure is None:
            self._failure = reason, told
            self._source = None
            self._wake()

    def _check(self) -> None:
        if self._failure is not None:
            # a new one: an exception that is kept keeps the frames that it went through, and these the body
            reason, told = self._failure
            error = BodyError(reason)
            error.told = told
            try:
                raise error
            finally:
                del error

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def take(self) -> Body:
        """Itself, as the iterator of its pieces. Raises RuntimeError the second time."""
        if self._taken:
            raise RuntimeError("the request's body is already being read")
        self._taken = True
        return self

    def __aiter__(self) -> Body:
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            self._check()
            if self._ended or self._source is None:
                raise StopAsyncIteration
            if self._waiter is not None:
                raise RuntimeError("the request's body is already being read")
            self._want(self._source)
            if not self._pieces and not self._ended:
                await self._wait()
        piece = bytes(self._pieces.popleft())  # which makes no copy of bytes
        self._size -= len(piece) + OVERHEAD
        if self._source is not None and self._size < HIGH_WATER // 2:
            self._want(self._source)
        return piece

    async def read(self) -> bytes:
        """All that comes, as one. Raises BodyError when it breaks off. A call that was cancelled can be made again."""
        self._check_thread()
        if not self._gathered:
            self.take()
            self._gathered = True
            if self._source is not None:
                self._source.gather(map(bytes, self._pieces))
                self._pieces.clear()
                self._size = 0
        elif self._waiter is not None:
            raise RuntimeError("the request's body is already being read")
        while self._source is not None:
            self._want(self._source)
            await self._wait()
        self._check()
        return b"".join(self._pieces)

    def _want(self, source: Source) -> None:
        self._check_thread()
        source.want_body()

    def _check_thread(self) -> None:
        if not is_current(self._thread):
            raise RuntimeError(
                "a request's body belongs to the thread of its server's event loop: from another thread, use "
                "asyncio.run_coroutine_threadsafe(request.read(), ...)"
            )

    async def _wait(self) -> None:
        """Return when there may be more, or no more: also where that was so before, for asking may run any code."""
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        try:
            if not (self._ended or self._failure or (self._pieces and not self._gathered)):
                if self._source is not None:
                    self._source.arm_deadline()
                await waiter
        finally:
            self._waiter = None


def whole(data: bytes) -> Body:
    """A body that has already come."""
    body = Body(None)
    if data:
        body.feed(data)
    body.end()
    return body
