"""The fuzzer's input as a source of choices: an octet, a short string, the rest. At its end all of them are zero."""

from __future__ import annotations


class Reader:
    """Takes from the front of `data`; true while something is left."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def __bool__(self) -> bool:
        return self._place < len(self._data)

    def octet(self) -> int:
        if self._place >= len(self._data):
            return 0
        self._place += 1
        return self._data[self._place - 1]

    def short(self) -> bytes:
        """Up to the next NUL, which is taken, too; that keeps seeds readable, and mutations in their field."""
        end = self._data.find(b"\0", self._place)
        if end < 0:
            return self.rest()
        octets = self._data[self._place : end]
        self._place = end + 1
        return octets

    def rest(self) -> bytes:
        octets = self._data[self._place :]
        self._place = len(self._data)
        return octets
