"""Bytes of answers on their way into one write."""

from __future__ import annotations

from fastresp.headers import Text
from fastresp.wire.headers import format_head

__all__ = ["OutputBuffer", "new_buffer"]


class OutputBuffer:
    """Room for so many bytes, and what is in it. Raises ValueError for fewer than none."""

    __slots__ = ("_data", "capacity", "size")

    def __init__(self, capacity: int) -> None:
        if capacity < 0:
            raise ValueError(f"an output buffer has room for 0 bytes or more, not for {capacity}")
        self._data = bytearray()
        self.capacity = capacity
        self.size = 0

    def __reduce__(self) -> str:
        raise TypeError("an OutputBuffer can't be copied or pickled")

    def add(self, data: bytes) -> bool:
        """Append these bytes; False, and nothing, where there is no room for them."""
        size = self.size + len(data)  # made first: where memory ends, nothing may stay that nobody counts
        if size > self.capacity:
            return False
        self._data += data
        self.size = size
        return True

    def add_head(self, line: bytes, content_type: Text | None, length: int, tail: bytes, body: bytes) -> int:
        """Append what format_head makes of the same, without field lines, and return its size; 0, and nothing is
        appended, where there is no room, or format_head is faster.
        """
        message = format_head(line, b"", content_type, length, tail, body)
        return len(message) if self.add(message) else 0

    def take(self, start: int) -> bytes:
        """The bytes from `start` on; none are in it any more."""
        if not 0 <= start <= self.size:
            raise ValueError(f"{start} is not within the {self.size} bytes")
        data = bytes(self._data[start:])
        self._data.clear()
        self.size = 0
        return data

    def clear(self) -> None:
        """Forget what is in it."""
        self._data.clear()
        self.size = 0


def new_buffer(capacity: int) -> OutputBuffer:
    """An empty output buffer."""
    return OutputBuffer(capacity)
