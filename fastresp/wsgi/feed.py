"""Content that a thread hands over piece by piece, as a device that a responder reads: the reader sets the pace.

What the reader does not take at once goes to a temporary file, so that a slow client holds no thread of the application
and little memory. A responder closes its device when it is read no more: the answer is complete, or the client is gone.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import suppress

from fastresp.core.blocking import FILES
from fastresp.core.device import PIECE, DeviceError
from fastresp.core.faults import report
from fastresp.wsgi.spool import Spool

__all__ = ["Feed"]

WINDOW = 65536
"""Bytes that may wait in memory."""
SMALL = 4096
"""Bytes of a piece that is joined with its neighbours: apart, pieces of a few bytes take forty times as much memory."""
PATIENCE = 0.05
"""Seconds that a thread waits for its reader before it writes to disk: a client that keeps up costs no disk."""


class Feed:
    """Content from one thread, for a loop in another: `put`, `end` and `fail` are the thread's, the rest the loop's.

    `limit`: bytes that may wait on disk; 0 has the thread wait for its reader instead.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int = 0) -> None:
        self._loop = loop
        self._limit = limit
        self._change = threading.Condition()
        self._pieces: list[bytes | bytearray] = []  # older than what is in the spool
        self._size = 0
        self._spool: Spool | None = None
        self._read = 0  # of the spool, and
        self._written = 0
        self._ended = False
        self._failure: str | None = None
        self.is_closed = False
        self._is_cut = False  # it was closed before all that it had taken was read
        self._waiter: asyncio.Future[None] | None = None

    def put(self, piece: bytes) -> bool:
        """Take the piece. Blocks while as much is waiting as may. False if it is not wanted any more."""
        with self._change:
            if self.is_closed:
                return False
            if self._read == self._written:
                self._keep(piece)
                if self._size <= WINDOW:
                    return True
                self._change.wait_for(self._is_taken, PATIENCE if self._limit else None)
                if self.is_closed or not self._pieces:
                    return not self._is_cut
                self._take_back(piece)
        return self._spill(memoryview(piece))

    def _keep(self, piece: bytes) -> None:
        pieces = self._pieces
        if len(piece) > SMALL:
            pieces.append(piece)
        elif pieces and type(pieces[-1]) is bytearray:
            pieces[-1] += piece
        else:
            pieces.append(bytearray(piece))
        self._size += len(piece)
        self._wake()

    def _take_back(self, piece: bytes) -> None:
        """Undo `_keep` of the last piece."""
        last = self._pieces.pop()
        if len(last) > len(piece):  # joined with others
            self._pieces.append(last[: -len(piece)])
        self._size -= len(piece)

    def _is_taken(self) -> bool:
        return self.is_closed or not self._pieces

    def _is_drained(self) -> bool:
        return self.is_closed or (self._read == self._written and not self._pieces)

    def _spill(self, rest: memoryview) -> bool:
        while rest:
            with self._change:
                if self.is_closed:
                    return False
                if self._read == self._written:
                    self._read = self._written = 0
                room = self._limit - self._written
                if room <= 0:
                    self._change.wait_for(self._is_drained)
                    continue
                spool = self._spool
                position = self._written
            try:
                if spool is None:
                    spool = Spool()
                count = spool.write(rest[:room], position)
            except OSError as error:
                return self._go_without_disk(error, bytes(rest))
            with self._change:
                if self.is_closed:
                    return False
                self._spool = spool
                self._written += count
                self._wake()
            rest = rest[count:]
        return True

    def _go_without_disk(self, error: OSError, rest: bytes) -> bool:
        _complaint.make(error)
        with self._change:
            self._limit = 0
            self._change.wait_for(self._is_drained)
            if self.is_closed:
                return False
            self._keep(rest)
        return True

    def end(self) -> None:
        """There is no more."""
        with self._change:
            self._ended = True
            self._wake()

    def fail(self, reason: str) -> None:
        """There will be no more: what reads this device breaks its answer off, unless it has come to its end.

        The log says why elsewhere.
        """
        with self._change:
            if not self._ended:
                self._failure = reason
                self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            try:
                self._loop.call_soon_threadsafe(_resolve, waiter)
            except RuntimeError:  # the loop is closed: there is no reader any more
                self.is_closed = True

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> bytes:
        while True:
            waiter = None
            with self._change:
                if self._pieces:
                    piece = self._first()
                    self._change.notify()
                    return piece
                spool = self._spool
                position = self._read
                count = min(PIECE, self._written - position)
                if spool is None or not count:
                    if self._failure is not None:
                        raise DeviceError(self._failure, told=True)
                    if self._ended:
                        raise StopAsyncIteration
                    waiter = self._waiter = self._loop.create_future()
            if waiter is None:
                return await self._take(spool, count, position)
            await waiter

    def _first(self) -> bytes:
        """What waits in memory, up to a large piece, which is given as it is: to copy it would keep the loop."""
        pieces = self._pieces
        count = 1
        size = len(pieces[0])
        while count < len(pieces) and size + len(pieces[count]) <= WINDOW:
            size += len(pieces[count])
            count += 1
        first = b"".join(pieces[:count])
        del pieces[:count]
        self._size -= size
        return first

    async def _take(self, spool: Spool | None, count: int, position: int) -> bytes:
        assert spool is not None
        piece = spool.read_now(count, position)
        if piece is None:
            piece, error = await FILES.call(spool.read, count, position)
            if error is not None:
                try:
                    raise error
                finally:
                    del error  # which holds this frame
            if not piece:
                raise DeviceError("what was written to a temporary file is not there any more")
        with self._change:
            self._read += len(piece)
            self._change.notify()
        return piece

    def aclose(self) -> None:
        """It will be read no more: a thread that waits is let go, what was written to disk is freed."""
        with self._change:
            self.is_closed = True
            self._is_cut = bool(self._pieces) or self._read != self._written
            self._pieces.clear()
            spools = [self._spool]
            self._spool = None
            self._change.notify_all()
        if spools[0] is not None and spools[0].frees_much():
            with suppress(RuntimeError):  # the system gives no thread
                FILES.call(spools.clear)  # the last reference, unless the thread is about to write


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class _Complaint:
    """What a disk does not take is said once a minute: it concerns every slow client."""

    def __init__(self) -> None:
        self._next = 0.0

    def make(self, error: OSError) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 60
            report(
                "answers can't be written to a temporary file, threads wait for slow clients: %s",
                error,
                level=logging.WARNING,
            )


_complaint = _Complaint()
