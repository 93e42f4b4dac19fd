"""The signals that ask a process to end: the first to finish, the second to drop what runs, the third to fall. SIGHUP
is one of them where the terminal is gone, and else a line of the log. A worker drops what runs when its parent says so
by other means: who stops a service by a signal to each of its processes may well say twice that it is to finish.

Plain `signal.signal` serves every loop on every system, and what was installed before comes back as it was.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from fastresp import forks, standard
from fastresp.core.faults import may_raise, report

__all__ = ["Stop", "Terminal", "call_soon", "drop", "fall_as_first", "obey_parent", "outlive_hangups"]

_STOPS = ("SIGINT", "SIGTERM", "SIGBREAK")
_HANGUP = getattr(signal, "SIGHUP", None)
_worker = 0  # the process that is one
_drops = False
_at_start: tuple[int, Terminal]


def obey_parent() -> None:
    """Hear signals as a worker does, from now on."""
    global _worker
    _worker = os.getpid()


def drop() -> None:
    """In a worker: drop what runs."""
    global _drops
    _drops = True
    os.kill(os.getpid(), signal.SIGTERM)


class Terminal:
    """The terminal that the process was started at, if it was: the controlling one, or standard input."""

    def __init__(self) -> None:
        self._controls = not _fault_of_controlling()
        self._is_input = _is_input()
        self._closed_at: float | None = None  # when it was first seen to be

    def may_close(self) -> bool:
        """Look at it. Return whether it is there."""
        if self._closed_at is None and self.is_gone():
            self._closed_at = time.monotonic()
        return self._closed_at is None and (self._controls or self._is_input)

    def hangs_up(self) -> bool:
        """Return whether SIGHUP says that it was closed, and not that there is something to reload: one that was
        closed before has said so then. True only for a second, in which the shell's signal follows the system's.
        """
        self.may_close()
        return self._closed_at is not None and time.monotonic() - self._closed_at < 1.0

    def is_gone(self) -> bool:
        """Whether it was closed: what SIGHUP said before it came to mean a reload."""
        if self._controls and _fault_of_controlling() in (errno.ENXIO, errno.EIO):
            return True
        return self._is_input and not _is_input()


def _fault_of_controlling() -> int:
    """What the system says where the controlling terminal can't be opened, else 0."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0)))
    except OSError as error:
        return error.errno or errno.ENOTTY
    return 0


def _is_input() -> bool:
    try:
        return os.isatty(0)
    except OSError:
        return False


class Stop:
    """Count the signals that ask the process to end, and tell the loop of the first and of the second."""

    def __init__(self) -> None:
        self.first = asyncio.Event()
        self.second = asyncio.Event()
        self.name = ""  # of the first one
        self.serves = False  # until then a second signal falls, if the loop does not even hear of the first
        self._count = 0
        self._is_worker = _worker == os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._previous: dict[int, Any] = {}
        self._handler = self._on_signal  # one object, to be found again
        self._terminal = Terminal()
        self._waking: tuple[socket.socket, ...] = ()  # what the loop reads, and what each signal writes to

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Hears the signals while the block runs; outside the main thread Python lets nobody hear them."""
        try:
            if threading.current_thread() is threading.main_thread():
                forks.forget_in_children(self)
                for number in _numbers(*_STOPS):
                    self._previous[number] = signal.signal(number, self._handler)
                # one that is ignored (nohup) or handled stays so
                if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) in (signal.SIG_DFL, _hear_hangup):
                    self._previous[signal.SIGHUP] = signal.signal(signal.SIGHUP, self._handler)
            yield
        finally:
            if not self._is_worker:  # whose end is the parent's to hasten
                self._restore()
            self._sleep()

    def listen(self) -> None:
        """Connect to the running loop; signals that came before count."""
        self._loop = asyncio.get_running_loop()
        # Handlers run in the main thread, which sleeps on where the system has another one take the signal. asyncio's
        # selector loop is woken for its own add_signal_handler() alone, the other loops for every signal.
        if self._previous and isinstance(self._loop, asyncio.SelectorEventLoop):
            self._wake(self._loop)
        self._tell()

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        self._waking = socket.socketpair()
        for each in self._waking:
            each.setblocking(False)
        before = signal.set_wakeup_fd(self._waking[1].fileno(), warn_on_full_buffer=False)
        if before == -1:
            loop.add_reader(self._waking[0], _drain, self._waking[0])
        else:  # the program's own, which wakes what it wants
            signal.set_wakeup_fd(before)
            self._close()

    def _sleep(self) -> None:
        if self._waking:
            signal.set_wakeup_fd(-1)
            self._close()

    def _close(self) -> None:
        for each in self._waking:
            each.close()
        self._waking = ()

    def is_meant(self, error: BaseException) -> bool:
        """Whether an exception that ends programs comes from a signal: the third one's default, or a handler with which
        the program has replaced ours."""
        if threading.current_thread() is not threading.main_thread():
            return False
        handlers = {number: signal.getsignal(number) for number in _numbers(*_STOPS, "SIGHUP")}
        return any(may_raise(each, number, error) for number, each in handlers.items() if each != self._handler)

    def _forget(self) -> None:
        """In a forked child: signals do there what they did before, and the parent's loop is not told of them."""
        if self._previous:
            self._loop = None
            self._restore()
            signal.set_wakeup_fd(-1)
            self._close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == _HANGUP and self._count:
            return  # the shell's, behind the system's: not another one's wish to have an end at once
        if number == _HANGUP and not self._terminal.is_gone():
            if self._loop is not None:
                call_soon(self._loop, _refuse_reload)
            return
        if not self._count:
            self.name = signal.Signals(number).name
        if self._is_worker:
            self._count = 2 if _drops else 1
        else:
            self._count += 1
        if self._count >= 2:
            self._restore()  # should a handler block the loop for ever, a third signal gets through
            if not self.serves:
                _fall(number)
        if self._loop is not None:
            call_soon(self._loop, self._tell)

    def _tell(self) -> None:
        if self._count >= 1:
            self.first.set()
        if self._count >= 2:
            self.second.set()

    def _restore(self) -> None:
        while self._previous:
            number, previous = self._previous.popitem()
            if previous is signal.SIG_DFL and os.getpid() == 1:
                previous = _fall  # the system ends the first process of a container by none of them
            if previous is not None:  # None: not installed from Python, so not ours to bring back
                signal.signal(number, previous)


def outlive_hangups() -> None:
    """From now on, SIGHUP ends this process only where its terminal is gone; a child of it, as any other."""
    global _at_start
    if _HANGUP is not None and signal.getsignal(_HANGUP) is signal.SIG_DFL:
        _at_start = os.getpid(), Terminal()
        signal.signal(_HANGUP, _hear_hangup)


def _hear_hangup(number: int, frame: FrameType | None) -> None:
    process, terminal = _at_start
    if process != os.getpid() or terminal.is_gone():
        signal.signal(number, signal.SIG_DFL)
        _fall(number)


def fall_as_first() -> None:
    """Where this is the first process of a container, which the system ends by no signal: end at SIGTERM, as others do
    before they serve."""
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, _fall)


def _numbers(*names: str) -> list[signal.Signals]:
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _fall(number: int, frame: FrameType | None = None) -> None:
    """End the process by this signal, whose handler is the system's."""
    if os.getpid() == 1:
        standard.flush()
        os._exit(128 + number)
    if signal.getsignal(number) is _fall:  # a child has it from its parent
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _drain(waking: socket.socket) -> None:
    with suppress(BlockingIOError):
        while waking.recv(4096):
            pass


def _refuse_reload() -> None:
    report(
        "SIGHUP: a single process does not reload itself and serves on; start it again, or use --workers",
        level=logging.WARNING,
    )


def call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], object]) -> None:
    """Schedule a call in the loop, from any thread or signal handler. Do nothing where the loop is closed."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)
