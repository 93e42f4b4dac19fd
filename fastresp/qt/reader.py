"""Reads a QIODevice in the thread that it belongs to, and finds out where it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import partial
from typing import Any

from fastresp.core.device import PIECE, DeviceError
from fastresp.core.faults import passes_on, report

__all__ = ["Reader", "is_idle"]

# What is no error of the content: that the other side is done, that somebody has waited in vain.
_HARMLESS = {"RemoteHostClosedError", "PeerClosedError", "SocketTimeoutError", "Timedout"}


class Reader:
    """Reads a device: what there is when somebody wants it, or when it comes.

    Everything is called in the device's thread, and the device's last reference goes there. It is read in the context
    in which it was handed over.

    A sequential device ends with readChannelFinished, or when nothing is left of a socket that is not connected, a
    reply that is finished, or a device of the program's own that says so by its atEnd (Qt's atEnd says that nothing is
    there now). A process that crashes, a reply that fails, a device that is closed with data left is broken off.
    """

    def __init__(self, core: Any, device: Any, is_sequential: bool, endings: set[Callable[[], object]]) -> None:
        self._device = device
        self._run = copy_context().run
        self._is_sequential = is_sequential
        self._endings = endings
        self._count = 0
        self._deliver: Callable[[bytes, BaseException | None], None] | None = None
        self._reading = False
        self._again = False
        self._finished = False
        self._fault = ""
        self._missing = 0
        self._is_reply = _is_qts(device, "isFinished")
        self._has_end = not _is_qts(device, "atEnd")
        slots: list[tuple[Any, Callable[..., None]]] = [
            (device.destroyed, self._on_destroyed),
            (device.aboutToClose, self._on_close),
        ]
        if is_sequential:
            # what has failed before it was handed over says so no more
            crashed = isinstance(device, core.QProcess) and device.exitStatus() == core.QProcess.ExitStatus.CrashExit
            if crashed or self._is_reply:
                self._on_error(device.error())
            slots += [(device.readyRead, self._serve), (device.readChannelFinished, self._on_finished)]
            if self._is_reply:
                slots.append((device.downloadProgress, self._on_progress))
            if hasattr(device, "errorOccurred"):
                slots.append((device.errorOccurred, self._on_error))
            limit = getattr(device, "setReadBufferSize", None)
            if limit is not None and device.readBufferSize() == 0:
                limit(PIECE)  # or it would take in all that its peer sends
        for signal, slot in slots:
            # Of a bound method PySide6 holds no more than a weak reference to its object, and disconnects where that is
            # freed: in another thread, while this one may destroy the device. A partial it holds until then.
            signal.connect(partial(slot))
        endings.add(self._on_end_of_thread)

    def want(self, count: int, deliver: Callable[[bytes, BaseException | None], None]) -> None:
        """Call `deliver`, once and later, with up to `count` bytes (b"" at the end), or an error."""
        self._count = count
        self._deliver = deliver
        self._serve()

    def release(self) -> None:
        """Delete the device. Its signals find nobody who wants anything of it."""
        device, self._device = self._device, None
        self._deliver = None
        self._endings.discard(self._on_end_of_thread)
        if device is not None:
            with suppress(RuntimeError):  # it is deleted
                device.deleteLater()

    def _serve(self) -> None:
        if self._reading:  # the device said so while it was read
            self._again = True
            return
        self._reading = True
        try:
            while self._deliver is not None:
                self._again = False
                if not self._run(self._read) and not self._again:
                    return
        finally:
            self._reading = False

    def _read(self) -> bool:
        """Deliver what there is; whether that was anything."""
        data = b""
        error: BaseException | None = None
        try:
            if self._device is not None and not self._fault:
                data = self._device.read(self._count).data()
                if not data and self._is_sequential and not self._is_over():
                    return False
        except BaseException as caught:  # of a device that is written in Python
            error = caught
        if self._fault and not data:
            error = DeviceError(self._fault)
        deliver, self._deliver = self._deliver, None
        if deliver is not None:
            deliver(data, error)
        if error is not None and passes_on(error):
            raise error
        return True

    def _is_over(self) -> bool:
        device = self._device
        return (
            self._finished
            or is_idle(device)
            or (self._is_reply and device.isFinished())
            or (self._has_end and device.atEnd())
        )

    def _on_progress(self, received: int, total: int) -> None:
        self._missing = total - received  # below zero where the total is not known

    def _on_finished(self) -> None:
        self._finished = True
        if self._missing > 0:  # Qt does not always call that an error
            self._fault = f"the device has finished {self._missing} bytes before its end"
        self._serve()

    def _on_error(self, error: Any) -> None:
        # to a reply, which knows its length, a peer that leaves is an error
        name = getattr(error, "name", "")  # a device of the program's own may have a signal of its own kind
        if self._device is not None and name != "NoError" and (self._is_reply or name not in _HARMLESS):
            self._fault = "the device failed"
            with _no_fault():
                self._fault = f"{self._device!r}: {self._device.errorString()}"
            self._serve()

    def _on_close(self) -> None:
        if self._device is None:
            return
        whole = False
        with _no_fault():
            whole = self._is_sequential and not self._device.bytesAvailable() and self._is_over()
        if not whole:
            self._fault = "the device was closed before its end"
        self._finished = True
        self._serve()

    def _on_destroyed(self, *_: object) -> None:
        if self._device is not None:
            self._device = None
            self._fault = "the device was deleted before its end"
            self._serve()

    def _on_end_of_thread(self) -> None:
        self._fault = "the thread of the device has finished before its end"
        self._serve()
        self.release()


@contextmanager
def _no_fault() -> Iterator[None]:
    """Ask a device, in a slot, what it may fail at: one that is being deleted, or a program's own."""
    try:
        yield
    except RuntimeError:
        pass
    except BaseException as error:
        report("a QIODevice failed when it was asked for its state", error=error)
        if passes_on(error):
            raise


def is_idle(device: Any) -> bool:
    """Whether a process does not run, or a socket is not connected: both say so by a state of 0."""
    return _is_qts(device, "state") and device.state().value == 0


def _is_qts(device: Any, name: str) -> bool:
    """Whether the device has a method of that name, and has it from Qt."""
    owner = next((kind for kind in type(device).__mro__ if name in vars(kind)), None)
    return owner is not None and owner.__module__.startswith("PySide6.")
