"""A connection of HTTP/1.1: reads requests, calls the handler, and knows when it is over.

What one read brings is parsed, handled and answered in one go, up to a budget, and leaves in one write; the rest of it
waits for the loop's next turn. Nothing grows without bound: reading pauses while answers are pending, while the client
reads slowly, and while a body waits for its handler.
A request that is not safe (RFC 9110, section 9.2.1), or has a body, waits until the answers before it are complete.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from fastresp.core import answer as answers
from fastresp.core.dispatch import dispatch
from fastresp.core.names import address
from fastresp.core.request import empty, new_peer
from fastresp.core.service import PENDING, SHARE
from fastresp.http1 import content
from fastresp.http1.codes import BODY, CONNECT, END, GET, HEAD, HEAD_METHOD, NEED_DATA, OPTIONS, TRACE
from fastresp.http1.content import DISCARDED, FULL
from fastresp.http1.parser import new_parser
from fastresp.http1.pipeline import HELD, IDLE, IN_HEAD, LAST, LINGER, NOTHING
from fastresp.http1.requests import cost_of_query, new_request
from fastresp.net import sockopts
from fastresp.response import TEXT
from fastresp.wire.headers import format_fields

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["HttpProtocol", "new_protocol"]

# The safe methods (RFC 9110, section 9.2.1), a bit for each of the parser's numbers.
SAFE = 1 << GET | 1 << HEAD_METHOD | 1 << OPTIONS | 1 << TRACE

REQUESTS = 16
"""Requests of one connection that are handled in one turn of the loop."""
LONG = 0.01
"""Seconds after which a turn of the loop is long: then a request that is not answered at once counts for REQUESTS."""
PIECES = 256
"""Pieces of content that are taken in one turn, where they are small: a client may send a byte in each chunk."""
LONG_HEAD = 512
"""Bytes of a head from which on it is charged with what its query becomes, too."""
MAX_PIPELINE = 64
"""Requests of one connection that may be unanswered at once."""
MAX_CALLS = 4
"""Calls in threads of one connection that may be at work at once; from half of them on its answers say close."""
MAX_WORK = 256
"""Coroutine handlers and devices of one connection that may be at work at once, most of them behind their answers."""
HIGH_WATER = 65536
"""Bytes that the transport may hold before writers have to wait."""


class HttpProtocol(content.Content):
    """The protocol object of one connection, for a loop's `create_server`."""

    __slots__ = ("asked", "peer")

    def __init__(self, service: services.Service) -> None:
        content.Content.__init__(self, service)
        self.peer: Any = None
        self.asked = 0.0  # when the next turn was asked for, as the budget of one was used up

    # -- what the loop calls

    def connection_made(self, transport: Any) -> None:
        service = self.service
        self.connect(transport)
        self.peer = new_peer(transport, service.secure, self)
        transport.set_write_buffer_limits(HIGH_WATER)
        remote = self.peer.remote()
        if remote is None or service.aborted:  # it has reset the connection, and what it has sent would be nobody's
            self.abort()
            return
        self.host = remote[0] if isinstance(remote, tuple) else None
        refusal = service.admit(self, self.host)
        self.admitted = refusal == 0
        if refusal < 0:
            self.abort()
        elif refusal:
            self._refuse(refusal, "too many connections, try again later", {"retry-after": "1"})
        elif service.draining and service.secure:
            self.watch(LAST, LINGER)  # its handshake has taken till now
        elif service.draining:
            self.close_gracefully()
        else:
            self.watch(IN_HEAD, service.head_timeout)

    def data_received(self, data: bytes) -> None:
        if self.stopped or self.closing:
            self.drop(data)
            return
        if self.parser is None:
            self._take_parser()
        self.parser.feed(data)
        if self.parser.buffered >= FULL:
            self.filled()
        self.proceed()

    def eof_received(self) -> bool:
        self.eof = True
        if self.closing or self.service.secure:
            # TLS 1.2 knows no half-closed connections; where something was lost, the sweep says how it ends
            return self.lost and not self.service.secure
        self.proceed()
        if not self.closing:
            sockopts.ask_whether_gone(self.transport.get_extra_info("socket"))
            self.leave_all()
        return True  # a half-closed client gets its answers

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is None:
            return
        if self.first is not None:
            self.peer.remote()  # for the log
        self.disconnect()
        self.stopped = True
        self.closing = True
        self.peer.transport = self.peer.connection = None
        # a handler may keep what leads here, and must not keep what has come with it
        self.receiver = None
        self.collected = None
        self.parser = None
        self.service.dismiss(self, self.host, False)
        if self.body is not None:
            self.body.fail("the client left before the end of the request's body")
            self.body = None
        self.incoming = None
        self.drop_output()
        try:
            self.cancel_all()
            self.wake()
            self.is_free()
        finally:
            self.vacate()

    # -- reading

    def proceed(self) -> None:
        """Reads requests and calls the handler until there is nothing to read or something to wait for."""
        if self.due:
            self._look_at_clock()
        if self.running or self.closing:
            return
        if self.parser is None:
            self._take_parser()
        parser = self.parser
        requests = REQUESTS
        counted = REQUESTS
        pieces = PIECES
        until = 0.0
        self.running = True
        is_idle = completed = False
        try:
            while not self.stopped:
                if (self.write_paused and not self.discarding) or (
                    (self.count > 1 or self.body is not None) and self._is_full()
                ):
                    if self.read_paused:
                        break
                    self.pause_reading()
                    continue  # what the collector ran there may have answered
                if requests != counted and parser.buffered > 0:
                    latest = self.last
                    if latest is not None and not latest.ended and not latest.incoming:
                        requests -= self.service.pending - 1
                    counted = requests
                    if until == 0:
                        until = monotonic() + SHARE
                    elif monotonic() > until:
                        requests = counted = 0
                if (requests <= 0 or pieces <= 0) and parser.buffered > 0:
                    self.pause_reading()
                    self.service.loop.call_soon(self.proceed)
                    self.due = True
                    self.asked = monotonic()
                    break
                if self.held:
                    if self.first is not None or not self._may_handle():
                        if self.read_paused:
                            break
                        self.pause_reading()
                        continue
                    self.held = self.overdue = False
                    requests -= 1
                    self._head()
                    continue
                # PERF: behind the last request of a read the parser has nothing to tell: 35 instructions less
                is_idle = requests != counted and parser.is_idle()
                event = NEED_DATA if is_idle else parser.next()
                if event == HEAD:
                    # RFC 9112, section 9.3.2: only safe requests may be handled side by side
                    if (self.first is None and not self.at_work) or self._may_handle():
                        requests -= 1
                        self._head()
                    else:
                        self.held = True
                elif event == NEED_DATA:
                    if self.eof:
                        self.stopped = True
                        self.discarding = 0  # the rest of a body that nobody reads will not come
                        if self.incoming is not None:
                            self._refuse(400, "the connection was closed before the end of the request's body", None)
                        break
                    if self.incoming is not None:
                        self._starved()
                    if self.read_paused:
                        self.read_paused = False
                        self.transport.resume_reading()
                    break
                elif event == BODY:
                    pieces -= 1
                    self._piece(parser.piece)
                elif event == END:
                    self._end()
                else:
                    self._refuse(parser.status, parser.reason, None)
            completed = True
        finally:
            self.running = False
            if not completed:
                # PERF: in an `except` it would cost each read 40 instructions
                self.lost = self.closing = True  # something of the message, or of an answer, may be missing
            request = self.service.request
            if request is not None:
                empty(request)
            self.flush(True)
        if self.held:
            self.arm_work_deadline()
            return
        if is_idle or parser.is_idle():
            self.service.parser = parser
            self.parser = None
        elif requests == REQUESTS and not (parser.buffered or self.stopped) and self.waits_for in (IDLE, IN_HEAD):
            parser.trim()
            return  # an empty line before the next request gives nobody more time
        else:
            self._keep_rest(parser, requests)
        self.arm_deadline()

    def _look_at_clock(self) -> None:
        """A turn that was asked for has come."""
        self.due = False
        if self.asked != 0:
            self.service.pending = REQUESTS if monotonic() - self.asked > LONG else PENDING
            self.asked = 0.0

    def _keep_rest(self, parser: Any, requests: int) -> None:
        """Part of a message has come, or of its successor, and `requests` are left of the budget of this turn."""
        if self.stopped and self.incoming is None and not self.discarding:
            self.unread = self.unread or parser.buffered > 0
            self.parser = None  # nothing of the rest is read, however long the answer takes
        elif not self.due and not self.closing:
            parser.trim()
            if requests < REQUESTS:
                self.waits_for = NOTHING  # the time of the next head begins anew

    def _may_handle(self) -> bool:
        """Whether the request whose head has come may be handled: others may not be answered, or be worked on still."""
        first = self.first
        parser = self.parser
        most = MAX_WORK
        if self.service.in_turn:
            if first is not None or self.is_free() or not self.overdue:  # most calls end in a moment
                return first is None and not self.at_work
            most = MAX_CALLS
        if self.at_work >= most // 2:
            parser.keep_alive = False  # the next request had better come on another connection than wait on this one
            if self.at_work >= most:
                return False
        if first is None:
            return True
        is_last = first.begun and first.close
        return SAFE >> parser.method & 1 and not parser.has_body and not first.unsafe and not is_last

    def _is_full(self) -> bool:
        """Whether no more may be read: of requests that wait for their answers, of answers that wait for their turn, of
        a body that waits for its handler.
        """
        count = self.count
        if count > 1 and (count >= MAX_PIPELINE or self.kept() >= HELD):
            return True
        body = self.body
        return body is not None and body.full()

    def _take_parser(self) -> None:
        service = self.service
        parser = service.parser
        self.parser = new_parser(service.config) if parser is None else parser
        service.parser = None

    def has_input(self) -> bool:
        return self.discarding > 0 or (self.parser is not None and self.parser.buffered > 0)

    def resume_requests(self) -> None:
        if self.held or self.read_paused or self.discarding:
            self.proceed_soon()
        if self.held:
            self.arm_work_deadline()
        else:
            self.arm_deadline()

    def _head(self) -> None:
        """A request's head is complete."""
        parser = self.parser
        service = self.service
        request = new_request(parser, self.peer, service.request)
        service.request = None
        exchange = self.enter(request, parser.minor, parser.keep_alive)
        method = parser.method
        exchange.unsafe = parser.has_body or not SAFE >> method & 1
        exchange.is_head = method == HEAD_METHOD
        exchange.is_connect = method == CONNECT
        exchange.weight = parser.fields_end - parser.method_start
        exchange.decoded = cost_of_query(parser) if exchange.weight > LONG_HEAD else 0
        if parser.has_body:
            exchange.incoming = True
            self.incoming = exchange
            self.collected = None
            self.seen = 0
            self.measured_at = 0.0
            self.expecting = parser.expect_continue
            request._body = None
            return
        if not parser.keep_alive:
            self.stopped = True
        if service.rate_limit:
            self.handle(exchange, request)
        else:
            dispatch(service, exchange, request)

    def handle(self, exchange: Any, request: Any) -> None:
        service = self.service
        if service.rate_limit and self.host is not None and service.over_rate(self.host):
            head = format_fields({"retry-after": "1"})
            answers.respond(exchange, 429, head, TEXT, b"too many requests, try again later\n", False)
            return
        dispatch(service, exchange, request)

    def _refuse(self, status: int, reason: str, fields: Any) -> None:
        """Answers with an error of the client's, after all earlier answers, and reads nothing more."""
        self.stopped = True
        self.unread = True
        if self.transport is None:
            return
        exchange = self.incoming
        has_status = exchange.begun if exchange is not None else self.discarding > 0
        client = address(self.peer.remote())
        self.service.remark(f"a request of {client} was cut" if has_status else f"{status} to {client}", reason)
        if self.transport is not None:
            self._answer_refused(status, reason, fields)

    def _answer_refused(self, status: int, reason: str, fields: Any) -> None:
        # read anew: what the log has called may have answered the request
        exchange = self.incoming
        request = None
        parser = self.parser
        is_head = parser is not None and parser.is_head()
        self.incoming = None
        if self.body is not None:
            self.body.fail(reason, True)
            self.body = None
        if exchange is not None:
            is_head = exchange.is_head  # RFC 9110, section 9.3.2: no content, not even a reason
            exchange.incoming = False
            exchange.close = True
            if exchange.begun:
                return
            # the handler's responder has nothing to answer any more; it is alone in the line
            self.first = self.last = None
            self.count = 0
            request = exchange.request  # for the access log
            exchange.cancel()
        elif self.discarding:
            self.close_gracefully()
            return
        exchange = self.enter(request, 1, False)
        exchange.is_head = is_head
        exchange.is_connect = exchange.unsafe = False
        head = None if fields is None else format_fields(fields)
        answers.respond(exchange, status, head, TEXT, reason.encode() + b"\n", False)

    def give_up(self, status: int, reason: str) -> None:
        self._refuse(status, reason, None)
        self.flush(False)

    def must_close(self, exchange: Any) -> bool:
        parser = self.parser
        if exchange.incoming and self.expecting:
            return True  # the client may or may not send the body now
        if exchange.incoming and not parser.chunked and parser.content_length - self.seen > DISCARDED:
            return True
        if not self.service.closes or exchange is not self.last or self.held or self.discarding > 0:
            return False  # what has been asked before is still answered
        return exchange.incoming or parser is None or not parser.has_begun()


def new_protocol(service: services.Service) -> HttpProtocol:
    """The protocol of a new connection of the server whose state is `service`."""
    return HttpProtocol(service)
