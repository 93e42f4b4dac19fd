"""Devices that count: how often they were read and closed, and who waits for whom."""

from __future__ import annotations

import asyncio
import threading

TIMEOUT = 10.0


class Counted:
    """What all of them have: `reads`, `closes`, and the event `closing`."""

    def __init__(self) -> None:
        self.reads = 0
        self.closes = 0
        self.closing = threading.Event()
        self.reading = threading.Event()

    def close(self) -> None:
        self.closes += 1
        self.closing.set()


class Device(Counted):
    """A plain object with a blocking `read`, sequential. An exception among the pieces is raised in its place."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        super().__init__()
        self.pieces = list(pieces)

    def read(self, count: int) -> bytes:
        assert not self.closes, "read after close"
        self.reads += 1
        self.reading.set()
        return self.take(count)

    def take(self, count: int) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        if len(piece) > count:
            self.pieces.insert(0, piece[count:])
        return piece[:count]


class Reader(Device):
    """An object with `async def read`."""

    async def read(self, count: int) -> bytes:
        assert not self.closes, "read after close"
        self.reads += 1
        self.reading.set()
        await asyncio.sleep(0)
        return self.take(count)


class Seekable(Counted):
    """A device with random access, of the size that it says, holding what it holds."""

    def __init__(self, size: int, content: bytes, position: int = 0) -> None:
        super().__init__()
        self.size = size
        self.content = content
        self.position = position

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, position: int, whence: int = 0) -> int:
        self.position = position + (0, self.position, self.size)[whence]
        return self.position

    def read(self, count: int = -1) -> bytes:
        assert not self.closes, "read after close"
        self.reads += 1
        piece = self.content[self.position :][: count if count >= 0 else None]
        self.position += len(piece)
        return piece


class Gate(Device):
    """A blocking device whose every read waits until the gate is open."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        super().__init__(*pieces)
        self.opened = threading.Event()

    def take(self, count: int) -> bytes:
        assert self.opened.wait(TIMEOUT), "the gate stayed closed"
        return super().take(count)
