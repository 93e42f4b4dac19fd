"""The content of the request that is being read: collected for a plain handler, handed on to a coroutine, or
dropped; and how much of it in a turn.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from fastresp.core.body import Body
from fastresp.core.service import SHARE
from fastresp.http1 import deadlines
from fastresp.net.receiver import new_receiver, new_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastresp.core import service as services

__all__ = ["Content"]

FULL = 256000
"""Bytes of a read behind which more may wait; libuv fills this many, and would read on 32 times in one turn."""
LARGE = 262144
"""Bytes of a body that are worth a receiver."""
DISCARDED = 262144
"""Bytes of an unread body that are read and dropped to keep a connection; for more it is closed."""


class Content(deadlines.Deadlines):
    """A connection's reading of one body after the other."""

    __slots__ = ("admitted", "at_work", "body", "call", "collected", "host", "parser", "reads_until", "receiver")

    def __init__(self, service: services.Service) -> None:
        deadlines.Deadlines.__init__(self, service)
        self.parser: Any = None  # between two messages
        self.body: Any = None  # what a coroutine handler reads it from
        self.collected: Any = None  # what has come of it for one who wants it whole: bytes, or a Whole
        self.receiver: Any = None  # stands in for this protocol while a large body comes
        self.host: Any = None
        self.admitted = False  # it has a place among the connections
        self.call: Any = None  # the end of one in a thread, which counts as work until it is asked for
        self.at_work = 0  # coroutine handlers, and devices that are being closed
        self.reads_until = 0.0  # when the time is over that reads of one turn may take

    def occupy(self, future: Any) -> None:
        self.at_work += 1
        future.add_done_callback(self.let_go)

    def let_go(self, future: Any) -> None:
        """A handler has ended, or a device is closed. They hold what a client has sent: where it has left, it keeps its
        place till then."""
        self.at_work -= 1
        if self.transport is None:
            self.vacate()
        elif self.read_paused or self.held:
            self.proceed_soon()

    def call_begins(self, end: Any) -> None:
        self.is_free()
        self.call = end
        self.at_work += 1

    def is_free(self) -> bool:
        """Whether nothing works in a thread for a request of the connection; if something does, its end is awaited."""
        call = self.call
        if call is not None:
            self.call = None
            self.at_work -= 1
            end = call.wait()
            if end is not None:
                self.occupy(end)
        return not self.at_work

    def vacate(self) -> None:
        """The client has left: give up the place among the connections, once nothing is at work for it."""
        service = self.service
        if not self.admitted:
            return
        if not self.at_work:
            self.admitted = False
            service.left.pop(self, None)
            service.vacate(self.host)
        elif (service.max_connections or service.max_per_host) and self not in service.left:
            service.left[self] = service.now + service.pace + service.write_timeout

    def lose_place(self) -> None:
        """What is at work may never end, and must not keep others out for ever."""
        service = self.service
        service.left.pop(self, None)
        if self.admitted:
            self.admitted = False
            service.vacate(self.host)
            what = "a handler, or a device, of a client that has left works on"
            service.remark(what, f"its place among the connections is given up after {service.write_timeout:g} s")

    def drop(self, data: bytes) -> None:
        """Nothing is made of what comes now."""
        self.unread = True
        if not self.closing:
            self.pause_reading()
        elif len(data) >= FULL:
            self._end_turn()

    def filled(self) -> None:
        """A read was as large as can be. Others may follow in this turn of the loop, until their time is over."""
        now = monotonic()
        if self.reads_until == 0:
            self.reads_until = now + SHARE
        elif now > self.reads_until:
            self._end_turn()  # PERF: not each time, as it costs 11 us

    def _end_turn(self) -> None:
        """Reads no more in this turn of the loop."""
        if self._may_read():
            self.reads_until = 0.0
            self.transport.pause_reading()
            self.service.loop.call_soon(self.begin_turn)

    def begin_turn(self) -> None:
        if self._may_read():
            self.transport.resume_reading()

    def _may_read(self) -> bool:
        return not self.read_paused and self.transport is not None and not self.transport.is_closing()

    def _piece(self, piece: bytes) -> None:
        """Some content has come."""
        self.seen += len(piece)
        if self.incoming is None:
            self.discarding -= len(piece)
            if self.discarding <= 0:
                self.unread = True
                self.close_gracefully()
        elif self.collected is not None:
            whole = self._whole()
            whole.add(piece)
        elif self.body is not None:
            self.body.feed(piece)
        else:
            self.collected = piece

    def _whole(self) -> Any:
        """What has come, as one that grows."""
        first = self.collected
        if first is not None and type(first) is not bytes:
            return first
        whole = self.collected = new_whole(self.parser.content_length)
        if first is not None:
            whole.add(first)
        return whole

    def gather(self, pieces: Iterable[bytes]) -> None:
        """The handler wants the rest of the body whole: its end will bring it, with these pieces before it."""
        whole = self._whole()
        for piece in pieces:
            whole.add(piece)

    def content_left(self) -> int:
        """How much content may come behind what is collected, and past the parser."""
        if self.stopped or self.collected is None or type(self.collected) is bytes:
            return 0
        parser = self.parser
        left: int = parser.content_left()
        return left

    def content_received(self, count: int) -> None:
        """So much has come there."""
        parser = self.parser
        self.seen += count
        parser.skip(count)
        if parser.content_left():
            self.arm_deadline()
        else:
            self.proceed()

    def _starved(self) -> None:
        """All that was read is used up, and the body is not complete: a plain handler's body is collected, a coroutine
        handler is called now, and reads the rest itself.
        """
        exchange = self.incoming
        if (
            (self.seen >= LARGE or self.parser.content_length - self.seen >= LARGE)
            and self.receiver is None
            and not self.service.secure
        ):
            self.receiver = new_receiver(self)
            self.transport.set_protocol(self.receiver)
            if not self.service.is_async:
                self._whole()
        if self.body is not None or exchange is not self.incoming:
            return
        if not self.service.is_async:
            self._send_continue()
            return
        request = exchange.request
        self.body = request._stream = Body(self)
        if self.collected is not None:
            whole = self.collected
            self.collected = None
            self.body.feed(whole if type(whole) is bytes else whole.take())
        self.handle(exchange, request)

    def _end(self) -> None:
        """The content is complete."""
        parser = self.parser
        if self.receiver is not None:
            self.receiver = None
            self.transport.set_protocol(self)
        exchange = self.incoming
        self.incoming = None
        self.discarding = 0
        self.expecting = False
        if not parser.keep_alive:
            self.stopped = True
        if exchange is None:
            return
        exchange.incoming = False
        request = exchange.request
        if parser.trailers_end > parser.trailers_start:
            request._trailers = parser.trailers_data[parser.trailers_start : parser.trailers_end]
        whole = self.collected
        self.collected = None
        if whole is not None and type(whole) is not bytes:
            whole = whole.take()
        if self.body is not None:
            self.body.end(whole)
            self.body = None
            return
        request._body = whole or b""
        self.handle(exchange, request)

    def want_body(self) -> None:
        """The handler waits for more of the request's body."""
        self._send_continue()
        if self.read_paused:
            self.proceed_soon()

    def body_awaited(self) -> None:
        """The time begins in which more of it has to come."""
        self.arm_deadline()

    def wants_body(self) -> bool:
        body = self.body
        return body is None or body.wanted()

    def _send_continue(self) -> None:
        exchange = self.incoming
        if self.expecting:
            self.expecting = False
            if exchange is not None and not exchange.begun:
                exchange.interim(100, None)
            self.arm_deadline()

    def discard_body(self, exchange: Any) -> None:
        # the rest is dropped, if it is not much
        self.incoming = None
        self.expecting = False
        self.discarding = DISCARDED + 1
        self.unread = exchange.close
        self.collected = None
        if self.body is not None:
            self.body.fail("the request was answered before its body was read")
            self.body = None
        exchange.incoming = False

    def handle(self, exchange: Any, request: Any) -> None:
        """Calls the handler."""
        raise NotImplementedError
