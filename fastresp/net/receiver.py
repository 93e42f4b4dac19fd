"""The reading of a large body: the loop reads into memory of ours, instead of copying out of its own.

A receiver is the transport's protocol while such a body comes, and hands on all that it is told.
"""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Any

__all__ = ["Receiver", "Whole", "new_receiver", "new_whole"]

ROOM = 458752
"""Bytes that are read at once."""


class Whole:
    """A body that is wanted as one."""

    __slots__ = ("_data",)

    def __init__(self) -> None:
        self._data = BytesIO()

    def add(self, piece: bytes) -> None:
        """So much has come."""
        self._data.write(piece)

    def take(self) -> bytes:
        """All that has come. There is no other call after this one."""
        return self._data.getvalue()


class Receiver:
    """Stands in for a connection that takes bytes by `data_received`."""

    __slots__ = ("_left", "_protocol", "_room", "_size")

    def __init__(self, protocol: Any, room: memoryview) -> None:
        self._protocol = protocol
        self._room = room  # all receivers of a server read into it in turn, and take out at once what has come
        self._left = 0  # so much may come that the parser need not see
        self._size = 0  # so much has room

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes belong."""
        self._left = self._protocol.content_left()
        self._size = min(self._left, ROOM) if self._left > 0 else ROOM
        return self._room[: self._size]

    def buffer_updated(self, count: int) -> None:
        """So many bytes have come. Raises ValueError for more than get_buffer() had room for."""
        if not 0 <= count <= self._size:
            raise ValueError(f"{count} bytes can't have come: there was room for {self._size}")
        is_full = count == self._size
        self._size = 0
        data = bytes(self._room[:count])
        if self._left:
            self._protocol.collected.add(data)
            self._protocol.content_received(count)
        else:
            self._protocol.data_received(data)
        if is_full:
            self._protocol.filled()

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()  # type: ignore[no-any-return]

    def connection_lost(self, error: Exception | None) -> None:
        self._protocol.connection_lost(error)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()


class _Buffered(Receiver, asyncio.BufferedProtocol):
    """asyncio knows a protocol that is read into by its class."""

    __slots__ = ()


def new_receiver(protocol: Any) -> Any:
    """What takes in a large body for `protocol`."""
    service = protocol.service
    if service.room is None:
        service.room = memoryview(bytearray(ROOM))
    return _Buffered(protocol, service.room)


def new_whole(expected: int) -> Whole:
    """What puts a body together, of which nothing has come. Its size is expected to be this; -1 if it is not known."""
    return Whole()
