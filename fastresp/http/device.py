"""Devices: anything that content can be read from, as one kind of source that never stalls the event loop.

Files are read where the page cache has them, and in a worker thread where it has not; pipes when the loop says that
they are ready; objects with a blocking `read` in a worker thread; coroutines and async iterators as what they are.
Async code gains nothing from compilation, so both twins use this one module as it is.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import logging
import mmap
import os
import stat
from collections.abc import Callable
from typing import Any

from fastresp.http.blocking import start_in_thread

__all__ = ["DeviceError", "Source", "discard", "is_device", "open_source"]

log = logging.getLogger("fastresp")

PIECE = 131072
"""Bytes read at once. With the transport's high-water mark of 64 KiB this bounds what is in memory of a device."""


class DeviceError(Exception):
    """A device that can't be read; the text says why."""


def is_device(thing: Any) -> bool:
    """Whether `thing` is of a kind that content can be read from."""
    return isinstance(thing, os.PathLike) or hasattr(thing, "read") or hasattr(thing, "__aiter__")


def discard(thing: Any) -> None:
    """Closes a device that nothing will be read from; does nothing to anything else."""
    if isinstance(thing, bytes | str | int | dict | list | os.PathLike) or not is_device(thing):
        return
    if _is_async(thing):
        _Async(thing).close()
    else:
        _close_quietly(thing)


class Source:
    """Content to be read from its current position.

    `size`: how many bytes there are, None if that is not known before the end. Where finding it out may block,
    `is_measured` is false until `measure` has been awaited.
    """

    size: int | None = None
    is_measured = True

    async def measure(self) -> None:
        """Finds out the size."""

    def read_now(self, count: int) -> bytes | None:
        """Up to `count` bytes (b"" at the end) if they can be had without waiting; else None."""
        return None

    async def read(self, count: int) -> bytes:
        """Up to `count` bytes (an iterator may give more), b"" at the end."""
        raise NotImplementedError

    def close(self) -> None:
        """Closes the device, once, as soon as nobody reads from it any more."""
        raise NotImplementedError


def open_source(device: Any) -> Source:
    """The source that `device` is. Raises DeviceError for one that can't be read."""
    try:
        if isinstance(device, os.PathLike):
            return _open_path(device)
        if _is_async(device):
            return _Async(device)
        if isinstance(device, io.TextIOBase):
            raise DeviceError(f"{device!r} is open as text: open it in binary mode")
        if getattr(device, "closed", False):
            raise DeviceError(f"{device!r} is closed")
        readable = getattr(device, "readable", None)
        if readable is not None and not readable():
            raise DeviceError(f"{device!r} is not open for reading")
        return _open_file(device)
    except DeviceError:
        discard(device)
        raise
    except (OSError, ValueError) as error:
        discard(device)
        raise DeviceError(f"{device!r}: {error}") from error


def _open_path(path: os.PathLike[Any]) -> Source:
    # O_NONBLOCK: opening a named pipe that nobody writes to must not wait; it means nothing to a regular file
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    fd = os.open(path, flags)
    status = os.fstat(fd)
    if stat.S_ISDIR(status.st_mode):
        os.close(fd)
        raise DeviceError(f"{os.fspath(path)!r} is a directory")
    if stat.S_ISREG(status.st_mode):
        return _Regular(fd, 0, status.st_size, lambda: os.close(fd))
    return _Ready(fd, b"", lambda: os.close(fd))


def _open_file(device: Any) -> Source:
    # Exact types only: of a subclass or a wrapper (gzip, say) the descriptor's bytes are not the content.
    raw = device.raw if type(device) in (io.BufferedReader, io.BufferedRandom) else device
    if type(raw) is io.FileIO:
        status = os.fstat(raw.fileno())
        if stat.S_ISREG(status.st_mode):
            if type(device) is io.BufferedRandom:
                device.flush()
            position = device.tell()
            return _Regular(raw.fileno(), position, max(0, status.st_size - position), device.close)
        if os.name == "posix" and (stat.S_ISFIFO(status.st_mode) or stat.S_ISSOCK(status.st_mode)):
            os.set_blocking(raw.fileno(), False)
            held = b"" if device is raw else device.read(len(device.peek()))
            return _Ready(raw.fileno(), held or b"", device.close)
    if type(device) is io.BytesIO:
        return _Memory(device)
    seekable = getattr(device, "seekable", None)
    if not (seekable() if seekable is not None else isinstance(device, mmap.mmap)):
        return _Blocking(device)
    source = _Seekable(device)
    if isinstance(raw, io.FileIO | io.BytesIO | mmap.mmap):
        source.measure_now()
    return source


def _is_async(device: Any) -> bool:
    read = getattr(device, "read", None)
    return hasattr(device, "__aiter__") if read is None else inspect.iscoroutinefunction(read)


def _close_quietly(device: Any, names: tuple[str, ...] = ("close",)) -> None:
    """Calls the first of these methods that the device has; what it returns is awaited if it wants to be."""
    for name in names:
        close = getattr(device, name, None)
        if close is not None:
            try:
                closing = close()
                if inspect.isawaitable(closing):
                    task = asyncio.ensure_future(_settle(closing, device))
                    _closing.add(task)
                    task.add_done_callback(_closing.discard)
            except Exception:
                log.warning("closing %r failed", device, exc_info=True)
            return


async def _settle(closing: Any, device: Any) -> None:
    try:
        await closing
    except Exception:
        log.warning("closing %r failed", device, exc_info=True)


_closing: set[asyncio.Future[None]] = set()


class _Threaded(Source):
    """What is read in worker threads; never closed under a read that is still running."""

    def __init__(self, close: Callable[[], object]) -> None:
        self._close: Callable[[], object] | None = close
        self._reading: asyncio.Future[Any] | None = None

    async def _in_thread(self, read: Callable[[int], Any], count: int) -> Any:
        self._reading = start_in_thread(read, count)
        return await asyncio.shield(self._reading)

    def close(self) -> None:
        close, self._close = self._close, None
        if close is None:
            return
        if self._reading is None or self._reading.done():
            close()
        else:
            self._reading.add_done_callback(lambda reading: (reading.exception(), close()))


class _Regular(_Threaded):
    """A regular file, read by position; the file object's own position and buffer are not used."""

    def __init__(self, fd: int, position: int, size: int, close: Callable[[], object]) -> None:
        super().__init__(close)
        self._fd = fd
        self._position = position
        self.size = size
        self._nowait = getattr(os, "RWF_NOWAIT", 0)

    def read_now(self, count: int) -> bytes | None:
        if not self._nowait:
            return None
        buffer = bytearray(count)
        try:
            got = os.preadv(self._fd, [buffer], self._position, self._nowait)
        except BlockingIOError:
            return None
        except OSError:
            self._nowait = 0  # a file system that doesn't know the flag
            return None
        self._position += got
        return bytes(memoryview(buffer)[:got])

    async def read(self, count: int) -> bytes:
        data: bytes = await self._in_thread(self._read, count)
        self._position += len(data)
        return data

    def _read(self, count: int) -> bytes:
        return os.pread(self._fd, count, self._position)


class _Memory(Source):
    """A BytesIO: its bytes are there."""

    def __init__(self, device: io.BytesIO) -> None:
        self._device = device
        self._view: memoryview | None = device.getbuffer()
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
            self._device.close()


class _Ready(_Threaded):
    """A pipe, a socket or a terminal: read when the loop says that there is something."""

    def __init__(self, fd: int, held: bytes, close: Callable[[], object]) -> None:
        super().__init__(close)
        self._fd = fd
        self._held = held

    def read_now(self, count: int) -> bytes | None:
        if self._held:
            held, self._held = self._held, b""
            return held
        try:
            return os.read(self._fd, count)
        except BlockingIOError:
            return None

    async def read(self, count: int) -> bytes:
        loop = asyncio.get_running_loop()
        while True:
            ready: asyncio.Future[None] = loop.create_future()
            try:
                loop.add_reader(self._fd, _wake, ready)
            except (OSError, NotImplementedError):  # a kind of file that epoll refuses, or Windows' loop
                os.set_blocking(self._fd, True)
                data: bytes = await self._in_thread(self._read, count)
                return data
            try:
                await ready
            finally:
                loop.remove_reader(self._fd)
            now = self.read_now(count)
            if now is not None:
                return now

    def _read(self, count: int) -> bytes:
        return os.read(self._fd, count)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class _Blocking(_Threaded):
    """Any object with a `read` that may block."""

    def __init__(self, device: Any) -> None:
        super().__init__(lambda: _close_quietly(device))
        self._device = device
        # read1 returns what there is, where read would wait for all that was asked for
        self._read = getattr(device, "read1", None) or device.read

    async def read(self, count: int) -> bytes:
        data = await self._in_thread(self._read, count)
        if inspect.isawaitable(data):
            data = await data
        if data is None:
            raise DeviceError(f"{self._device!r} is non-blocking and had nothing to read")
        return data if type(data) is bytes else bytes(memoryview(data).cast("B"))


class _Seekable(_Blocking):
    """One that can be measured by seeking, which may mean reading (gzip) and so may block as well."""

    is_measured = False

    def measure_now(self, _: int = 0) -> None:
        """Finds out the size, in this thread."""
        position = self._device.tell()
        self._device.seek(0, os.SEEK_END)
        self.size = max(0, self._device.tell() - position)
        self._device.seek(position)
        self.is_measured = True

    async def measure(self) -> None:
        await self._in_thread(self.measure_now, 0)


class _Async(Source):
    """An object with `async def read(n)`, or an async iterator."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._closed = False
        self._iterator = None if hasattr(device, "read") else device.__aiter__()

    async def read(self, count: int) -> bytes:
        if self._iterator is None:
            data = await self._device.read(count)
            return data if type(data) is bytes else bytes(memoryview(data).cast("B"))
        async for piece in self._iterator:
            if piece:
                return piece if type(piece) is bytes else bytes(memoryview(piece).cast("B"))
            await asyncio.sleep(0)  # an iterator of nothing must not keep the loop
        return b""

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            _close_quietly(self._device, ("aclose", "close"))
