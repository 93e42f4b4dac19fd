"""Regular files, read by position: from the page cache in the loop, from the disk in a thread."""

from __future__ import annotations

import os

from fastresp.http.blocking import FILES
from fastresp.http.closing import close_descriptor
from fastresp.http.sources import Source, Threaded

__all__ = ["new_regular"]


def new_regular(fd: int, position: int, status: os.stat_result) -> Source:
    """The source of a regular file's content from `position` on. The descriptor is the source's, to be closed."""
    size = max(0, status.st_size - position)
    return Regular(fd, position, size)


class Regular(Threaded):
    """A regular file of known size."""

    def __init__(self, fd: int, position: int, size: int) -> None:
        super().__init__(lambda: close_descriptor(fd), FILES)
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
        data: bytes = await self._in_thread(os.pread, self._fd, count, self._position)
        self._position += len(data)
        return data
