"""Standard output and standard error that never block: a bounded buffer, and a thread that writes it out.

A pipe whose reader stalls, or a terminal that is stopped with Ctrl-S, blocks a write for as long as that lasts, and in
an event loop a blocked write is a blocked server: it answers no request and hears no signal. All that a process
writes while it serves goes this way: log lines, prints, warnings, tracebacks of threads, what `sys.unraisablehook` and
`wsgi.errors` get. What does not fit is dropped, and counted in a line of its own.
"""

from __future__ import annotations

import atexit
import errno
import io
import os
import select
import stat
import sys
import threading
import weakref
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from fastresp.core.faults import has_begun

__all__ = ["LIMIT", "Output", "flush", "keep_open", "replace"]

LIMIT = 1 << 20
"""Bytes that may wait for a reader; behind them lines are dropped until half of it is free again."""
OVERHEAD = 64
"""What a piece costs in memory beside its content, which may be one byte."""
BATCH = 65536
"""Bytes that are written at once, where nobody else writes to the same pipe or socket."""
LAST_SECONDS = 1.0
"""How long the end of a process may take to write out what waits."""

# POSIX: no more than this is written to a pipe in one piece, whatever other processes write to it
_WHOLE = getattr(select, "PIPE_BUF", 512)


class Output:
    """What is written to one descriptor: `put` never blocks, a daemon thread does.

    `shared`: others write to the same pipe or socket, so a write is no longer than the system keeps in one piece.
    A regular file is written directly: it has no reader to wait for, and holds every line if the process is killed.
    In a child that was forked, which may end at any moment, `put` waits until its piece is written, as long as the
    reader takes something within each LAST_SECONDS; for one that has stalled it waits no more.
    """

    def __init__(self, descriptor: int, name: str, *, shared: bool = False) -> None:
        self._descriptor = descriptor
        self._name = name
        self._reset()
        self.begin(shared=shared)
        _outputs.add(self)

    def begin(self, *, shared: bool) -> None:
        """Have a thread write, unless to a regular file. A worker that was forked calls it again."""
        kind = os.fstat(self._descriptor).st_mode
        self._direct = stat.S_ISREG(kind)
        self._is_stream = stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)
        self._batch = _WHOLE if shared and self._is_stream else BATCH
        self._waits = False

    def _reset(self) -> None:
        # reentrant, all of it: a signal handler or a destructor may write in the middle of a write
        self._lock = threading.RLock()
        self._pieces: SimpleQueue[bytes | threading.Event] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._waiting = 0
        self._dropped = 0
        self._moved = 0  # bytes written, ever
        self._is_late = False  # in a child: the reader was waited for in vain

    def put(self, piece: bytes) -> None:
        """Take what is to be written, or drop it where too much waits."""
        if self._direct:
            self._write(piece)
            return
        with self._lock:
            # Half of the buffer has to be free again, else each line that comes in would drop the one behind it.
            room = LIMIT // 2 if self._dropped else LIMIT
            if self._waiting and self._waiting + len(piece) + OVERHEAD > room:
                self._dropped += piece.count(b"\n") or 1
                return
            if self._dropped:
                self._add(self._notice())
            self._add(piece)
            if self._thread is None:
                self._start()
        if self._waits and not self._is_late and threading.current_thread() is not self._thread:
            self._wait()

    def _wait(self) -> None:
        moved = self._moved
        while not self.flush(LAST_SECONDS):
            self._is_late = moved == self._moved
            if self._is_late:
                return
            moved = self._moved

    def _add(self, piece: bytes) -> None:
        self._waiting += len(piece) + OVERHEAD
        self._pieces.put(piece)

    def _notice(self) -> bytes:
        count, self._dropped = self._dropped, 0
        lines = "1 line was" if count == 1 else f"{count} lines were"
        return f"fastresp: {lines} dropped here: {self._name} was not read in time\n".encode()

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, args=(self._pieces,), name=f"fastresp-{self._name}", daemon=True)
        if has_begun(thread):  # the next piece tries again
            self._thread = thread

    def _work(self, pieces: SimpleQueue[bytes | threading.Event]) -> None:
        while True:
            piece: bytes | threading.Event | None = pieces.get()
            batch = b""
            count = 0
            while isinstance(piece, bytes):
                if batch and len(batch) + len(piece) > self._batch:
                    self._write_out(batch, count)
                    batch = b""
                    count = 0
                batch += piece
                count += 1
                try:
                    piece = pieces.get_nowait()
                except Empty:
                    piece = None
            self._write_out(batch, count)
            if piece is not None:
                piece.set()

    def _write_out(self, batch: bytes, count: int) -> None:
        """Write so many pieces."""
        self._write(batch)
        with self._lock:
            self._waiting -= len(batch) + OVERHEAD * count
            if not self._waiting:
                self._is_late = False
            if self._dropped and not self._waiting:
                self._add(self._notice())

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                count = os.write(self._descriptor, rest[: self._batch])
                self._moved += count
                rest = rest[count:]
            except BlockingIOError:  # whoever opened it has made it non-blocking
                with suppress(OSError):
                    select.select((), (self._descriptor,), ())
            except OSError as error:
                if error.errno != errno.EINTR:
                    return  # the reader is gone, or the disk is full: there is no place to say so

    def flush(self, seconds: float) -> bool:
        """Wait until what was put so far is written, for `seconds` at the most. Whether it is."""
        if self._thread is None:
            return not self._waiting
        written = threading.Event()
        self._pieces.put(written)
        return written.wait(seconds)

    def _forked(self) -> None:
        """In a child of this process, where the thread is not. What waits is the parent's to write."""
        self._reset()
        self._waits = True
        self._batch = _WHOLE if self._is_stream else BATCH


class _Raw(io.RawIOBase):
    """An Output as the file below a text stream."""

    def __init__(self, output: Output, descriptor: int) -> None:
        self._output = output
        self._descriptor = descriptor
        self.name = f"<{output._name}>"
        self.mode = "wb"

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Any) -> int:
        piece = bytes(data)
        if piece:
            self._output.put(piece)
        return len(piece)


_outputs: weakref.WeakSet[Output] = weakref.WeakSet()
_replaced: list[Output] = []


def replace(*, shared: bool = False) -> None:
    """Put streams that never block in the place of `sys.stdout` and `sys.stderr`, where those are still the ones that
    the interpreter opened. A worker that was forked calls it again, `shared`: it has no thread yet."""
    shared = shared or _are_one()
    if _replaced:
        for output in _replaced:
            output.begin(shared=shared)
        return
    for name in ("stdout", "stderr"):
        original = getattr(sys, name)
        if original is None or original is not getattr(sys, f"__{name}__"):
            continue
        with suppress(OSError, ValueError):
            original.flush()
            descriptor = original.fileno()
            output = Output(descriptor, name, shared=shared)
            raw: Any = _Raw(output, descriptor)
            stream = io.TextIOWrapper(raw, original.encoding, original.errors, line_buffering=True)
            setattr(sys, name, stream)
            _replaced.append(output)
            atexit.register(_end, stream, output)


def _are_one() -> bool:
    """Whether standard output and standard error lead to the same place, as `2>&1 |` has it."""
    with suppress(OSError, ValueError, AttributeError):
        return os.path.sameopenfile(sys.__stdout__.fileno(), sys.__stderr__.fileno())  # type: ignore[union-attr]
    return False


def _end(stream: io.TextIOWrapper, output: Output) -> None:
    with suppress(OSError, ValueError):
        stream.flush()
    output.flush(LAST_SECONDS)


def flush() -> None:
    """Wait until what waits is written, for LAST_SECONDS each at the most."""
    for output in _replaced:
        output.flush(LAST_SECONDS)


def keep_open() -> None:
    """Open what the parent closed of stdin, stdout, stderr, so that no socket becomes one of them by chance."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)


def _after_fork() -> None:
    for output in list(_outputs):
        output._forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
