"""Several processes at one address: a parent that starts them, replaces those that die, and ends them with itself.

They are forked before there is a loop or a line of the user's program, and each imports that for itself: at SIGHUP new
ones, of what the files hold by then, take the places of the old.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from fastresp import exits, forks
from fastresp.core.faults import report
from fastresp.signals import Terminal, drop, obey_parent

__all__ = ["Supervisor", "Worker"]

STOPS = (signal.SIGINT, signal.SIGTERM)
SIGNALS = (*STOPS, signal.SIGHUP, signal.SIGCHLD) if hasattr(signal, "SIGHUP") else STOPS
PAUSE = 1.0
"""Seconds before another worker takes the place of one that died early, twice as many each time in a row."""
LONGEST_PAUSE = 30.0
EARLY = 2.0
"""Seconds that a worker has to live for the next one to be started at once."""
LOOK = 1.0
"""Seconds between two looks at the terminal, which tell a hangup from a reload that comes later."""
MARGIN = 12.0
"""Seconds above its grace that a worker has to end: for its shutdown, and to write out its log."""


class Worker:
    """One of the processes, as it sees itself. `is_first`: it speaks for all.

    From its first moment it ends with the parent, even if that is killed: in order, and if that takes longer than
    `seconds`, at once.
    """

    def __init__(self, is_first: bool, ready: int, parent: int, seconds: float) -> None:
        self.is_first = is_first
        self._ready = ready
        self._parent = parent  # a descriptor that comes to its end with it, and has a byte where all is to be dropped
        self._seconds = seconds
        forks.forget_in_children(self)
        # a thread, since an import or a handler may hold the loop up
        threading.Thread(target=self._watch, name="fastresp-parent", daemon=True).start()

    def join(self) -> None:
        """Tell the parent that this one serves."""
        with suppress(BrokenPipeError):
            os.write(self._ready, b"!")
        self._forget()

    def _forget(self) -> None:
        """Close the pipe, in a forked child as well: the end of this process is to be the pipe's."""
        if self._ready >= 0:
            os.close(self._ready)
            self._ready = -1

    def _watch(self) -> None:
        if os.read(self._parent, 1):
            drop()
            poll = select.poll()
            poll.register(self._parent, 0)  # another byte is another worker's
            poll.poll()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(min(self._seconds, exits.MOST))
        os.kill(os.getpid(), signal.SIGKILL)


class Supervisor:
    """The parent's side of `count` workers. Their end may take `grace` seconds, and `let_go` is called as it begins."""

    def __init__(self, count: int, grace: float, let_go: Callable[[], object]) -> None:
        self._count = count
        self._let_go = let_go
        self._grace = grace
        self._workers: dict[int, float] = {}  # process, and when it was forked
        self._starting: dict[int, int] = {}  # a descriptor that says whether it came to serve, and the process
        self._due: list[float] = []  # when to fork one for each that is missing
        self._outgoing: list[int] = []  # those that a reload has yet to end, and the one that comes for the next
        self._incoming = 0
        self._leaving: dict[int, float] = {}  # those that it has ended, and until when they may take
        self._forked = 0
        self._early = 0  # in a row
        self._serves = False  # the first worker has come to serve
        self._status = 0
        self._signals: list[int] = []  # not yet looked at
        self._stopping = False
        self._stops = 0  # signals that said so
        self._deadline = 0.0
        self._life, self._held = os.pipe()  # its end is the parent's
        self._woken, self._wake = os.pipe()
        self._previous: dict[int, Any] = {}
        self._terminal: Terminal | None = Terminal()  # None where nobody is to hear of it

    def run(self) -> int | Worker:
        """Return a Worker in each process that it has forked, and in the parent, at the end, the exit status: the
        first worker's if it could not start, else 0, or 1 if a worker did not end well.
        """
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        self._previous = {number: signal.signal(number, self._note) for number in SIGNALS}
        signal.signal(signal.SIGCHLD, self._note)  # whoever started us may not care how children end, but we do
        if self._previous.get(signal.SIGHUP) == signal.SIG_IGN:  # nohup
            self._terminal = None
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self._due = [0.0]
        while self._workers or not (self._stopping or (self._forked and not self._serves)):
            now = time.monotonic()
            for due in [due for due in self._due if due <= now]:
                self._due.remove(due)
                worker = self._fork()
                if worker is not None:
                    return worker
            if self._outgoing and not self._incoming and not self._stopping:
                worker = self._fork(reloads=True)
                if worker is not None:
                    return worker
            self._wait()
            self._heed()
            self._reap()
        if self._serves:
            report("closed", level=logging.INFO)
        return self._status

    # -- what happens

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._signals.append(number)

    def _wait(self) -> None:
        """Until a signal comes, a child ends or serves, or it is time for something."""
        times = [self._deadline] if self._stopping else [*self._due, *self._leaving.values()]
        seconds = max(0.0, min(times) - time.monotonic()) if times else None
        if self._terminal is not None and self._terminal.may_close():
            seconds = LOOK if seconds is None else min(seconds, LOOK)
        elif seconds is not None:
            seconds = min(seconds, 86400.0)
        poll = select.poll()
        for descriptor in (self._woken, *self._starting):
            poll.register(descriptor, select.POLLIN)
        if self._signals:
            seconds = 0.0
        ready = [descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000 + 1)]
        with suppress(BlockingIOError):
            while os.read(self._woken, 512):
                pass
        for descriptor in ready:
            if descriptor in self._starting:
                self._started(descriptor, self._starting.pop(descriptor))

    def _started(self, descriptor: int, pid: int) -> None:
        serves = False
        with suppress(BlockingIOError):  # it has ended without a word, and what it has started holds the pipe open
            serves = os.read(descriptor, 1) == b"!"
        os.close(descriptor)
        if not serves:
            return
        self._early = 0
        if not self._serves:
            self._serves = True
            if not self._stopping:
                self._due += [0.0] * (self._count - 1)
        if pid == self._incoming:
            self._incoming = 0
            self._end_one()

    def _heed(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if number in STOPS:
                self._stop(signal.Signals(number).name)
            elif self._terminal is not None and self._terminal.hangs_up():
                if not self._stopping:  # the shell's may follow the system's
                    self._stop("SIGHUP")
            else:
                self._reload()
        now = time.monotonic()
        late = self._workers if self._stopping and now >= self._deadline else ()
        for pid in (*late, *[pid for pid, deadline in self._leaving.items() if now >= deadline and pid not in late]):
            report("worker %d has not ended in time, and is killed", pid, level=logging.WARNING)
            _kill(pid, signal.SIGKILL)
            if pid in self._leaving:
                self._leaving[pid] = now + MARGIN
        if late:
            self._deadline = now + MARGIN

    def _stop(self, name: str) -> None:
        now = time.monotonic()
        if not self._stopping:
            self._stopping = True
            self._let_go()
            self._deadline = now + self._grace + MARGIN
            self._due.clear()
            if self._serves:
                count = len(self._workers)
                what = f"{count} worker{'' if count == 1 else 's'}"
                report("%s: closing %s: what runs has %g s to end", name, what, self._grace, level=logging.INFO)
        else:
            self._deadline = min(self._deadline, now + MARGIN)
        self._stops += 1
        if self._stops == 2:
            # no signal: whoever stops a service may send the first one to each of its processes, beside us
            os.write(self._held, b"!" * len(self._workers))
            return
        for pid in self._workers:
            if self._stops > 1 or pid not in self._leaving:  # one that a reload has ended is ending already
                _kill(pid, signal.SIGTERM)

    def _reload(self) -> None:
        if self._stopping or not self._serves:
            return
        if self._incoming:  # and may never come to serve, with the code that it has
            report("worker %d, which has not begun to serve, is given up", self._incoming, level=logging.INFO)
            self._end(self._incoming)
            self._incoming = 0
            self._fill(0.0)
        self._outgoing = [pid for pid in self._workers if pid not in self._leaving]
        report("SIGHUP: new workers take the places of %d", len(self._outgoing), level=logging.INFO)

    def _end_one(self) -> None:
        while self._outgoing:
            pid = self._outgoing.pop(0)
            if pid in self._workers:
                self._end(pid)
                return

    def _end(self, pid: int) -> None:
        self._leaving[pid] = time.monotonic() + self._grace + MARGIN
        _kill(pid, signal.SIGTERM)

    def _reap(self) -> None:
        while True:
            try:
                pid, code = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._workers:  # else it was of what ran in this process before us, or anybody's, to process 1
                self._ended(pid, os.waitstatus_to_exitcode(code))

    def _ended(self, pid: int, code: int) -> None:
        lived = time.monotonic() - self._workers.pop(pid)
        for descriptor in [descriptor for descriptor, each in self._starting.items() if each == pid]:
            del self._starting[descriptor]
            self._started(descriptor, pid)
        if self._stopping:
            self._status = self._status or int(code not in (0, -signal.SIGTERM))  # the latter before it served
        elif not self._serves:
            self._status = code if code >= 0 else 128 - code  # as a shell says it
        elif pid in self._leaving:
            del self._leaving[pid]
        elif pid == self._incoming:
            self._incoming = 0
            self._outgoing.clear()
            report("the reload is given up: the new worker ended with status %d; the old ones serve on", code)
            self._fill(self._longer_pause())
        else:
            pause = 0.0
            if lived < EARLY:
                pause = self._longer_pause()
            report("worker %d ended with status %d; another one takes its place", pid, code)
            if pid in self._outgoing:
                self._outgoing.remove(pid)
                if self._incoming and not self._outgoing:
                    return  # that one does
            self._due.append(time.monotonic() + pause)

    # -- new ones

    def _fork(self, reloads: bool = False) -> Worker | None:
        """In the new process the Worker that it is; in the parent None."""
        # a signal must not come between the look whether there was one and the worker's entry among those it is for
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            started, ready = os.pipe()
            os.set_blocking(started, False)
            try:
                pid = -1 if self._signals else os.fork()
            except OSError:
                os.close(started)
                os.close(ready)
                raise
        except OSError as error:  # no memory, no process or no descriptor is left
            self._put_off(error, reloads)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            return None
        if pid == 0:
            return self._begin(started, ready)
        if pid > 0:
            self._workers[pid] = time.monotonic()
            self._starting[started] = pid
            self._forked += 1
            if reloads:
                self._incoming = pid
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        os.close(ready)
        if pid < 0:
            os.close(started)
            if not reloads:
                self._due.append(0.0)
        return None

    def _put_off(self, error: OSError, reloads: bool) -> None:
        if reloads:
            self._outgoing.clear()
            report("the reload is given up: no worker can be started: %s", error)
            self._fill(self._longer_pause())
            return
        pause = self._longer_pause()
        self._due.append(time.monotonic() + pause)
        report("no worker can be started, and the next attempt is in %g s: %s", pause, error)

    def _fill(self, pause: float) -> None:
        """Start workers, in `pause` seconds, for those that ended while a new one was to take their place."""
        missing = self._count - len(self._workers) + len(self._leaving) - len(self._due)
        self._due += [time.monotonic() + pause] * max(0, missing)

    def _longer_pause(self) -> float:
        pause: float = min(PAUSE * 2**self._early, LONGEST_PAUSE)
        self._early = min(self._early + 1, 5)
        return pause

    def _begin(self, started: int, ready: int) -> Worker:
        signal.set_wakeup_fd(-1)
        for descriptor in (self._held, self._woken, self._wake, started, *self._starting):
            os.close(descriptor)
        os.setpgid(0, 0)  # Ctrl-C is for the parent, who hands it on once
        # a background process to its terminal, which would stop it where it reads, and at its first line (stty tostop)
        for stopping in (signal.SIGTTIN, signal.SIGTTOU):
            signal.signal(stopping, signal.SIG_IGN)
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, _leave_to_the_parent)
        obey_parent()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return Worker(self._forked == 0, ready, self._life, self._grace + MARGIN)


def _leave_to_the_parent(number: int, frame: FrameType | None) -> None:
    pass  # not SIG_IGN, which programs that a worker starts would inherit


def _kill(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
