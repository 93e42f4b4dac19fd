"""Devices that run code of their own at one of their calls, which may answer, swap, drop, collect, or raise."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from typing import Any

__all__ = ["device"]

Run = Callable[[], object]


class _Device:
    """Runs at one of its calls; what it holds is `data`."""

    def __init__(self, run: Run, where: str, data: bytes) -> None:
        self._run, self._where, self._file = run, where, io.BytesIO(data)

    def _at(self, where: str) -> None:
        if where == self._where:
            self._run()

    def readable(self) -> bool:
        self._at("readable")
        return True

    def close(self) -> None:
        self._at("close")


class Sequential(_Device):
    """Blocking reads, unknown size."""

    def __getattr__(self, name: str) -> Any:
        if name == "read1":
            self._at("getattr")
        raise AttributeError(name)

    @property
    def closed(self) -> bool:
        self._at("closed")
        return False

    def seekable(self) -> bool:
        self._at("seekable")
        return False

    def read(self, count: int) -> bytes:
        self._at("read")
        return self._file.read(count)


class Seekable(_Device):
    """Blocking reads, measured by seeking."""

    def seekable(self) -> bool:
        self._at("seekable")
        return True

    def tell(self) -> int:
        self._at("tell")
        return self._file.tell()

    def seek(self, *arguments: int) -> int:
        self._at("seek")
        return self._file.seek(*arguments)

    def read(self, count: int) -> bytes:
        self._at("read")
        return self._file.read(count)


class Memory(io.BytesIO):
    """A subclass of what is read without waiting."""

    def __init__(self, run: Run, where: str, data: bytes) -> None:
        super().__init__(data)
        self._run, self._where = run, where

    def _at(self, where: str) -> None:
        if where == self._where:
            self._run()

    def readable(self) -> bool:
        self._at("readable")
        return True

    def seekable(self) -> bool:
        self._at("seekable")
        return True

    def tell(self) -> int:
        self._at("tell")
        return super().tell()

    def seek(self, *arguments: int) -> int:
        self._at("seek")
        return super().seek(*arguments)

    def read(self, count: int | None = -1) -> bytes:
        self._at("read")
        return super().read(count)

    def close(self) -> None:
        self._at("close")
        super().close()


class Awaited(_Device):
    """Read by a coroutine."""

    def __getattr__(self, name: str) -> Any:
        if name in ("aclose", "__aiter__"):
            self._at("getattr")
        raise AttributeError(name)

    async def read(self, count: int) -> bytes:
        self._at("read")
        return self._file.read(count)


class Iterated:
    """An async iterator."""

    def __init__(self, run: Run, where: str, data: bytes) -> None:
        self._run, self._where = run, where
        self._pieces = [data[:5], b"", data[5:]]

    def _at(self, where: str) -> None:
        if where == self._where:
            self._run()

    def __getattr__(self, name: str) -> Any:
        if name == "read":
            self._at("getattr")
        raise AttributeError(name)

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._at("aiter")
        return self

    async def __anext__(self) -> bytes:
        self._at("anext")
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop(0)

    async def aclose(self) -> None:
        self._at("aclose")


DEVICES: dict[str, Any] = {
    "sequential": Sequential,
    "seekable": Seekable,
    "aread": Awaited,
    "aiter": Iterated,
    "bytesio": Memory,
}


def device(flavour: str, run: Run, where: str, data: bytes) -> Any:
    """A device that runs at `where`."""
    return DEVICES[flavour](run, where, data)
