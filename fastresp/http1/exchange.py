"""One exchange of HTTP/1.1: what each call puts on the wire (RFC 9112), and what waits for earlier answers.

An exchange formats; where its bytes go, and when, is its connection's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastresp.core import answer as answers
from fastresp.core import exchange as exchanges
from fastresp.core import link as links
from fastresp.core import threads
from fastresp.core.exchange import CHUNKED
from fastresp.headers import CONNECTION_CLOSE, HAS_CONNECTION, HAS_DATE, HAS_SERVER, HAS_TRAILER
from fastresp.http1 import states
from fastresp.http1.link import new_link
from fastresp.http1.states import ASKED, UPGRADE
from fastresp.wire.blocks import without_field
from fastresp.wire.chunks import format_chunk, last_chunk, size_line
from fastresp.wire.headers import format_head
from fastresp.wire.status import line_of, line_with

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["Http1Exchange", "new_exchange"]

# Content up to this size is copied behind its head, so that both leave in one piece; above, copying costs more.
COPIED = 65536
OWN_FIELDS = HAS_CONNECTION | HAS_DATE | HAS_SERVER


class Http1Exchange(exchanges.Exchange):
    """A request on an HTTP/1.1 connection, and its answer, from nothing to complete.

    Bytes are put before it is `ended`: who runs in between must not find an answer that is complete, and unsent.
    """

    # fmt: off
    __slots__ = (
        "broken", "chunked", "close", "connection", "decoded", "ending", "held", "incoming", "keep", "minor", "next",
        "reset", "sent", "since", "status", "unsafe", "weight",
    )
    # fmt: on

    unsafe: bool

    def set_up(self, service: Any) -> None:
        """What an exchange is made with."""
        self.connection: Any = None
        self.gone = False
        self.lost = False
        self.dropped = False
        self.service = service
        self.broken = False
        self.chunked = False
        self.reset = False  # without framing, only a reset tells a broken answer from a complete one
        self.next: Any = None
        self.held: list[bytes] | None = None
        self.callbacks = None
        self.link = None
        self.progress = None
        self.reason = None
        # bytes of its request that are kept for it, and that these come to, decoded, while it is handled
        self.weight = 0
        self.decoded = 0

    def open(self, connection: Any, request: Any, minor: int, keep_alive: bool) -> None:
        """Make the exchange ready for an answer, also when it has served before; its caller says of what method."""
        self.connection = connection
        self.request = request
        self.minor = minor
        self.close = not keep_alive
        self.keep = keep_alive and minor == 0
        self.incoming = False
        self.begun = False
        self.ending = False  # what is put now is the last of it
        self.ended = False
        self.status = 0
        self.sent = 0
        # `since`, when the head of its request came, is set where there is an observer

    # -- the waist

    def interim(self, status: int, fields: Any) -> None:
        if self.minor:  # HTTP/1.0 knows none
            self._put([line_of(status) + (b"" if fields is None else fields[0]) + b"\r\n"])

    def respond(self, status: int, fields: Any, content_type: Any, length: int, data: bytes) -> None:
        connection = self.connection
        block, facts = b"", 0
        if fields is not None:
            block, facts, declared = fields
            if declared != -1:
                length = -1
        if self.is_connect and 200 <= status < 300:
            self.close = True  # a tunnel was asked for, and HTTP ends there
        line = line_of(status) if self.reason is None else self._line(status)
        # PERF: as _tail would, whose call costs 40 instructions
        is_usual = not (facts or self.close or self.keep or self.incoming or self.service.closes)
        tail = self.service.tail if is_usual else self._tail(facts)
        if facts & HAS_CONNECTION:
            block = self._block(block, facts)
        is_small = len(data) <= COPIED
        size = 0
        if is_small and not block and self.held is None and self is connection.pipeline.first:
            size = connection.output.gather_head(line, content_type, length, tail, data)
        if size:
            self.begun = True
            self.status = status
            self.sent += size
        else:
            message = format_head(line, block, content_type, length, tail, data if is_small else b"")
            self._put_whole(status, [message] if is_small else [message, data])
        self.ended = True
        connection.done(self)

    def respond_ready(self, response: Any, status: int, fields: Any, length: int, data: bytes) -> None:
        """The head up to the date is kept with the response."""
        connection = self.connection
        block, facts, declared = fields
        if facts & HAS_CONNECTION and not facts & CONNECTION_CLOSE:
            self.respond(status, fields, None, length, data)
            return
        if response._head_of is not fields:
            stated = length if declared == -1 else -1
            response._head = format_head(line_of(status), block, None, stated, b"", b"")
            response._head_of = fields
        is_small = len(data) <= COPIED
        message = format_head(response._head, b"", None, -1, self._tail(facts), data if is_small else b"")
        self._put_whole(status, [message] if is_small else [message, data])
        self.ended = True
        connection.done(self)

    def start(self, status: int, fields: Any, content_type: Any, length: int, trailer_names: list[bytes]) -> None:
        """To an HTTP/1.0 client, content of no stated length ends with the connection."""
        block, facts = b"", 0
        chunked = length == CHUNKED
        if fields is not None:
            block, facts, declared = fields
            if declared != -1:
                length = -1
        if self.is_connect and 200 <= status < 300:
            self.close = True  # as in respond
        if chunked and not self.minor:
            self.close = True
            self.reset = True
            chunked = False
        tail = b""
        if trailer_names and self.minor:
            tail = b"trailer: " + b", ".join(trailer_names) + b"\r\n"
        if facts & HAS_TRAILER and not self.minor:
            block = without_field(block, b"trailer")
        if chunked:
            tail += b"transfer-encoding: chunked\r\n"
        tail += self._tail(facts)
        if facts & HAS_CONNECTION:
            block = self._block(block, facts)
        line = line_of(status) if self.reason is None else self._line(status)
        message = format_head(line, block, content_type, max(length, -1), tail, b"")
        self.chunked = chunked and not self.is_head
        self._put([message])
        self.begun = True  # not before: no chunk may overtake it
        self.status = status

    def data(self, data: bytes) -> None:
        if not data or self.gone or self.ended:
            return
        if not self.chunked:
            self._put(data)
        elif len(data) <= COPIED:
            self._put(format_chunk(data))
        else:
            self._put([size_line(len(data)), data, b"\r\n"])

    def finish(self, data: bytes, trailers: Any) -> None:
        connection = self.connection
        if self.ended:
            return
        completed = False
        try:
            last = last_chunk(b"" if trailers is None else trailers[0])
            self.ending = True
            self.data(data)
            if self.chunked:
                self._put(last)
            self.ended = True
            connection.done(self)
            completed = True
        finally:
            if not completed:
                self.lost = True  # without a call, which the stack may not hold

    def may_upgrade(self) -> bool:
        connection = self.connection
        return connection is not None and connection.reading == ASKED and self is connection.pipeline.last

    def upgrade(self, protocol: bytes, fields: Any, session: links.Session) -> links.Link:
        connection = self.connection
        block = b"" if fields is None else fields[0]
        message = line_of(101) + block + b"upgrade: " + protocol + b"\r\nconnection: upgrade\r\n\r\n"
        link = new_link(connection, self, session)
        states.read(connection, UPGRADE)
        self.link = link
        self.close = True
        self.begun = True
        self.status = 101
        self._put([message])
        return link

    def abort(self) -> None:
        """End the connection in the middle of the answer: what was cut must never look complete."""
        connection = self.connection
        if not self.ended:
            self.ended = True
            self.broken = True
            self.close = True
            connection.done(self)

    def is_next(self) -> bool:
        connection = self.connection
        pipeline = connection.pipeline
        return pipeline.first is self

    def waiter(self) -> Any:
        self.check_thread()
        connection = self.connection
        # the collector may have run what ended it since the caller looked
        pipeline = None if connection is None or self.ended else connection.pipeline
        return None if pipeline is None else pipeline.waiter(self)

    def wake(self) -> None:
        self.check_thread()
        connection = self.connection
        if connection is not None:
            output = connection.output
            output.wake()

    def occupy(self, future: Any) -> bool:
        service = self.service
        connection = self.connection
        if connection is None or not threads.is_current(service.thread):
            return False
        connection.occupy(future)
        return True

    def begin_work(self) -> Any:
        connection = self.connection
        if connection is not None:
            connection.begin_work()
        return connection

    def occupied_by(self, end: Any) -> None:
        connection = self.connection
        if connection is not None:
            connection.begin_call(end)

    # -- what the connection calls

    def leave_request(self) -> None:
        """It is answered, and has to wait: its request need not, of which the handler may look at more yet."""
        request = self.request
        if request is not None and not self.incoming:
            service = self.service
            self.request = None if service.observer is None else service.observer.asked(request)

    def hold(self, pieces: list[bytes]) -> bool:
        """Keep bytes until all earlier answers are complete. False if the answer is."""
        # made first, here and elsewhere: making a list may run the collector, and so code that holds something, too,
        # or ends the answer
        fresh: list[bytes] = []
        if self.ended or self.gone:
            return False
        if self.held is None:
            self.held = fresh
        self.held += pieces
        return True

    def leave(self) -> None:
        """The client has closed its side: whoever asked is told, and may still answer."""
        self.left = True
        answers.tell_closed(self)

    def is_simple(self) -> bool:
        """Whether it was answered whole, at once, as the last in the line, and its end has nothing left to do."""
        return (
            self.ended
            and self.progress is None
            and not self.close
            and not self.incoming
            and self.next is None
            and self.held is None
            and self.callbacks is None
        )

    def release(self) -> None:
        """The exchange is over: answered whole, or given up."""
        if self.held is not None:
            self.held = None
        answers.release(self)

    def cancel(self) -> None:
        """The client is gone."""
        if not self.gone:
            self.gone = True
            self.release()

    # -- the parts

    def _put_whole(self, status: int, pieces: list[bytes]) -> None:
        """Send an answer, which nobody can give any more if that fails: then its connection ends."""
        self.begun = True
        self.status = status
        self.ending = True
        completed = False
        try:
            self._put(pieces)
            completed = True
        finally:
            if not completed:
                self.lost = True  # without a call, which the stack may not hold

    def _put(self, pieces: bytes | list[bytes]) -> None:
        """Send these pieces, or this one."""
        # PERF: ten chunks took x1.26 of the instructions with a list for each, and sets where there are no trailers
        connection = self.connection
        if connection is None or self.ended or self.lost:
            return  # the collector, which making the pieces may run, has run what ended it
        if type(pieces) is bytes:
            self.sent += len(pieces)
        else:
            for data in pieces:
                self.sent += len(data)  # type: ignore[arg-type]
        connection.put(self, pieces)

    def _line(self, status: int) -> bytes:
        """The status line, with the phrase that was meant for this status."""
        reason, self.reason = self.reason, None
        return line_with(status, reason[1]) if reason and reason[0] == status else line_of(status)

    def _tail(self, facts: int) -> bytes:
        service = self.service
        if facts & CONNECTION_CLOSE:
            self.close = True
        elif self.incoming or service.closes:
            connection = self.connection
            if connection.must_close(self):
                self.close = True
        if facts & OWN_FIELDS:
            if self.close and not facts & CONNECTION_CLOSE:
                facts &= ~HAS_CONNECTION
            return service.tail_without(facts, self.close, self.keep)
        if self.close:
            return service.tail_close
        return service.tail_keep if self.keep else service.tail

    def _block(self, block: bytes, facts: int) -> bytes:
        """The field lines, without a connection field that contradicts what is going to happen."""
        if self.close and not facts & CONNECTION_CLOSE:
            return without_field(block, b"connection")
        return block


def new_exchange(service: services.Service) -> Http1Exchange:
    """An exchange of this server's, to be opened."""
    exchange = Http1Exchange.__new__(Http1Exchange)
    exchange.set_up(service)
    return exchange
