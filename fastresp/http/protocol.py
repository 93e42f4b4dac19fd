"""A connection of HTTP/1.1: reads requests, calls the handler, and knows when it is over.

All that one read brings is parsed, handled and answered in one go, and leaves in one write. Nothing grows without
bound: reading pauses while answers are pending, while the client reads slowly, and while a body waits for its handler.
A request that is not safe (RFC 9110, section 9.2.1), or has a body, waits until the answers before it are complete.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastresp.errors import BodyError
from fastresp.http import deadlines, linger, references
from fastresp.http.body import Body
from fastresp.http.codes import BODY, CONNECT, END, GET, HEAD, HEAD_METHOD, NEED_DATA, OPTIONS, TRACE
from fastresp.http.intake import new_intake, new_whole
from fastresp.http.names import address, describe
from fastresp.http.parser import new_parser
from fastresp.http.pipeline import IN_HEAD
from fastresp.http.request import empty, new_peer, new_request
from fastresp.http.responder import DONE, new_responder
from fastresp.response import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastresp.http import service as services

__all__ = ["HttpProtocol", "new_protocol"]

log = logging.getLogger("fastresp")

# The safe methods (RFC 9110, section 9.2.1), a bit for each of the parser's numbers.
SAFE = 1 << GET | 1 << HEAD_METHOD | 1 << OPTIONS | 1 << TRACE

MAX_PIPELINE = 64
"""Requests of one connection that may be unanswered at once."""
HIGH_WATER = 65536
"""Bytes that the transport may hold before writers have to wait."""
LARGE = 262144
"""Bytes of a body that are worth an intake."""
DISCARDED = 262144
"""Bytes of an unread body that are read and dropped to keep a connection; for more it is closed."""


class HttpProtocol(deadlines.Deadlines):
    """The protocol object of one connection, for a loop's `create_server`."""

    __slots__ = ("admitted", "body", "collected", "expecting", "held", "host", "intake", "parser", "peer")

    def __init__(self, service: services.Service) -> None:
        deadlines.Deadlines.__init__(self, service)
        self.parser: Any = None  # between two messages
        self.peer: Any = None
        self.host: Any = None
        self.admitted = False
        # the message that is being read
        self.body: Any = None  # what a coroutine handler reads it from
        self.collected: Any = None  # what has come of it for one who wants it whole: bytes, or a Whole
        self.intake: Any = None  # stands in for this protocol while a large body comes
        self.expecting = False  # the client waits for 100 Continue
        self.held = False  # a head is complete whose turn has not come

    # -- what the loop calls

    def connection_made(self, transport: Any) -> None:
        service = self.service
        self.connect(transport)
        self.peer = new_peer(transport, service.secure)
        transport.set_write_buffer_limits(HIGH_WATER)
        if service.max_per_host or service.rate_limit:
            remote = self.peer.remote()
            self.host = remote[0] if isinstance(remote, tuple) else None
        refusal = service.admit(self, self.host)
        self.admitted = refusal == 0
        if refusal:
            self._refuse(refusal, "too many connections, try again later", {"retry-after": "1"})
        elif service.draining:
            self.shut()
        else:
            self.watch(IN_HEAD, service.head_timeout)

    def data_received(self, data: bytes) -> None:
        if self.stopped:
            if self.closing:
                self.discarding += len(data)
                if self.discarding > DISCARDED:
                    self.abort()
            else:
                self.unread = True
                self.pause_reading()
            return
        if self.parser is None:
            self._take_parser()
        self.parser.feed(data)
        self.proceed()

    def eof_received(self) -> bool:
        self.eof = True
        if self.closing or self.service.secure:
            return False  # over TLS, who says farewell leaves: TLS 1.2 knows no half-closed connections
        self.proceed()
        if not self.closing:
            linger.ask_whether_gone(self.transport.get_extra_info("socket"))
        return True  # a half-closed client gets its answers

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is None:
            return
        self.disconnect()
        self.stopped = True
        self.closing = True
        self.peer.transport = None
        self.intake = None
        self.service.dismiss(self, self.host, self.admitted)
        if self.body is not None:
            self.body.fail(BodyError("the client left before the end of the request's body"))
            self.body = None
        self.incoming = None
        self.drop_output()
        self.cancel_all()
        self.wake()

    # -- reading

    def proceed(self) -> None:
        """Reads requests and calls the handler until there is nothing to read or something to wait for."""
        self.due = False
        if self.running or self.closing:
            return
        if self.parser is None:
            self._take_parser()
        parser = self.parser
        self.running = True
        try:
            while not self.stopped:
                if self.write_paused or self.count >= MAX_PIPELINE or (self.body is not None and self.body.full()):
                    self.pause_reading()
                    break
                if self.held:
                    if self.first is not None:
                        self.pause_reading()
                        break
                    self.held = False
                    self._head()
                    continue
                event = parser.next()
                if event == HEAD:
                    # RFC 9112, section 9.3.2: only safe requests may be handled side by side
                    if self.first is None or (
                        SAFE >> parser.method & 1 and not parser.has_body and not self.first.unsafe
                    ):
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
                    self._piece(parser.piece)
                elif event == END:
                    self._end()
                else:
                    self._refuse(parser.status, parser.reason, None)
        finally:
            self.running = False
            if self.service.request is not None:
                empty(self.service.request)
            self.flush(True)
        if not self.held and parser.is_idle():
            self.service.parser = parser
            self.parser = None
        self.rest()

    def _take_parser(self) -> None:
        service = self.service
        self.parser = service.parser or new_parser(service.config)
        service.parser = None

    def has_input(self) -> bool:
        return self.parser is not None and self.parser.buffered > 0

    def go_on(self) -> None:
        if self.held or self.read_paused or self.discarding:
            self.proceed_soon()
        self.rest()

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
        self._handle(exchange, request)

    def _piece(self, piece: bytes) -> None:
        """Some content has come."""
        self.seen += len(piece)
        if self.incoming is None:
            self.discarding -= len(piece)
            if self.discarding < 0:
                self.unread = True
                self.shut()
        elif self.collected is not None:
            self._whole().add(piece)
        elif self.body is not None:
            self.body.feed(piece)
        else:
            self.collected = piece

    def _whole(self) -> Any:
        """What has come, as one that grows."""
        first = self.collected
        if first is None or type(first) is bytes:
            self.collected = new_whole(self.parser.content_length)
            if first is not None:
                self.collected.add(first)
        return self.collected

    def gather(self, pieces: Iterable[bytes]) -> None:
        """The handler wants the rest of the body whole: its end will bring it, with these pieces before it."""
        whole = self._whole()
        for piece in pieces:
            whole.add(piece)

    def content_left(self) -> int:
        """How much content may come behind what is collected, and past the parser."""
        if self.stopped or self.collected is None or type(self.collected) is bytes:
            return 0
        left: int = self.parser.content_left()
        return left

    def content_received(self, count: int) -> None:
        """So much has come there."""
        self.seen += count
        self.parser.skip(count)
        if self.parser.content_left():
            self.rest()
        else:
            self.proceed()

    def _end(self) -> None:
        """The content is complete."""
        parser = self.parser
        if self.intake is not None:
            self.intake = None
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
        self._handle(exchange, request)

    def _starved(self) -> None:
        """All that was read is used up, and the body is not complete: a plain handler's body is collected, a coroutine
        handler is called now, and reads the rest itself.
        """
        if (
            (self.seen >= LARGE or self.parser.content_length - self.seen >= LARGE)
            and self.intake is None
            and not self.service.secure
        ):
            self.intake = new_intake(self)
            self.transport.set_protocol(self.intake)
            if not self.service.is_async:
                self._whole()
        if self.body is not None:
            return
        if not self.service.is_async:
            self._send_continue()
            return
        exchange = self.incoming
        request = exchange.request
        self.body = request._stream = Body(self)
        if self.collected is not None:
            whole = self.collected
            self.collected = None
            self.body.feed(whole if type(whole) is bytes else whole.take())
        self._handle(exchange, request)

    def want_body(self) -> None:
        """The handler waits for more of the request's body."""
        self._send_continue()
        if self.read_paused:
            self.proceed_soon()

    def _send_continue(self) -> None:
        if self.expecting:
            self.expecting = False
            if not self.incoming.begun:
                self.incoming.interim(100, None)

    def _handle(self, exchange: Any, request: Any) -> None:
        service = self.service
        if service.rate_limit and self.host is not None and service.over_rate(self.host):
            exchange.answer(429, {"retry-after": "1"}, TEXT, b"too many requests, try again later\n", False)
            return
        responder = new_responder(exchange, service.responder)
        service.responder = None
        try:
            result = service.handler(request, responder)
        except (Exception, SystemExit):  # who ends, ends this request, not the others' server
            log.exception("the handler failed on %s", describe(request))
            responder._fail()
            return
        except BaseException:
            responder._fail()
            raise
        if result is None:
            if not references.is_shared(request):
                service.request = request
            if not references.is_shared(responder) and responder._state == DONE:
                service.responder = responder
        elif hasattr(result, "__await__"):
            service.start(result, request, responder)

    def _refuse(self, status: int, reason: str, fields: Any) -> None:
        """Answers with an error of the client's, after all earlier answers, and reads nothing more."""
        self.stopped = True
        self.unread = True
        if self.transport is None:
            return
        self.service.remark(f"{status} to {address(self.peer.remote())}", reason)
        exchange = self.incoming
        is_head = False
        self.incoming = None
        if self.body is not None:
            error = BodyError(reason)
            error.told = True  # in the log, just now
            self.body.fail(error)
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
            exchange.cancel()
        elif self.discarding:
            self.shut()
            return
        exchange = self.enter(None, 1, False)
        exchange.is_head = is_head
        exchange.answer(status, fields, TEXT, reason.encode() + b"\n", False)

    def give_up(self, status: int, reason: str) -> None:
        self._refuse(status, reason, None)
        self.flush(False)

    def leave_body(self, exchange: Any) -> None:
        # the rest is dropped, if it is not much
        self.incoming = None
        self.expecting = False
        self.discarding = DISCARDED
        self.unread = exchange.close
        self.collected = None
        if self.body is not None:
            self.body.fail(BodyError("the request was answered before its body was read"))
            self.body = None
        exchange.incoming = False

    def must_close(self, exchange: Any) -> bool:
        if exchange.incoming:
            if self.expecting:
                return True  # the client may or may not send the body now
            if not self.parser.chunked and self.parser.content_length - self.seen > DISCARDED:
                return True
        # at the server's end, what has been asked before is still answered
        return self.service.draining and exchange is self.last and not self.held and not self.has_input()


def new_protocol(service: services.Service) -> HttpProtocol:
    """The protocol of a new connection of the server whose state is `service`."""
    return HttpProtocol(service)
