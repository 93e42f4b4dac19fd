"""QIODevices as devices that fastresp reads: each in the thread that it belongs to, no faster than the client reads."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fastresp.http.device import PIECE, DeviceError
from fastresp.qt.values import qt

__all__ = ["take"]

log = logging.getLogger("fastresp")


def take(device: Any, server_loop: asyncio.AbstractEventLoop | None) -> tuple[Any, int | None]:
    """Takes a QIODevice over from its owner: what fastresp reads and closes in its stead, and how many bytes that has.

    The size is None where fastresp finds it out, or where it is known at the end only. A device that can't be opened
    gives one that fastresp refuses with 500, and logs why. `server_loop`: not None in the server's thread.
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
        if not has_events and (is_sequential or server_loop is None):
            raise ValueError(
                f"{name} can't be read here, in a thread without a Qt event loop: answer from one that has it, as"
                " fastresp.qt.in_qt_thread does"
            )
        size = None if is_sequential else max(0, device.size() - device.pos())
        if not has_events:
            return _Here(device, destroy), size
        from fastresp.qt.couriers import courier_of

        return _There(_Reader(core, device, is_sequential), courier_of(thread)), size
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
        if not device.isReadable() or _is_idle(device):
            return False
    return bool(device.isReadable())


def _file_of(core: Any, device: Any) -> Any:
    """What a QFile reads, from its position on, as a file of Python's: then no thread of Qt's waits for disks."""
    if os.name != "posix" or type(device) not in (core.QFile, core.QTemporaryFile) or device.isTextModeEnabled():
        return None
    descriptor = device.handle()
    if descriptor < 0 or device.isSequential():
        return None
    if device.isWritable():
        device.flush()
    file = open(os.dup(descriptor), "rb", buffering=0)  # noqa: SIM115
    file.seek(device.pos())
    return file


def _is_idle(device: Any) -> bool:
    """Whether a process does not run, or a socket is not connected: both say so by a state of 0."""
    state = getattr(device, "state", None)
    return callable(state) and getattr(state(), "value", None) == 0


# What is no error of the content: that there is none, that the other side is done, that somebody has waited in vain.
_HARMLESS = {"NoError", "RemoteHostClosedError", "PeerClosedError", "SocketTimeoutError", "Timedout"}


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
    """A device of a Qt thread, which its courier reads."""

    def __init__(self, reader: _Reader, courier: Any) -> None:
        self._reader: _Reader | None = reader
        self._courier = courier

    async def read(self, count: int) -> bytes:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes] = loop.create_future()

        def deliver(data: bytes, error: Exception | None) -> None:
            with suppress(RuntimeError):  # a closed loop waits for nothing
                loop.call_soon_threadsafe(_settle, future, data, error)

        if self._reader is None:
            raise DeviceError("the device is closed")
        self._courier.post(self._reader.want, count, deliver)
        return await future

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            self._courier.post(reader.release)


class _Reader:
    """Reads a device in its thread: what there is when somebody wants it, or when it comes.

    All but the constructor is called by the thread's event loop. The device's last reference goes here, in its thread.
    """

    def __init__(self, core: Any, device: Any, is_sequential: bool) -> None:
        self._device = device
        self._count = 0
        self._deliver: Callable[[bytes, Exception | None], None] | None = None
        self._is_sequential = is_sequential
        self._reading = False
        self._again = False
        self._finished = False
        self._fault = ""
        self._says_end = _says_end(core, device)
        self._connections: list[tuple[Any, Callable[..., None]]] = [
            (device.destroyed, self._on_destroyed),
            (device.aboutToClose, self._on_close),
        ]
        if hasattr(device, "errorOccurred"):
            self._connections.append((device.errorOccurred, self._on_error))
        if is_sequential:
            self._connections += [(device.readyRead, self._serve), (device.readChannelFinished, self._on_finished)]
            limit = getattr(device, "setReadBufferSize", None)
            if limit is not None and device.readBufferSize() == 0:
                limit(PIECE)  # a socket would take in all that its peer sends
        for signal, slot in self._connections:
            signal.connect(slot)

    def want(self, count: int, deliver: Callable[[bytes, Exception | None], None]) -> None:
        """Has `deliver` called, once, with up to `count` bytes (b"" at the end), or an error."""
        self._count = count
        self._deliver = deliver
        self._serve()

    def release(self) -> None:
        """Deletes the device."""
        device, self._device = self._device, None
        self._deliver = None
        if device is not None:
            self._disconnect()
            device.deleteLater()

    def _serve(self) -> None:
        if self._reading:  # the device said so while it was read
            self._again = True
            return
        self._reading = True
        try:
            while self._deliver is not None:
                self._again = False
                if not self._read() and not self._again:
                    return
        finally:
            self._reading = False

    def _read(self) -> bool:
        """Delivers what there is; whether that was anything."""
        data = b""
        error: Exception | None = None
        try:
            if self._device is not None and not self._fault:
                data = self._device.read(self._count).data()
                if not data and self._is_sequential and not self._is_over():
                    return False
        except Exception as caught:  # of a device that is written in Python
            error = caught
        if self._fault and not data:
            error = DeviceError(self._fault)
        deliver, self._deliver = self._deliver, None
        if deliver is not None:
            deliver(data, error)
        return True

    def _is_over(self) -> bool:
        device = self._device
        if hasattr(device, "isFinished") and device.isFinished():
            self._on_error(device.error())
        return self._finished or _is_idle(device) or (self._says_end is not None and bool(self._says_end()))

    def _on_finished(self) -> None:
        self._finished = True
        self._serve()

    def _on_close(self) -> None:
        if not self._is_sequential or self._device.bytesAvailable() or not self._is_over():
            self._fault = "the device was closed before its end"
        self._finished = True
        self._serve()

    def _on_error(self, error: Any) -> None:
        if getattr(error, "name", None) not in _HARMLESS:
            self._fault = f"{self._device!r}: {self._device.errorString()}"
            self._serve()

    def _on_destroyed(self, *_: object) -> None:
        self._device = None
        self._connections.clear()
        self._fault = "the device was deleted before its end"
        self._serve()

    def _disconnect(self) -> None:
        for signal, slot in self._connections:
            with suppress(RuntimeError):
                signal.disconnect(slot)
        self._connections.clear()


def _says_end(core: Any, device: Any) -> Callable[[], object] | None:
    """What tells that no more will come: QNetworkReply's isFinished, or an atEnd of the program's own.

    Qt's atEnd of a sequential device says that nothing is there now.
    """
    is_finished = getattr(device, "isFinished", None)
    if is_finished is not None:
        return is_finished  # type: ignore[no-any-return]
    for kind in type(device).__mro__:
        if "atEnd" in vars(kind):
            return None if kind.__module__.startswith("PySide6.") else device.atEnd
    return None


def _settle(future: asyncio.Future[bytes], data: bytes, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(data)
    else:
        future.set_exception(error)


def _nothing() -> None:
    pass
