"""A temporary file for what an application has produced and its client has not taken yet."""

from __future__ import annotations

import os
import tempfile

from fastresp.core.closing import frees_much
from fastresp.core.regular import read_cached

__all__ = ["Spool"]


class Spool:
    """Bytes by position, in a file without a name, in the directory that TMPDIR names.

    It is freed when the last reference goes: while a thread is within one of the methods, its descriptor can't be
    closed, and so can't become that of another file. Raises OSError if there is no such file to be had.
    """

    def __init__(self) -> None:
        if not hasattr(os, "pwrite"):
            raise OSError("this system has no pwrite()")
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by __del__
        self._may_be_cached = True

    def write(self, data: memoryview, position: int) -> int:
        """Write at least one byte, and return how many. Raises OSError, of a full disk for one. Blocks."""
        return os.pwrite(self._file.fileno(), data, position)

    def read_now(self, count: int, position: int) -> bytes | None:
        """1 to `count` bytes that have been written, if the system holds them in memory, else None."""
        if self._may_be_cached:
            try:
                return read_cached(self._file.fileno(), count, position) or None
            except OSError:
                self._may_be_cached = False
        return None

    def read(self, count: int, position: int) -> bytes:
        """1 to `count` bytes that have been written. Blocks."""
        return os.pread(self._file.fileno(), count, position)

    def frees_much(self) -> bool:
        """Whether the system takes its time to free it."""
        return frees_much(self._file.fileno())

    def __del__(self) -> None:
        file = getattr(self, "_file", None)
        if file is not None:
            file.close()
