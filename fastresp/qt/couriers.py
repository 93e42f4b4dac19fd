"""Couriers: objects that live in a Qt thread and make calls there for other threads, in order.

Importing this needs PySide6, so nobody does before there is an object of PySide6.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["courier_of", "courier_of_application"]

core: Any = sys.modules.get("PySide6.QtCore")
if core is None:
    raise RuntimeError("there is no Qt thread to call in: the program has not imported PySide6.QtCore")


class Courier(core.QObject):  # type: ignore[misc]
    """Makes calls in the thread that it lives in, from that thread's Qt event loop."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()

    def post(self, function: Callable[..., object], *arguments: Any) -> None:
        """Has `function(*arguments)` called. From any thread; returns at once."""
        self._calls.append((function, arguments))
        core.QMetaObject.invokeMethod(self, "run", core.Qt.ConnectionType.QueuedConnection)

    @core.Slot()  # type: ignore[untyped-decorator]
    def run(self) -> None:
        """Makes one call."""
        function, arguments = self._calls.popleft()
        function(*arguments)


# A courier must not be destroyed by its last reference, which may go in any thread: it stays as long as its thread.
_couriers: dict[Any, Courier] = {}
_lock = threading.Lock()


def courier_of(thread: Any) -> Courier:
    """The courier of a QThread. Call it in that thread, or for the application's."""
    with _lock:
        courier = _couriers.get(thread)
        if courier is None:
            courier = _couriers[thread] = Courier()
            courier.moveToThread(thread)
            if not thread.isMainThread():
                thread.finished.connect(lambda: _couriers.pop(thread, None))
        return courier


def courier_of_application() -> Courier:
    """The courier of the QCoreApplication's thread. Raises RuntimeError if there is no QCoreApplication."""
    application = core.QCoreApplication.instance()
    if application is None:
        raise RuntimeError("there is no Qt thread to call in: the program has made no QCoreApplication")
    return courier_of(application.thread())
