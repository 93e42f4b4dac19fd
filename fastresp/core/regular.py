"""Regular files, read by position: from the page cache in the loop, from the disk in a thread."""

from __future__ import annotations

import os

from fastresp.core.blocking import DEVICES, FILES
from fastresp.core.closing import close_descriptor
from fastresp.core.sources import Source, Threaded

__all__ = ["new_regular", "read_cached"]

MEASURED = 65536
"""Bytes that are read of a file whose size can't be trusted, to answer with its true length."""


def new_regular(fd: int, position: int, status: os.stat_result) -> Source:
    """The source of a regular file's content from `position` on. The descriptor is the source's, to be closed.

    A file without blocks (size 0, or what /proc, /sys and cgroup file systems say, 0 or 4096) may hold more or less
    than its size: it is read up to 64 KiB first, and if that is not its end, and its size says 0, sent in chunks.
    """
    size = max(0, status.st_size - position)
    if getattr(status, "st_blocks", 1) or not hasattr(os, "preadv"):
        return Regular(fd, position, size)
    return Unsized(fd, position, size)


def read_cached(fd: int, count: int, position: int) -> bytes | None:
    """Up to `count` bytes of a file if the system holds them in memory, else None.

    Raises OSError if the system, or the file's file system, can't tell.
    """
    flag = getattr(os, "RWF_NOWAIT", 0)
    if not flag:
        raise OSError("this system can't read without waiting")
    buffer = bytearray(count)
    try:
        got = os.preadv(fd, [buffer], position, flag)
    except BlockingIOError:
        return None
    return bytes(memoryview(buffer)[:got])


class Regular(Threaded):
    """A regular file of known size."""

    def __init__(self, fd: int, position: int, size: int) -> None:
        super().__init__(lambda: close_descriptor(fd), FILES)
        self._fd = fd
        self._position = position
        self.size = size
        self._may_be_cached = True

    def read_now(self, count: int) -> bytes | None:
        if not self._may_be_cached:
            return None
        try:
            data = read_cached(self._fd, count, self._position)
        except OSError:
            self._may_be_cached = False
            return None
        if data is not None:
            self._position += len(data)
        return data

    async def read(self, count: int) -> bytes:
        data: bytes = await self._in_thread(os.pread, self._fd, count, self._position)
        self._position += len(data)
        return data


class Unsized(Regular):
    """One whose size is what reading it gives, or, beyond MEASURED bytes, what it says; None if it says 0."""

    is_measured = False

    def __init__(self, fd: int, position: int, size: int) -> None:
        super().__init__(fd, position, size)
        self._said = size
        self._held = b""
        self._measure_now()

    def _measure_now(self) -> None:
        """An ordinary file that is empty, or has its bytes in its inode, or holes: it can be read without waiting."""
        position = self._position
        data = super().read_now(min(self._said, MEASURED) + 1)
        if data is not None and (len(data) == self._said or len(data) > MEASURED):
            self._measured(data, len(data) == self._said)
            return
        self._position = position  # a short read may be one of what happened to be in memory
        if not self._may_be_cached:
            self._threads = DEVICES  # what the system makes up while it is read may take its time

    def _measured(self, data: bytes, is_all: bool) -> None:
        self._held = data
        if is_all:
            self.size = len(data)
        else:
            self.size = self._said or None
        self.is_measured = True

    async def measure(self) -> None:
        pieces = []
        size = 0
        while size <= MEASURED:
            piece = await Regular.read(self, MEASURED)
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
        self._measured(b"".join(pieces), size <= MEASURED)

    def read_now(self, count: int) -> bytes | None:
        if self._held:
            data, self._held = self._held[:count], self._held[count:]
            return data
        return super().read_now(count)
