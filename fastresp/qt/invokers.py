"""Invokers: objects that live in a Qt thread and make calls there for other threads, in order.

Importing this needs PySide6, so nobody does before there is an object of PySide6.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from fastresp import forks
from fastresp.core.faults import passes_on, report

__all__ = ["invoker_of_application", "invoker_of_this_thread"]

core: Any = sys.modules.get("PySide6.QtCore")
if core is None:
    raise RuntimeError("there is no Qt thread to call in: the program has not imported PySide6.QtCore")
is_there: Any = sys.modules["shiboken6"].isValid  # of an object's C++ half


class Invoker(core.QObject):  # type: ignore[misc]
    """Makes calls in the thread that it lives in, from that thread's Qt event loop.

    `endings`: what it calls in the end, when the thread has finished.
    """

    def __init__(self) -> None:
        super().__init__()
        self.endings: set[Callable[[], object]] = set()
        self._calls: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._ended = False
        self._ending = threading.RLock()  # one thread at a time makes calls in the place of the one that has finished

    def post(self, function: Callable[..., object], *arguments: Any) -> None:
        """Schedule `function(*arguments)`, from any thread; return at once."""
        self._calls.append((function, arguments))
        if self._ended:
            self._run_all()
        else:
            core.QMetaObject.invokeMethod(self, "run", core.Qt.ConnectionType.QueuedConnection)

    @core.Slot()  # type: ignore[untyped-decorator]
    def run(self) -> None:
        """Make one call, if there is one. What it raises is logged, for PySide would end the process, or drop it."""
        if self._calls:
            function, arguments = self._calls.popleft()
            _call(function, arguments)

    def end(self) -> None:
        """The thread has finished: nobody is in anybody's way there any more, so that calls are made at once."""
        with self._ending:
            self._ended = True
            for ending in list(self.endings):
                _call(ending)
            self._run_all()

    def _run_all(self) -> None:
        with self._ending:
            while self._calls:
                self.run()


def _call(function: Callable[..., object], arguments: tuple[Any, ...] = ()) -> None:
    generation = forks.generation
    try:
        function(*arguments)
    except BaseException as error:
        if generation != forks.generation:
            forks.end(error)
        if passes_on(error):
            raise
        report("a call in a Qt thread failed", error=error, level=logging.CRITICAL)
    if generation != forks.generation:
        forks.end()  # a child that the call has forked


# An invoker must not be destroyed by its last reference, which may go in any thread: it stays as long as its thread.
# They are found by Python's names for threads: PySide6's objects for them are gone with whatever object told of them.
_invokers: dict[int, Invoker] = {}
_of_application: list[Invoker] = []
_lock = threading.RLock()


def invoker_of_this_thread() -> Invoker:
    """The invoker of the thread that asks, which has a Qt event loop."""
    ident = threading.get_ident()
    with _lock:
        invoker = _invokers.get(ident)
        if invoker is None or not is_there(invoker):
            _invokers.pop(ident, None)
            made = Invoker()
            invoker = _invokers.setdefault(ident, made)  # the collector may have run what asked for one meanwhile
            thread = core.QThread.currentThread()
            if invoker is made and not thread.isMainThread():
                thread.finished.connect(lambda: _end(ident), core.Qt.ConnectionType.DirectConnection)
        return invoker


def _end(ident: int) -> None:
    with _lock:
        invoker = _invokers.pop(ident, None)
    if invoker is not None:
        invoker.end()


def invoker_of_application() -> Invoker:
    """The invoker of the QCoreApplication's thread. Raises RuntimeError if there is no QCoreApplication."""
    application = core.QCoreApplication.instance()
    if application is None:
        raise RuntimeError("there is no Qt thread to call in: the program has made no QCoreApplication")
    with _lock:
        if _of_application and not is_there(_of_application[0]):
            _of_application.clear()  # QCoreApplication.shutdown() has destroyed it, and there is another application
        if not _of_application:
            invoker = Invoker()
            invoker.moveToThread(application.thread())
            _of_application.append(invoker)  # where there is another one by now, it is not used
        return _of_application[0]
