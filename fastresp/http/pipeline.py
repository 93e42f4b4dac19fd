"""The writing half of a connection: answers in the order of their requests, in few writes, as fast as the client reads.

The exchanges that are not complete stand in a line. What the first one sends goes out; what the others send waits with
them until it is their turn (RFC 9112, section 9.3.2).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fastresp.http import linger
from fastresp.http import turn as turns
from fastresp.http.direct import descriptor, send, send_outbox
from fastresp.http.exchange import new_exchange

if TYPE_CHECKING:
    from fastresp.http import service as services

__all__ = ["Pipeline"]

# What a deadline is for.
NOTHING, IDLE, IN_HEAD, IN_BODY, LINGERING, CLOSING, LAST = range(7)

GATHERED = 262144
"""Bytes of answers that are gathered before they are written, even in the middle of a read."""
JOINED = 131072
"""Answers of up to this size together are joined for one write."""
SMALL = 4096
"""Bytes that are better copied than kept apart."""

NEVER = -(1 << 62)
"""Less than any client can have taken."""
LINGER = 2.0
"""Seconds that a client which is still sending has to read the answer that refuses it."""


class Pipeline(turns.Channel):
    """A connection's line of exchanges, its output and its end. The reading half is the protocol's."""

    # fmt: off
    __slots__ = (  # noqa: RUF023
        "service", "transport", "write", "fd", "behind", "first", "last", "count", "in_outbox", "out", "out_size",
        "burst", "waiters", "running", "due", "stopped", "closing", "eof", "read_paused", "unread", "write_paused",
        "written", "taken", "waits_for", "deadline",
    )
    # fmt: on

    def __init__(self, service: services.Service) -> None:
        self.service = service
        self.transport: Any = None
        self.write: Any = None
        self.fd = -1  # of the socket, where `send` can use it
        self.behind = False  # the transport may have bytes that it has not sent
        # the exchanges that are not complete, linked by their `next`
        self.first: Any = None
        self.last: Any = None
        self.count = 0
        # what is to be written, of this size: in the service's outbox, as long as proceed() runs, or here
        self.out_size = 0
        self.in_outbox = False
        # PERF: None instead of empty lists, which would be looked at for each answer and are not in the cache
        self.out: list[bytes] | None = None
        self.burst = 0  # written since somebody waited
        self.waiters: list[Any] | None = None
        self.running = False  # within proceed(), which writes at its end
        self.due = False  # proceed() is going to be called
        self.stopped = False  # no more requests
        self.closing = False  # no more answers
        self.eof = False
        self.read_paused = False
        self.unread = False  # the client may be sending what nobody will read
        self.write_paused = False
        self.written = 0  # to the transport, ever
        self.taken = NEVER  # the most of it that the client has been seen to take
        self.waits_for = NOTHING
        self.deadline = 0.0

    def connect(self, transport: Any) -> None:
        """The connection is there; this is where answers go."""
        self.transport = transport
        self.write = transport.write
        self.fd = -1 if self.service.secure else descriptor(transport)

    def disconnect(self) -> None:
        """It is gone, and another connection may get its socket's number."""
        self.transport = None
        self.write = None
        self.fd = -1

    def enter(self, request: Any, minor: int, keep_alive: bool) -> Any:
        """A new exchange at the end of the line."""
        service = self.service
        exchange = service.exchange
        if exchange is None:
            exchange = new_exchange(service)
        else:
            service.exchange = None
        exchange.open(self, request, minor, keep_alive)
        if self.first is None:
            self.first = exchange
        else:
            self.last.next = exchange
        self.last = exchange
        self.count += 1
        return exchange

    def done(self, exchange: Any) -> None:
        if exchange is not self.first:
            return
        over = None
        while exchange is not None and exchange.ended:
            self.first = exchange.next
            exchange.next = None
            self.count -= 1
            if exchange.incoming:
                self.leave_body(exchange)
            if self.service.access_log:
                self.service.log_access(exchange.request, exchange.status, exchange.sent)
            if exchange.broken and exchange.reset:
                self.reset()
            close = exchange.close
            if self.first is not None and not close:
                self.first.turn()  # before the release: a device's close() may speak in that answer
            exchange.release()
            if close:
                self.shut()
                return
            if exchange.plain:
                over = exchange
            exchange = self.first
        if self.first is None:
            self.last = None
        if self.waiters is not None:
            self.wake()
        if not self.running:
            if self.first is None:
                self.flush(False)
            else:
                self.proceed_soon()  # the next answer may be ready in this turn, too, and leave in the same write
            self.go_on()
        if over is not None:
            # not before: where a write fails, its responder still has this exchange, and nobody else may get it
            over.channel = None
            self.service.exchange = over

    def cancel_all(self) -> None:
        """Gives up all exchanges: nothing can reach the client any more."""
        exchange = self.first
        self.first = self.last = None
        self.count = 0
        while exchange is not None:
            following = exchange.next
            exchange.next = None
            exchange.cancel()
            exchange = following

    def is_turn(self, exchange: Any) -> bool:
        return exchange is self.first

    def put(self, exchange: Any, data: bytes) -> None:
        if exchange is not self.first:
            exchange.hold(data)
            return
        if self.closing:
            return
        if 0 < len(data) <= SMALL and self._may_use_outbox() and self.service.outbox.add(data):
            self.in_outbox = True
        else:
            if self.in_outbox:
                self.out = [self.service.outbox.take(0)]
                self.in_outbox = False
            if self.out is None:
                self.out = []
            self.out.append(data)
        self.out_size += len(data)
        self.burst += len(data)
        if self.out_size > GATHERED:
            self.flush(False)
        elif not self.running and not exchange.ended:
            self.proceed_soon()

    def put_head(self, exchange: Any, line: bytes, content_type: Any, length: int, tail: bytes, data: bytes) -> int:
        if exchange is not self.first or self.closing or not self._may_use_outbox():
            return 0
        size: int = self.service.outbox.add_head(line, content_type, length, tail, data)
        if size:
            self.in_outbox = True
            self.out_size += size
            self.burst += size
        return size

    def _may_use_outbox(self) -> bool:
        """It is one connection's at a time, while that one reads; and nothing of it may stand before or behind it."""
        return self.in_outbox or (self.running and self.out_size == 0 and self.service.outbox.size == 0)

    def flush(self, in_loop: bool) -> None:
        """Writes what is gathered. `in_loop`: it is sure that the loop has called."""
        if self.out_size == 0:
            return
        is_direct = self._is_direct(in_loop)
        size = self.out_size
        self.out_size = 0
        self.written += size
        if self.in_outbox:
            self.in_outbox = False
            sent = send_outbox(self.fd, self.service.outbox) if is_direct else 0
            data = self.service.outbox.take(sent)
            if data and self.write is not None:
                self.behind = True
                self.write(data)
            return
        out, self.out = self.out, None
        if out is None or self.write is None:
            return
        if size > JOINED and self.service.gather and len(out) > 1:
            self.behind = True
            self.transport.writelines(out)
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        sent = send(self.fd, data) if is_direct else 0
        if sent < len(data):
            self.behind = True
            self.write(memoryview(data)[sent:] if sent else data)

    def _is_direct(self, in_loop: bool) -> bool:
        """Whether bytes may be given to the system past the transport."""
        if self.fd < 0:
            return False
        if self.behind:
            # one that has failed has dropped what it held: nothing may follow
            self.behind = self.transport.is_closing() or self.transport.get_write_buffer_size() > 0
        # a loop that is closed has closed its sockets, and told nobody: their numbers may be those of others now
        return not self.behind and (in_loop or not self.service.loop.is_closed())

    def waiter(self, exchange: Any) -> Any:
        self.flush(False)
        if self.closing:
            return None
        if exchange is self.first and not self.write_paused and not self.transport.is_closing():
            if self.burst <= GATHERED:
                return None
            # a client that takes everything at once must not keep the others waiting
            self.service.loop.call_soon(self.wake)
        self.burst = 0
        future = self.service.loop.create_future()
        if self.waiters is None:
            self.waiters = []
        self.waiters.append(future)
        return future

    def wake(self) -> None:
        """Lets all who wait look again."""
        waiters = self.waiters
        if waiters is not None:
            self.waiters = None
            for future in waiters:
                if not future.done():
                    future.set_result(None)

    def pause_writing(self) -> None:
        self.write_paused = True
        self.taken = NEVER

    def resume_writing(self) -> None:
        self.write_paused = False
        self.wake()
        self.proceed_soon()

    def proceed_soon(self) -> None:
        """Has proceed() called in the loop's next turn: a handler is never called within another's call."""
        if not self.due and not self.running and not self.closing:
            self.due = True
            self.service.loop.call_soon(self.proceed)

    # -- the end

    def shut(self) -> None:
        """Closes the connection behind what has been written."""
        if self.closing:
            return
        self.flush(False)
        self.stopped = True
        self.closing = True
        transport = self.transport
        if transport is None:
            return
        self.cancel_all()
        self.wake()
        if (self.unread or self.read_paused or self.has_input()) and not self.eof and transport.can_write_eof():
            # Closing with unread bytes would reset the connection, and could take the answer with it (RFC 9112, 9.6).
            transport.write_eof()
            if self.read_paused:
                self.read_paused = False
                transport.resume_reading()
            self.watch(LINGERING, LINGER)
        else:
            transport.close()
            self.taken = NEVER
            # TLS waits for the client's farewell, which an idle client may be in no hurry to send
            self.watch(CLOSING, LINGER if self.waits_for == IDLE else math.inf)

    def reset(self) -> None:
        """Ends the connection so that the client can't take it for the end of the answer."""
        if not self.service.secure:
            linger.reset_at_close(self.transport.get_extra_info("socket"))
        self.abort()

    def abort(self) -> None:
        """Closes now, whatever is going on."""
        if self.transport is not None:
            self.stopped = True
            self.closing = True
            self.drop_output()
            self.transport.abort()

    def drop_output(self) -> None:
        """Forgets what is gathered: nobody will get it."""
        if self.in_outbox:
            self.in_outbox = False
            self.service.outbox.take(0)
        self.out = None
        self.out_size = 0

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

    def go_on(self) -> None:
        """An answer is complete, and what waited for it may be read."""
        raise NotImplementedError

    def leave_body(self, exchange: Any) -> None:
        """A request has been answered before its body was read."""
        raise NotImplementedError

    def has_input(self) -> bool:
        """Whether something was received that has not been used."""
        raise NotImplementedError
