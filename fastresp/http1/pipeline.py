"""The writing half of a connection: answers in the order of their requests, in few writes, no faster than is read.

The exchanges that are not complete stand in a line. What the first one sends goes out; what the others send waits with
them until it is their turn (RFC 9112, section 9.3.2).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fastresp.core.body import OVERHEAD
from fastresp.http1 import output as outputs
from fastresp.http1.exchange import new_exchange
from fastresp.http1.output import GATHERED
from fastresp.net import sockopts

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["Pipeline"]

# What a deadline is for.
NOTHING, IDLE, IN_HEAD, IN_BODY, LINGERING, CLOSING, LAST, BEHIND = range(8)

CROWD = 16
"""Requests of all connections that stand behind another one, from which on each connection has few of them."""
LEFT = 499  # in the access log, as in nginx's: the client has left before its answer began
NEVER = -(1 << 62)  # less than any client can have taken
LINGER = 2.0
"""Seconds that a client which is still sending has to read the answer that refuses it."""
HELD = 262144
"""Bytes of answers whose turn has not come, above which no further request of the connection is handled."""


class Pipeline(outputs.Output):
    """A connection's line of exchanges, and its end. The reading half is the protocol's."""

    # fmt: off
    __slots__ = (  # noqa: RUF023
        "first", "last", "count", "held_size", "due", "delimits", "stopped", "eof", "read_paused", "unread",
        "taken", "waits_for", "deadline",
    )
    # fmt: on

    def __init__(self, service: services.Service) -> None:
        outputs.Output.__init__(self, service)
        # the exchanges that are not complete, linked by their `next`
        self.first: Any = None
        self.last: Any = None
        self.count = 0
        self.held_size = 0  # bytes that they hold
        self.due = False  # proceed() is going to be called
        self.delimits = False  # the connection's end is that of its last answer
        self.stopped = False  # no more requests
        self.eof = False
        self.read_paused = False
        self.unread = False  # the client may be sending what nobody will read
        self.taken = NEVER  # the most of what was written that the client has been seen to take
        self.waits_for = NOTHING
        self.deadline = 0.0

    def enter(self, request: Any, minor: int, keep_alive: bool) -> Any:
        """A new exchange at the end of the line."""
        service = self.service
        exchange = service.exchange
        if exchange is None:
            exchange = new_exchange(service)
        else:
            service.exchange = None
        exchange.open(self, request, minor, keep_alive)
        exchange.left = self.eof  # the client has closed its side
        if self.first is None:
            self.first = exchange
        else:
            self.last.next = exchange
            service.behind += 1
        self.last = exchange
        self.count += 1
        return exchange

    def done(self, exchange: Any) -> None:
        if exchange is not self.first or self.writing or exchange.lost:
            exchange.leave_request()
            return
        service = self.service
        if self.running and exchange.is_simple() and not service.access_log and self.waiters is None:
            # PERF: nearly every answer is complete, alone, and within a read, and no foreign code hears of its end:
            # 170 of 6,500 instructions less
            self.first = self.last = None
            self.count -= 1
            exchange.request = None
            exchange.channel = None
            service.exchange = exchange
            return
        # first the line and its bytes, then what may run foreign code, which may answer any exchange
        finished: Any = None
        latest: Any = None
        close = False
        while exchange is not None and exchange.ended and exchange.held is None and not (close or exchange.lost):
            following = exchange.next
            exchange.next = None
            self.first = following
            if following is None:
                self.last = None
            self.count -= 1
            if following is not None:
                service.behind -= 1
            if finished is None:
                finished = exchange
            else:
                latest.next = exchange
            latest = exchange
            if exchange.incoming:
                self.discard_body(exchange)
            close = exchange.close
            if following is not None and following.held is not None and not close:
                self._write_held(following)
            exchange = self.first
        if close:
            self.delimits = latest.reset
            if latest.broken and latest.reset:
                self.flush(False)  # the answers before it are whole
                self.lost = True
                self.abort()
            self.close_gracefully()
        over = None
        while finished is not None:
            exchange = finished
            finished = exchange.next
            exchange.next = None
            if service.access_log:
                service.log_access(exchange.request, exchange.status or LEFT, exchange.sent)
            exchange.release()
            if exchange.progress is None:
                over = exchange
        if self.closing:
            return
        if self.waiters is not None:
            self.wake()
        if not self.running:
            if self.first is None:
                self.flush(False)
            else:
                self.proceed_soon()  # the next answer may be ready in this turn, too, and leave in the same write
            self.resume_requests()
        if over is not None:
            # not before: where a write fails, its responder still has this exchange, and nobody else may get it
            over.channel = None
            service.exchange = over

    def cancel_all(self) -> None:
        """Gives up all exchanges: nothing can reach the client any more."""
        service = self.service
        exchange = self.first
        service.behind -= max(0, self.count - 1)
        self.first = self.last = None
        self.count = 0
        while exchange is not None:
            following = exchange.next
            exchange.next = None
            request = exchange.request
            status = exchange.status if exchange.begun and exchange.held is None else LEFT
            exchange.cancel()
            if service.access_log:
                service.log_access(request, status, 0 if status == LEFT else exchange.sent)
            exchange = following

    def leave_all(self) -> None:
        """The client has closed its side: its exchanges are told."""
        for exchange in self.line():
            exchange.leave()

    def line(self) -> list[Any]:
        """The exchanges that are not complete, in order."""
        line: list[Any] = []
        exchange = self.first
        while exchange is not None:
            line.append(exchange)
            exchange = exchange.next
        return line

    def unanswered(self) -> list[Any]:
        """The requests whose answers are not complete."""
        requests = []
        for exchange in self.line():
            if exchange.request is not None and not exchange.ended:
                requests.append(exchange.request)
        return requests

    def kept(self) -> int:
        """Bytes that the exchanges behind the first hold, or may come to: each as much as the largest answer of late,
        or as all may where there are many on all connections."""
        service = self.service
        largest = service.largest if service.behind < CROWD else HELD
        first = self.first
        exchange = first.next
        size = self.held_size
        while exchange is not None:
            size += exchange.weight
            if not exchange.ended:
                size += largest + exchange.decoded
            progress = exchange.progress
            if progress is not None and progress.source is not None:  # a descriptor, which those behind it wait for
                size += HELD
            exchange = exchange.next
        return size

    def is_turn(self, exchange: Any) -> bool:
        return exchange is self.first

    def put(self, exchange: Any, pieces: list[bytes]) -> None:
        if exchange is not self.first or exchange.held is not None or self.writing:
            self._hold(exchange, pieces)
            return
        self.writing = True
        try:
            for data in pieces:
                self._gather(data)
            self._written(exchange)
        except BaseException:
            self.writing = False
            self.lost = self.closing = True
            raise

    def _hold(self, exchange: Any, pieces: list[bytes]) -> None:
        if self.closing:
            return
        if not exchange.hold(pieces):
            return
        for data in pieces:
            self.held_size += len(data) + OVERHEAD
            self.note_size(len(data))
        if exchange is self.first and not self.writing:  # its turn has come meanwhile
            self._written(exchange)

    def _written(self, exchange: Any) -> None:
        """Bytes of this exchange, the first in the line, have been gathered; what it got meanwhile follows."""
        self.writing = False
        if exchange.held is not None:
            self._write_held(exchange)
        if self.out_size > GATHERED:
            self.flush(False)
        elif not self.running and not exchange.ending:
            self.proceed_soon()
        if exchange.ended:  # meanwhile
            self.done(exchange)

    def _write_held(self, exchange: Any) -> None:
        """The turn of this exchange has come: what it holds, and what it gets meanwhile, is written."""
        self.writing = True
        try:
            while exchange.held:
                fresh: list[bytes] = []
                held, exchange.held = exchange.held, fresh
                for data in held:
                    self.held_size -= len(data) + OVERHEAD
                    self._gather(data)
        except BaseException:
            self.writing = False
            self.lost = self.closing = True
            raise
        exchange.held = None  # nothing may run between the last look at it and this
        self.writing = False

    def put_response(self, exchange: Any, line: bytes, content_type: Any, length: int, tail: bytes, data: bytes) -> int:
        if exchange is not self.first or exchange.held is not None or self.writing or self.closing:
            return 0
        buffer = self.service.buffer
        # PERF: as in _may_use_buffer, whose call would cost 20 instructions
        if not (self.in_buffer or (self.running and self.out_size == 0 and buffer.size == 0)):
            return 0
        size: int = buffer.add_head(line, content_type, length, tail, data)
        if size:
            self.in_buffer = True
            self.out_size += size
            self.burst += size
        return size

    def pause_writing(self) -> None:
        self.write_paused = True
        self.taken = NEVER

    def resume_writing(self) -> None:
        self.write_paused = False
        if self.waits_for in (IDLE, BEHIND):  # its time begins anew where proceed() finds that it still waits
            self.waits_for = NOTHING
        self.wake()
        self.proceed_soon()

    def proceed_soon(self) -> None:
        """Has proceed() called in the loop's next turn: a handler is never called within another's call."""
        if not self.due and not self.running and not self.closing:
            self.service.loop.call_soon(self.proceed)
            self.due = True  # not before: it may raise

    # -- the end

    def close_gracefully(self) -> None:
        """Closes the connection behind what has been written."""
        if self.closing:
            return
        self.flush(False)
        self.stopped = True
        if self.flushing:
            self.cancel_all()
            self.service.loop.call_soon(self.close_gracefully)  # not within a write
            return
        self.closing = True
        transport = self.transport
        if transport is None:
            return
        self.lost = True  # until that is over: where it fails, the next sweep aborts
        self.cancel_all()
        self.wake()
        self.unread = self.unread or self.read_paused or self.has_input() or self.unread_now() > 0
        lingers = ((self.unread or self.unsent() > 0) and not self.eof) or (
            self.service.secure and transport.has_rest()
        )
        self.taken = NEVER
        if lingers and transport.can_write_eof() and not transport.is_closing():
            # Closing with unread bytes would reset the connection, and could take with it what of the answer is on its
            # way; more of them may come as long as it is (RFC 9112, section 9.6).
            try:
                transport.write_eof()
            except OSError:  # the client has reset the connection, and the loop has not said so yet
                self.abort()
                return
            if self.read_paused:
                self.read_paused = False
                transport.resume_reading()
            self.watch(LINGERING, LINGER)
        else:
            transport.close()
            # TLS waits for the client's close_notify, which an idle client may be in no hurry to send
            self.watch(CLOSING, LINGER if self.waits_for == IDLE else math.inf)
        self.lost = False

    def abort(self) -> None:
        """Closes now, whatever is going on."""
        if self.transport is not None:
            transport = self.transport
            is_cut = self.is_cut()
            if not is_cut and self.delimits:
                is_cut = self.lost or self.out_size > 0 or transport.get_write_buffer_size() > 0
            if is_cut and not self.service.secure:
                sockopts.reset_at_close(transport.get_extra_info("socket"))  # its end must not look like a whole
            self.stopped = True
            self.closing = True
            self.drop_output()
            transport.abort()
            # not only when the loop says that it is lost: an answer that never has to wait would keep the loop from it
            self.cancel_all()
            self.wake()

    def is_cut(self) -> bool:
        """Whether an end of the connection now would look like that of the answer that is under way."""
        first = self.first
        return first is not None and first.begun and first.reset

    def pause_reading(self) -> None:
        """Has the transport read nothing for the moment."""
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def watch(self, waits_for: int, seconds: float) -> None:
        """Notes what the connection waits for, and for how long it may."""
        self.waits_for = waits_for
        # the clock may be one tick behind
        self.deadline = self.service.now + self.service.pace + seconds if waits_for else 0.0

    # -- the reading half

    def proceed(self) -> None:
        """Reads and answers what there is, and writes."""
        raise NotImplementedError

    def resume_requests(self) -> None:
        """An answer is complete, and what waited for it may be read."""
        raise NotImplementedError

    def discard_body(self, exchange: Any) -> None:
        """A request has been answered before its body was read."""
        raise NotImplementedError

    def has_input(self) -> bool:
        """Whether something was received that has not been used."""
        raise NotImplementedError
