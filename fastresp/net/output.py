"""A connection's output: bytes are gathered, and leave in few writes, past the transport where nothing waits."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from fastresp.net import sockopts
from fastresp.net.direct import descriptor, send, send_buffer

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["GATHERED", "Output", "new_output"]

GATHERED = 262144
"""Bytes of answers that are gathered before they are written, even in the middle of a read."""
CALL = 1024
"""What each wait for the client counts for beside the bytes before it, which may be none: to a HEAD, say."""
JOINED = 131072
"""Answers of up to this size together are joined for one write."""
SMALL = 4096
"""Bytes that are better copied than kept apart."""
PROMPT = 16384
"""Bytes of an answer in pieces that do not wait for the end of the turn: what the system does not take of them is held
whole, beside the 64 KiB of a transport.
"""
AT_ONCE = 2
"""Pieces of a burst that leave at once, each; behind a PAUSE another burst begins."""
PAUSE = 0.001
"""Seconds."""


def runs_of(pieces: list[bytes]) -> list[bytes]:
    """Return the pieces, small ones joined; a large one would be copied for each of its readers."""
    runs: list[bytes] = []
    small: list[bytes] = []
    for piece in pieces:
        if len(piece) > JOINED // 2:
            runs += [b"".join(small), piece] if small else [piece]
            small = []
        else:
            small.append(piece)
    if small:
        runs.append(b"".join(small))
    return runs


class Output:
    """What is written on a connection. Which bytes come next, its owner says."""

    # fmt: off
    __slots__ = (  # noqa: RUF023
        "service", "transport", "write", "fd", "behind", "in_buffer", "out", "out_size", "burst", "batching", "writing",
        "flushing", "closing", "lost", "waiters", "paused", "written", "asked", "prompt",
    )
    # fmt: on

    def __init__(self, service: services.Service) -> None:
        self.service = service
        self.transport: Any = None
        self.write: Any = None
        self.fd = -1  # of the socket, where `send` can use it
        self.behind = False  # the transport may have bytes that it has not sent
        # what is to be written, of this size: in the service's output buffer, within a batch, or here
        self.out_size = 0
        self.in_buffer = False
        # PERF: None instead of empty lists, which would be looked at for each answer and are not in the cache
        self.out: Any = None  # a list
        self.burst = 0  # written since somebody waited
        self.batching = False  # its owner flushes at the end of what it does
        self.writing = False  # bytes are being gathered: what comes meanwhile is held, and follows them
        self.flushing = False
        self.closing = False  # nothing more is taken
        self.lost = False  # something that was taken is, as memory or the stack ran out: the next sweep aborts
        self.waiters: dict[Any, None] | None = None
        self.paused = False  # the transport has had enough
        self.written = 0  # to the transport, ever
        self.asked = 0.0  # when somebody wanted to write on
        self.prompt = 0  # how many pieces may have a write of their own

    def connect(self, transport: Any) -> None:
        """The connection is there; this is where bytes go."""
        self.transport = transport
        self.write = transport.write
        self.fd = -1 if self.service.secure else descriptor(transport)

    def disconnect(self) -> None:
        """It is gone, and another connection may get its socket's number."""
        self.closing = True
        self.transport = None
        self.write = None
        self.fd = -1
        self.drop()

    def gather(self, data: bytes) -> None:
        """Take bytes to be written, behind what is gathered already."""
        service = self.service
        buffer = service.buffer
        size = len(data)
        if self.closing:
            return
        if 0 < size <= SMALL and self._may_use_buffer() and buffer.add(data):
            self.in_buffer = True
        else:
            if self.in_buffer:
                self._leave_buffer(0)
            elif self.out is None:
                self.out = []
            self.out.append(data)
            self.note_size(size)
        self.out_size += size
        self.burst += size

    def gather_head(self, line: bytes, content_type: Any, length: int, tail: bytes, data: bytes) -> int:
        """Take a whole answer in the parts that format_head joins. Return its size; 0 where it can't be formatted in
        place, or is not to be gathered now.
        """
        buffer = self.service.buffer
        if self.writing or self.closing:
            return 0
        # PERF: as in _may_use_buffer, whose call would cost 20 instructions
        if not (self.in_buffer or (self.batching and self.out_size == 0 and buffer.size == 0)):
            return 0
        size: int = buffer.add_head(line, content_type, length, tail, data)
        if size:
            self.in_buffer = True
            self.out_size += size
            self.burst += size
        return size

    def note_size(self, size: int) -> None:
        """An answer has so many bytes, or more: others of the server may come to be as large."""
        service = self.service
        if size > service.largest:
            service.largest = size

    def _may_use_buffer(self) -> bool:
        """It is one connection's at a time, within its batch; and nothing of it may stand before or behind it."""
        if self.in_buffer:
            return True
        buffer = self.service.buffer
        return self.batching and self.out_size == 0 and buffer.size == 0

    def flush(self, in_loop: bool) -> None:
        """Write what is gathered. `in_loop`: it is sure that the loop has called."""
        if self.out_size == 0 or self.flushing or self.writing:
            return
        sent = 0
        if self.in_buffer and in_loop and self.fd >= 0 and not self.behind:
            # PERF: nearly every answer leaves here, whole, and runs no code but ours (50 instructions less)
            buffer = self.service.buffer
            sent = send_buffer(self.fd, buffer)
            if sent == self.out_size:
                self.out_size = 0  # first: behind what may raise, it would be sent again
                self.in_buffer = False
                buffer.clear()
                self.written += sent
                return
        # what is gathered within a write must not overtake it
        self.flushing = True
        try:
            if sent:
                self._leave_buffer(sent)
                self.out_size -= sent
                self.written += sent
            while self.out_size:
                self._flush(in_loop)
        except BaseException:
            self.lost = self.closing = True
            self.drop()  # what is left of it follows nothing any more, and the buffer is others', too
            raise
        finally:
            self.flushing = False

    def _leave_buffer(self, start: int) -> None:
        """Keep what is in the output buffer from `start` on here."""
        buffer = self.service.buffer
        fresh: list[bytes] = []
        if self.out is None:
            self.out = fresh
        self.out.append(buffer.take(start))
        self.in_buffer = False

    def _flush(self, in_loop: bool) -> None:
        write = self.write
        if self.in_buffer:
            self._leave_buffer(0)
        is_direct = self._is_direct(in_loop)
        size = self.out_size
        self.out_size = 0
        self.written += size
        out, self.out = self.out, None
        if out is None or write is None:
            return
        if self.behind and self.transport.is_closing():
            return  # it has failed, and asyncio would log each further write
        if size > JOINED and len(out) > 1:
            self.behind = True
            if self.service.gather:
                self.transport.writelines(out)
                return
            for data in runs_of(out):
                if not self.transport.is_closing():
                    write(data)
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        sent = send(self.fd, data) if is_direct else 0
        if sent < len(data):
            self.behind = True
            write(memoryview(data)[sent:] if sent else data)

    def _is_direct(self, in_loop: bool) -> bool:
        """Return whether bytes may be given to the system past the transport."""
        if self.fd < 0:
            return False
        if self.behind:
            # one that has failed has dropped what it held: nothing may follow
            self.behind = self.transport.is_closing() or self.transport.get_write_buffer_size() > 0
        # a loop that is closed has closed its sockets, and told nobody: their numbers may be those of others now
        return not self.behind and (in_loop or not self.service.loop.is_closed())

    def has_room(self) -> bool:
        """Return whether more may be written now: the client takes it, and others have not waited for too long."""
        if self.out_size:
            # PERF: from the third piece of a burst on they leave together, at the end of the turn: a stream of ten
            # took x2 of the CPU with a write for each piece. A writer that takes its time is never a piece behind.
            now = monotonic()
            if now - self.asked > PAUSE:
                self.prompt = AT_ONCE
            self.asked = now
            if self.prompt or self.behind or self.out_size >= PROMPT:
                self.prompt = max(0, self.prompt - 1)
                self.flush_to_wait()
        if self.closing or self.paused or self.transport.is_closing():
            return False
        self.burst += CALL
        return self.burst <= GATHERED

    def flush_to_wait(self) -> None:
        """Write what is gathered before somebody waits for the client."""
        if not self.behind or self.out_size >= SMALL:  # else joined with what comes in this turn: each piece has a cost
            self.flush(False)

    def new_waiter(self) -> Any:
        """Return a future that is done when `wake` is called."""
        self.burst = 0
        future = self.service.loop.create_future()
        fresh: dict[Any, None] = {}
        waiters = self.waiters
        if waiters is None:
            waiters = self.waiters = fresh
        waiters[future] = None
        future.add_done_callback(waiters.pop)  # one that is given up goes, too
        return future

    def wake(self) -> None:
        """Have all that wait look again. Where that fails, the next sweep ends the connection, and so what waits."""
        waiters = self.waiters
        if waiters is None:
            return
        completed = False
        try:
            futures = list(waiters)
            self.waiters = None
            for future in futures:
                if not future.done():
                    future.set_result(None)
            completed = True
        finally:
            if not completed:
                self.lost = self.closing = True

    def wake_soon(self) -> None:
        """Have `wake` called in the loop's next turn."""
        self.service.loop.call_soon(self.wake)

    def unsent(self) -> int:
        """Return the bytes that the client has not taken: the transport's, and the system's, which a slow client
        empties long before there is room for more of ours.
        """
        transport = self.transport
        left: int = transport.get_write_buffer_size() + sockopts.unsent(transport.get_extra_info("socket"))
        return left

    def unread(self) -> int:
        """Return the bytes that have come, and were not read."""
        return sockopts.unread(self.transport.get_extra_info("socket"))

    def taken(self) -> int:
        """Return the bytes that the client has taken, ever; over TLS encrypted ones, which may be many more."""
        taken: int = self.transport.taken() if self.service.secure else self.written - self.unsent()
        return taken

    def drop(self) -> None:
        """Forget what is gathered: nobody will get it."""
        if self.in_buffer:
            buffer = self.service.buffer
            self.in_buffer = False
            buffer.clear()
        self.out = None
        self.out_size = 0


def new_output(service: services.Service) -> Output:
    """The output of a new connection of the server whose state is `service`."""
    return Output(service)
