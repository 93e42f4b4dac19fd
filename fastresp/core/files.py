"""Small files in one go: a regular file that the system holds in memory is read whole, without waiting for a disk."""

from __future__ import annotations

import os
import stat

__all__ = ["read_whole"]

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NOWAIT = getattr(os, "RWF_NOWAIT", 0)


def read_whole(path: os.PathLike[str] | os.PathLike[bytes], limit: int) -> bytes | None:
    """What the file at `path` holds, if it is a regular one of 1 to `limit` bytes that can be read without waiting.

    None for anything else, what can't be opened and what is no path among it: opening it as a device finds out what is
    the matter. Raises nothing.
    """
    if not _NOWAIT:
        return None
    try:
        name = os.fspath(path)  # once: what is looked at is what is opened
    except BaseException:
        return None
    try:
        # looked at before it is opened: whoever writes to a named pipe must not find a reader that leaves again
        if not _is_small_file(os.stat(name), limit):
            return None
        fd = os.open(name, _READ)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(fd)
        if not _is_small_file(status, limit):
            return None
        buffer = bytearray(status.st_size)
        whole = os.preadv(fd, [buffer], 0, _NOWAIT) == status.st_size
        return bytes(buffer) if whole else None
    except OSError:
        return None
    finally:
        os.close(fd)


def _is_small_file(status: os.stat_result, limit: int) -> bool:
    return stat.S_ISREG(status.st_mode) and 0 < status.st_size <= limit
