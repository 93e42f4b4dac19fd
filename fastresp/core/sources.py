"""The kinds of sources: how each kind of device is read without stalling the event loop.

Async code gains nothing from compilation, so both twins use this one module as it is.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import os
import select
import stat
from collections.abc import Callable
from contextvars import Context, copy_context
from operator import index
from typing import Any

from fastresp.core.blocking import DEVICES, Outcome, Pool
from fastresp.core.closing import close_in_thread, close_quietly, keep_until_done, shown
from fastresp.headers import MAX_LENGTH

__all__ = ["PIECE", "Async", "Blocking", "DeviceError", "Memory", "Ready", "Seekable", "Source", "Threaded", "as_bytes"]

PIECE = 131072
"""Bytes read at once. With the transport's high-water mark of 64 KiB this bounds what is in memory of a device."""


class DeviceError(Exception):
    """A device that can't be read; the text says why. `told`: the log says it already."""

    def __init__(self, text: str, told: bool = False) -> None:
        super().__init__(text)
        self.told = told


class Source:
    """Content to be read from its current position.

    `size`: how many bytes there are, None if that is not known before the end. Where finding it out may block,
    `is_measured` is false until `measure` has been awaited.
    """

    size: int | None = None
    is_measured = True
    context: Context
    """That of the handler's call, in which the device's code runs."""

    async def measure(self) -> None:
        """Find out the size."""

    def read_now(self, count: int) -> bytes | None:
        """Up to `count` bytes (b"" at the end) if they can be had without waiting, else None. Calls no user code."""
        return None

    async def read(self, count: int) -> bytes:
        """Up to `count` bytes (an iterator may give more), b"" at the end. Raises all that the device raises."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the device, once, as soon as no read of it is under way. Raises nothing."""
        raise NotImplementedError


def as_bytes(data: Any) -> bytes:
    """What a device has given. Raises TypeError for what is no buffer."""
    return data if type(data) is bytes else bytes(memoryview(data).cast("B"))


class Threaded(Source):
    """What is read in worker threads; never closed under a read that is still running."""

    def __init__(self, close: Callable[[], object], threads: Pool) -> None:
        self._close: Callable[[], object] | None = close
        self._threads = threads
        self._reading: asyncio.Future[Outcome] | None = None

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        # a context of its own, too: what is set in the thread is not for the next that uses it
        self._reading = self._threads.call(copy_context().run, function, *arguments)
        result, error = await asyncio.shield(self._reading)
        if error is not None:
            self._reading = None
            try:
                raise error
            finally:
                del error  # which holds this frame
        return result

    def close(self) -> None:
        close, self._close = self._close, None
        if close is None:
            return
        reading = self._reading
        if reading is None or reading.done() or self._threads.withdraw(reading):
            close()
        else:
            reading.add_done_callback(lambda _: close())
            keep_until_done(reading)


class Memory(Source):
    """A BytesIO: its bytes are there."""

    def __init__(self, device: io.BytesIO) -> None:
        self._device = device
        self._view: memoryview | None = memoryview(device.getvalue())  # no copy, and it may be closed or changed
        self._position = device.tell()
        self.size = max(0, len(self._view) - self._position)

    def read_now(self, count: int) -> bytes | None:
        if self._view is None:
            return b""
        data = bytes(self._view[self._position : self._position + count])
        self._position += len(data)
        return data

    async def read(self, count: int) -> bytes:
        return self.read_now(count) or b""

    def close(self) -> None:
        if self._view is not None:
            self._view.release()
            self._view = None
            close_quietly(self._device)


class Ready(Threaded):
    """A pipe, a socket or a terminal: read when the loop says that there is something."""

    def __init__(self, fd: int, held: bytes, close: Callable[[], object]) -> None:
        super().__init__(close, DEVICES)
        self._fd = fd
        self._held = held
        self._may_wait = stat.S_ISFIFO(os.fstat(fd).st_mode)  # for the first writer of a named pipe

    def read_now(self, count: int) -> bytes | None:
        if self._held:
            held, self._held = self._held, b""
            return held
        try:
            data = os.read(self._fd, count)
        except BlockingIOError:
            return None
        if not data and self._may_wait and not _is_hung_up(self._fd):
            return None
        self._may_wait = False
        return data

    async def read(self, count: int) -> bytes:
        loop = asyncio.get_running_loop()
        while True:
            ready: asyncio.Future[None] = loop.create_future()
            try:
                loop.add_reader(self._fd, _wake, ready)
            except (OSError, NotImplementedError):  # a kind of file that epoll refuses, or Windows' loop
                os.set_blocking(self._fd, True)
                data: bytes = await self._in_thread(os.read, self._fd, count)
                return data
            try:
                await ready
            finally:
                loop.remove_reader(self._fd)
            now = self.read_now(count)
            if now is not None:
                return now


def _is_hung_up(fd: int) -> bool:
    """Whether a pipe's writers have left. False where there was none yet (Linux)."""
    poll = getattr(select, "poll", None)
    if poll is None:
        return True
    poller = poll()
    poller.register(fd, 0)
    return bool(poller.poll(0))


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class Blocking(Threaded):
    """Any object with a `read` that may block, and a `close` that may."""

    def __init__(self, device: Any) -> None:
        super().__init__(lambda: close_in_thread(device), DEVICES)
        self._device = device
        # read1 returns what there is, where read would wait for all that was asked for
        self._read = getattr(device, "read1", None) or device.read

    async def read(self, count: int) -> bytes:
        data = await self._in_thread(self._read, count)
        if inspect.isawaitable(data):
            data = await data
        if data is None:
            raise DeviceError(f"{shown(self._device)} is non-blocking and had nothing to read")
        return as_bytes(data)


class Seekable(Blocking):
    """One that can be measured by seeking, which may mean reading (gzip) and so may block as well."""

    is_measured = False

    def measure_now(self) -> None:
        """Find out the size, in this thread."""
        position = index(self._device.tell())
        self._device.seek(0, os.SEEK_END)
        size = max(0, index(self._device.tell()) - position)
        if size >= MAX_LENGTH:
            raise DeviceError(f"{shown(self._device)} says that it holds {size} bytes, more than can be sent")
        self.size = size
        self._device.seek(position)
        self.is_measured = True

    async def measure(self) -> None:
        await self._in_thread(self.measure_now)


class Async(Source):
    """An object with `async def read(n)`, or an async iterator."""

    def __init__(self, device: Any, has_read: bool) -> None:
        self._device = device
        self._has_read = has_read
        self._iterator: Any = None
        self._closed = False

    async def read(self, count: int) -> bytes:
        if self._has_read:
            return as_bytes(await self._device.read(count))
        if self._iterator is None:
            self._iterator = aiter(self._device)
        while True:
            try:
                # not in an `async for`, which would ask the iterator for another one
                piece = await anext(self._iterator)
            except StopAsyncIteration:
                return b""
            if piece:
                return as_bytes(piece)
            await asyncio.sleep(0)  # an iterator of nothing must not keep the loop

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            if self._iterator is not None and self._iterator is not self._device:
                close_quietly(self._iterator, ("aclose",))  # of an `async def __aiter__` that yields: its `finally`
            close_quietly(self._device, ("aclose", "close"))
