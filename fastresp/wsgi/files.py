"""Files as content: `wsgi.file_wrapper` of PEP 3333, and the device that a wrapped file is to a responder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

__all__ = ["FileWrapper", "as_stated"]


class FileWrapper:
    """`wsgi.file_wrapper`: an iterable of a file's blocks, which is sent as a file where nobody has wrapped it.

    >>> list(FileWrapper(io.BytesIO(b"content"), 4))
    [b'cont', b'ent']
    """

    def __init__(self, filelike: Any, block_size: int = 65536) -> None:
        self.filelike = filelike
        self.block_size = block_size

    def __getattr__(self, name: str) -> Any:
        """What the file has: seek() for one who sends a range of it, and close()."""
        if name == "filelike":  # a copy that is not made yet
            raise AttributeError(name)
        return getattr(self.filelike, name)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block: bytes = self.filelike.read(self.block_size)
        if not block:
            raise StopIteration
        return block


class _Blocks:
    """A file of which only a part is to be sent, from where it stands: its size is not to be asked for."""

    def __init__(self, filelike: Any) -> None:
        self._filelike = filelike
        self.read = filelike.read

    def close(self) -> None:
        close = getattr(self._filelike, "close", None)
        if close is not None:
            close()


def as_stated(filelike: Any, length: int | None) -> Any:
    """The file, as a device of the content-length that was stated."""
    if length is None:
        return filelike
    try:
        position = filelike.tell()
        try:
            filelike.seek(0, os.SEEK_END)  # returns nothing in Python 3.12's mmap, and may in others
            size = filelike.tell() - position
        finally:
            filelike.seek(position)
    except Exception:  # of any kind: it is the application's own
        return _Blocks(filelike)
    return filelike if size == length else _Blocks(filelike)
