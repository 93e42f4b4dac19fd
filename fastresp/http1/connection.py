"""A connection of HTTP/1.1: its state, and what the loop, the service, its exchanges and its bodies call.

Its parts are beside it: `reading`, `content` and `refusal` for what comes, `pipeline` for what goes, `timeouts` and
`close` for its end, `work` for what goes on behind its answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastresp.core import answer as answers
from fastresp.core.dispatch import dispatch
from fastresp.core.request import new_peer
from fastresp.http1 import close, content, reading, refusal, timeouts, work
from fastresp.http1 import pipeline as pipelines
from fastresp.http1.parser import new_parser
from fastresp.http1.pipeline import new_pipeline
from fastresp.http1.states import ASKED, HEADS, HELD, OPEN, OVERDUE, UPGRADED
from fastresp.net import sockopts
from fastresp.net.deadlines import BEHIND, IDLE, IN_HEAD, LAST, LINGER, NEVER, NOTHING, new_deadlines
from fastresp.net.output import GATHERED, new_output
from fastresp.net.sockopts import FULL
from fastresp.response import TEXT
from fastresp.wire.headers import format_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastresp.core import service as services

__all__ = ["Connection", "new_connection"]

HIGH_WATER = 65536
"""Bytes that the transport may hold before writers have to wait."""


class Connection:
    """The protocol object of one connection, for a loop's `create_server`."""

    # fmt: off
    __slots__ = (
        "admitted", "asked", "at_work", "body", "call", "collected", "deadlines", "delimits", "discarding", "due",
        "eof", "expecting", "host", "incoming", "output", "parser", "peer", "pipeline", "read_paused",
        "reading", "reads_until", "receiver", "seen", "service", "transport", "unread", "writing",
    )
    # fmt: on

    def __init__(self, service: services.Service) -> None:
        self.service = service
        self.output = new_output(service)
        self.deadlines = new_deadlines(service)
        self.pipeline = new_pipeline(service, self.output)
        self.transport: Any = None
        self.peer: Any = None
        self.host: Any = None
        self.admitted = False  # it has a place among the connections
        self.call: Any = None  # the end of one in a thread, which counts as work until it is asked for
        self.at_work = 0  # coroutine handlers, and devices that are being closed
        self.writing = OPEN
        self.delimits = False  # the connection's end is that of its last answer
        # -- the reading
        self.parser: Any = None  # between two messages
        self.reading = HEADS
        self.eof = False  # the client has closed its side
        self.read_paused = False
        self.unread = False  # the client may be sending what nobody will read
        self.due = False  # proceed() is going to be called
        self.asked = 0.0  # when the next turn was asked for, as the budget of one was used up
        self.reads_until = 0.0  # when the time is over that reads of one turn may take
        # -- a request's content
        self.incoming: Any = None  # the exchange whose request's body is not complete
        self.body: Any = None  # what a coroutine handler reads it from
        self.collected: Any = None  # what has come of it for one who wants it whole: bytes, or a Whole
        self.receiver: Any = None  # stands in for this protocol while a large body comes
        self.seen = 0  # of that body
        self.expecting = False  # its client waits for 100 Continue
        self.discarding = 0  # how much of a body that nobody reads may still come

    # -- what the loop calls

    def connection_made(self, transport: Any) -> None:
        service = self.service
        self.transport = transport
        completed = False
        try:
            self.output.connect(transport)
            self.peer = new_peer(transport, service.secure, self)
            transport.set_write_buffer_limits(HIGH_WATER)
            remote = self.peer.remote()
            if service.observer is not None:
                service.observer.opened(remote)
            refused = -1  # where it has reset the connection already: what it has sent would be nobody's
            if remote is not None and not service.aborted:
                self.host = remote[0] if isinstance(remote, tuple) else None
                refused = service.admit(self, self.host)
                self.admitted = refused == 0
            if refused < 0:
                self.abort()
            elif refused:
                refusal.refuse(self, refused, "too many connections, try again later", {"retry-after": "1"})
            elif service.draining and service.secure:
                self.deadlines.watch(LAST, LINGER)  # its handshake has taken till now
            elif service.draining:
                self.close_gracefully()
            else:
                self.deadlines.watch(IN_HEAD, service.head_timeout)
            completed = True
        finally:
            if not completed:
                transport.abort()  # nobody else would

    def data_received(self, data: bytes) -> None:
        if self.reading >= UPGRADED or self.output.closing:
            reading.other(self, data)
            return
        if self.parser is None:
            self.take_parser()
        self.parser.feed(data)
        if self.parser.buffered >= FULL:
            reading.filled(self)
        reading.proceed(self)

    def eof_received(self) -> bool:
        output = self.output
        self.eof = True
        if self.reading == UPGRADED:
            self.proceed()
        if output.closing or self.service.secure:
            # TLS 1.2 knows no half-closed connections; where something was lost, the sweep says how it ends
            return output.lost and not self.service.secure
        self.proceed()
        if not output.closing:
            sockopts.ask_whether_gone(self.transport.get_extra_info("socket"))
            self.pipeline.leave_all()
        return True  # a half-closed client gets its answers

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            close.lost(self)

    def pause_writing(self) -> None:
        self.output.paused = True
        self.deadlines.most = NEVER

    def resume_writing(self) -> None:
        output = self.output
        output.paused = False
        # nothing was read meanwhile: its time begins anew where proceed() finds that it still waits
        if self.deadlines.waits_for in (IDLE, IN_HEAD, BEHIND):
            self.deadlines.waits_for = NOTHING
        completed = False
        try:
            output.wake()
            self.proceed_soon()
            completed = True
        finally:
            if not completed:
                output.lost = output.closing = True  # the loop logs what was raised, and goes on

    # -- what the service calls, and TLS

    def sweep(self, now: float) -> None:
        timeouts.sweep(self, now)

    def drain(self) -> None:
        timeouts.drain(self)

    def tell_streams(self) -> None:
        """The server ends, which the handlers of streams are to know."""
        for exchange in self.pipeline.line():
            answers.tell_stream(exchange)

    def abort(self) -> None:
        close.abort(self)

    def lose_place(self) -> None:
        work.lose_place(self)

    def unanswered(self) -> list[Any]:
        return self.pipeline.unanswered()

    def untaken(self) -> str:
        return close.untaken(self)

    def cut(self, reason: str) -> None:
        close.cut(self, reason)

    def stop_reading(self) -> None:
        """Something has come that nothing is made of."""
        self.unread = True

    def is_paused(self) -> bool:
        """Return whether the client takes its answers too slowly: a deadline runs for that."""
        return self.output.paused

    def expect_head_by(self, deadline: float) -> None:
        """Give the client no more time for its first request than it had from the connection's begin."""
        if self.deadlines.waits_for == IN_HEAD:
            self.deadlines.deadline = deadline

    def is_cut(self) -> bool:
        return close.is_cut(self)

    def link(self) -> Any:
        """Return the link that it has become; None where it speaks HTTP."""
        last = self.pipeline.last
        return None if last is None else last.link

    # -- what an exchange calls

    def put(self, exchange: Any, pieces: bytes | list[bytes]) -> None:
        """Take bytes of its answer, in one piece or some that follow each other."""
        output = self.output
        completed = False
        try:
            if self.pipeline.put(exchange, pieces):
                if output.out_size > GATHERED:
                    output.flush(False)
                elif not output.batching and not exchange.ending:
                    self.proceed_soon()
                if exchange.ended:  # meanwhile
                    self.done(exchange)
            completed = True
        finally:
            if not completed:
                output.writing = False
                output.lost = output.closing = True

    def done(self, exchange: Any) -> None:
        """Its answer is complete, or broken off."""
        service = self.service
        if exchange is not self.pipeline.first or self.output.writing or exchange.lost:
            exchange.leave_request()
        elif self.output.batching and exchange.is_simple() and service.observer is None and self.output.waiters is None:
            # PERF: nearly every answer is complete, alone, and within a read, and no foreign code hears of its end:
            # 170 of 6,500 instructions less
            self.pipeline.first = self.pipeline.last = None
            self.pipeline.count -= 1
            exchange.request = None
            exchange.connection = None
            service.exchange = exchange
        else:
            pipelines.complete(self, exchange)

    def must_close(self, exchange: Any) -> bool:
        return refusal.must_close(self, exchange)

    def occupy(self, future: Any) -> None:
        work.occupy(self, future)

    def begin_work(self) -> None:
        self.at_work += 1

    def end_work(self, future: Any = None) -> None:
        work.end(self)

    def begin_call(self, end: Any) -> None:
        work.begin_call(self, end)

    # -- what a body and its receiver call

    def want_body(self) -> None:
        content.awaited(self)

    def gather(self, pieces: Iterable[bytes]) -> None:
        content.gather(self, pieces)

    def content_left(self) -> int:
        return content.left(self)

    def content_received(self, count: int) -> None:
        content.received(self, count)

    def discard_body(self, exchange: Any) -> None:
        """A request has been answered before its body was read."""
        content.discard(self, exchange)

    def receive_by(self, receiver: Any) -> None:
        """Have the transport read through this protocol; None for the connection itself."""
        self.receiver = receiver
        self.transport.set_protocol(self if receiver is None else receiver)

    def filled(self) -> None:
        """A read was as large as can be."""
        reading.filled(self)

    def begin_turn(self) -> None:
        reading.begin_turn(self)

    # Bound methods are made here: in another module Cython takes the function in C, and gives it an argument too few.

    def begin_turn_soon(self) -> None:
        """Have the transport read on in the loop's next turn."""
        self.service.loop.call_soon(self.begin_turn)

    def ask_for_turn(self) -> None:
        """Have proceed() called in the loop's next turn."""
        self.service.loop.call_soon(self.proceed)
        self.due = True  # not before: it may raise

    def ask_for_last_call(self, seconds: float) -> None:
        self.service.call_behind_reads(seconds, self.last_call)

    def close_soon(self) -> None:
        """Have close_gracefully() called in the loop's next turn."""
        self.service.loop.call_soon(self.close_gracefully)

    def hear_of(self, future: Any) -> None:
        """Have end_work() called when `future` is done."""
        future.add_done_callback(self.end_work)

    # -- the end

    def close_gracefully(self) -> None:
        close.gracefully(self)

    def close_behind(self, exchange: Any) -> None:
        close.behind(self, exchange)

    def last_call(self) -> None:
        timeouts.last_call(self)

    def give_up(self, status: int, reason: str) -> None:
        """Refuse the request that did not come in time."""
        refusal.refuse(self, status, reason, None)
        self.output.flush(False)

    def arm_deadline(self) -> None:
        timeouts.arm(self)

    def is_held(self) -> bool:
        """Return whether a head has come that waits for the answers before it."""
        return self.reading in (HELD, OVERDUE)

    def is_answering(self) -> bool:
        """Return whether a request has no complete answer."""
        return self.pipeline.first is not None

    def has_input(self) -> bool:
        """Return whether something was received that has not been used."""
        return self.discarding > 0 or (self.parser is not None and self.parser.buffered > 0)

    # -- reading

    def proceed(self) -> None:
        """Read requests and call the handler until there is nothing to read or something to wait for."""
        reading.proceed(self)

    def proceed_soon(self) -> None:
        """Have proceed() called in the loop's next turn: a handler is never called within another's call."""
        output = self.output
        if not self.due and not output.batching and not output.closing:
            self.ask_for_turn()

    def resume_requests(self) -> None:
        """An answer is complete, and what waited for it may be read."""
        is_held = self.is_held()
        if is_held or self.read_paused or self.discarding or self.reading == ASKED:
            self.proceed_soon()
        if is_held:
            timeouts.arm_behind_work(self)
        else:
            timeouts.arm(self)

    def pause_reading(self) -> None:
        """Have the transport read nothing for the moment."""
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Have the transport read again."""
        self.read_paused = False
        self.transport.resume_reading()

    def take_parser(self) -> None:
        """Take a parser, in the middle of nothing."""
        service = self.service
        parser = service.parser
        self.parser = new_parser(service.config) if parser is None else parser
        service.parser = None

    def handle(self, exchange: Any, request: Any) -> None:
        """Call the handler, unless the client asks too often."""
        service = self.service
        if service.rate_limit and self.host is not None and service.over_rate(self.host):
            head = format_fields({"retry-after": "1"})
            answers.respond(exchange, 429, head, TEXT, b"too many requests, try again later\n", False)
            return
        dispatch(service, exchange, request)


def new_connection(service: services.Service) -> Connection:
    """The protocol of a new connection of the server whose state is `service`."""
    return Connection(service)
