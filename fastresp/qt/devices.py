"""QIODevices as devices that fastresp reads: each in the thread that it belongs to, no faster than the client reads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fastresp.core.device import DeviceError
from fastresp.qt.reader import Reader, is_idle
from fastresp.qt.values import qt

__all__ = ["take"]


def take(device: Any, is_server_thread: bool) -> tuple[Any, int | None]:
    """Take a QIODevice over from its owner: what fastresp reads and closes in its stead, and how many bytes that has.

    The size is None where fastresp finds it out, or where it is known at the end only. A device that can't be opened
    gives one that fastresp refuses with 500, and logs why. `is_server_thread`: whether this is the server's.
    Raises ValueError if the device can't be read in its thread. It is deleted in any case, once.
    """
    core = qt("QtCore")
    thread = device.thread()
    if thread != core.QThread.currentThread():
        device.deleteLater()
        raise ValueError(f"{device!r} belongs to another thread: write() it there, or move it here first")
    has_events = core.QAbstractEventDispatcher.instance(thread) is not None
    destroy = device.deleteLater if has_events else _destroyer(device)
    try:
        device.setParent(None)
        name = repr(device)
        if not _is_open(core, device):
            refused = _Refused(f"{name} ({device.errorString()})")
            destroy()
            return refused, None
        file = _file_of(core, device)
        if file is not None:
            destroy()
            return file, None
        is_sequential = device.isSequential()
        if not has_events and (is_sequential or not is_server_thread):
            raise ValueError(
                f"{name} can't be read here, in a thread without a Qt event loop: answer from one that has it, as"
                " fastresp.qt.in_qt_thread does"
            )
        size = None if is_sequential else max(0, device.size() - device.pos())
        if not has_events:
            return _Here(device, destroy), size
        from fastresp.qt.invokers import invoker_of_this_thread

        invoker = invoker_of_this_thread()
        return _There(Reader(core, device, is_sequential, invoker.endings), invoker), size
    except BaseException:
        destroy()
        raise


def _destroyer(device: Any) -> Callable[[], None]:
    """In a thread without Qt's events nothing comes later."""
    import shiboken6  # type: ignore[import-not-found,unused-ignore]

    def destroy() -> None:
        if shiboken6.isValid(device):
            shiboken6.delete(device)

    return destroy


def _is_open(core: Any, device: Any) -> bool:
    if not device.isOpen():
        device.open(core.QIODevice.OpenModeFlag.ReadOnly)
        if not device.isReadable() or is_idle(device):
            return False
    return bool(device.isReadable())


def _file_of(core: Any, device: Any) -> Any:
    """What a QFile reads, from its position on, as a file of Python's: then no thread of Qt's waits for disks."""
    if os.name != "posix" or type(device) not in (core.QFile, core.QTemporaryFile) or device.isTextModeEnabled():
        return None
    descriptor = device.handle()
    is_pipe = device.isSequential()
    if descriptor < 0 or (is_pipe and device.bytesAvailable()):
        return None
    if device.isWritable():
        device.flush()
    file = open(os.dup(descriptor), "rb", buffering=0)  # noqa: SIM115
    if not is_pipe:
        file.seek(device.pos())
    return file


class _Refused:
    """Stands for a device that could not be opened: fastresp logs its repr, and answers 500."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text

    def read(self, count: int) -> bytes:
        return b""

    def readable(self) -> bool:
        return False

    def close(self) -> None:
        pass


class _Here:
    """A random-access device of the server's own thread."""

    def __init__(self, device: Any, destroy: Callable[[], None]) -> None:
        self._device = device
        self._destroy = destroy

    async def read(self, count: int) -> bytes:
        await asyncio.sleep(0)  # a client that keeps up must not keep the loop
        data: bytes = self._device.read(count).data()
        return data

    def close(self) -> None:
        self._destroy()
        self._device = None
        self._destroy = _nothing


class _There:
    """A device of a Qt thread, which its invoker reads."""

    def __init__(self, reader: Reader, invoker: Any) -> None:
        self._reader: Reader | None = reader
        self._invoker = invoker

    async def read(self, count: int) -> bytes:
        loop = asyncio.get_running_loop()
        # the error is part of the result: a future of its own can't hold a StopIteration
        future: asyncio.Future[tuple[bytes, BaseException | None]] = loop.create_future()

        def deliver(data: bytes, error: BaseException | None) -> None:
            with suppress(RuntimeError):  # a closed loop waits for nothing
                loop.call_soon_threadsafe(_settle, future, data, error)

        if self._reader is None:
            raise DeviceError("the device is closed")
        self._invoker.post(self._reader.want, count, deliver)
        data, error = await future
        if error is not None:
            raise error
        return data

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            self._invoker.post(reader.release)


def _settle(future: asyncio.Future[tuple[bytes, BaseException | None]], *outcome: Any) -> None:
    if not future.done():
        future.set_result(outcome)


def _nothing() -> None:
    pass
