"""One exchange of HTTP/1.1: what each call of a responder puts on the wire (RFC 9112).

An exchange checks and formats; where its bytes go, and when, is its channel's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastresp.core import threads
from fastresp.core.device import PIECE
from fastresp.core.faults import report
from fastresp.core.names import describe
from fastresp.core.pages import FAULT
from fastresp.core.pump import start_measuring
from fastresp.errors import HeaderError, ResponderStateError
from fastresp.headers import (
    CONNECTION_CLOSE,
    HAS_CONNECTION,
    HAS_CONTENT_TYPE,
    HAS_DATE,
    HAS_SERVER,
    HAS_TRAILER,
    HAS_TRANSFER_ENCODING,
)
from fastresp.http1 import turn as turns
from fastresp.http1.turn import close_source
from fastresp.response import EMPTY, TEXT
from fastresp.status import CONTENT_FREE
from fastresp.wire.blocks import announced_in, without_field
from fastresp.wire.chunks import format_chunk, format_last_chunk
from fastresp.wire.headers import format_head
from fastresp.wire.status import line_of

if TYPE_CHECKING:
    from fastresp.core import service as services
    from fastresp.core.device import Source

__all__ = ["Http1Exchange", "new_exchange"]

NO_FIELDS = (b"", 0, -1)
# Content up to this size is copied behind its head, so that both leave in one piece; above, copying costs more.
COPIED = 65536
OWN_FIELDS = HAS_CONNECTION | HAS_DATE | HAS_SERVER


class Http1Exchange(turns.Turn):
    """A request's answer on an HTTP/1.1 connection, from nothing to complete.

    Bytes are put before it is `ended`: who runs in between must not find an answer that is complete, and unsent.
    """

    __slots__ = ()

    # -- what the responder calls

    def interim(self, status: int, head: Any) -> None:
        """RFC 9110, section 15.2. Not for HTTP/1.0, which knows none."""
        self.check_thread()
        if status == 101:
            raise ValueError(
                "101 Switching Protocols would end HTTP on this connection, and fastresp speaks nothing else on it"
            )
        block, facts, declared = NO_FIELDS if head is None else head
        if declared != -1 or facts & HAS_TRANSFER_ENCODING:
            raise ValueError(f"an informational response ({status}) has no content: leave out the fields that frame it")
        if self.minor and (status != 103 or self.service.early_hints):
            self._put([line_of(status) + block + b"\r\n"])

    def answer(self, status: int, head: Any, content_type: Any, data: bytes, bare: bool) -> None:
        """RFC 9112, section 6.3: framed by its content-length."""
        service = self.service
        if not threads.is_current(service.thread):  # PERF: no call where it is
            self.check_thread()
        channel = self.channel
        length = len(data)
        block, facts, declared = b"", 0, -1
        if head is not None:
            block, facts, declared = head
            if facts & HAS_CONTENT_TYPE:
                content_type = None
        # PERF: nearly every answer is of 200 to a method with content: 25 instructions less
        if (status != 200 or self.is_head or self.is_connect) and self._is_empty(status):
            data = b""
            if self._is_unmeasured(status):
                length = -1
                if declared != -1:
                    block, declared = without_field(block, b"content-length"), -1
            elif status == 205:
                length = 0
            elif status == 304 and bare:
                # what a 304 says of the content replaces what caches have stored: nothing is said in the handler's name
                length = -1
                if content_type == EMPTY:
                    content_type = None
        if facts:
            self._check_facts(facts)
            if declared != -1:
                self._check_length(declared, length, bare)
                length = -1
        if self.is_connect and 200 <= status < 300:
            self.close = True  # a tunnel was asked for, and HTTP ends there
        line = line_of(status)
        # PERF: as _tail would, whose call costs 40 instructions
        is_usual = not (facts or self.close or self.keep or self.incoming or service.closes)
        tail = service.tail if is_usual else self._tail(facts)
        if facts & HAS_CONNECTION:
            block = self._block(block, facts)
        is_small = len(data) <= COPIED
        size = channel.put_response(self, line, content_type, length, tail, data) if is_small and not block else 0
        if size:
            self._begin(status)
            self.sent += size
        else:
            message = format_head(line, block, content_type, length, tail, data if is_small else b"")
            self._put_whole(status, [message] if is_small else [message, data])
        self.ended = True
        channel.done(self)

    def answer_response(self, response: Any, status: int, head: Any, data: bytes) -> None:
        """As `answer`; the head up to the date is kept with the response."""
        _, facts, declared = head
        if self._is_empty(status) or (facts & HAS_CONNECTION and not facts & CONNECTION_CLOSE):
            self.answer(status, head, None, data, not data)
            return
        self.check_thread()
        if response._head_of is not head:
            if declared != -1:
                self._check_length(declared, len(data), False)
            self._check_facts(facts)
            length = len(data) if declared == -1 else -1
            response._head = format_head(line_of(status), head[0], None, length, b"", b"")
            response._head_of = head
        tail = self._tail(facts)
        message = format_head(response._head, b"", None, -1, tail, data if len(data) <= COPIED else b"")
        self._put_whole(status, [message] if len(data) <= COPIED else [message, data])
        self.complete()

    def _put_whole(self, status: int, pieces: list[bytes]) -> None:
        """Sends an answer, which nobody can give any more if that fails: then its connection ends."""
        channel = self.channel
        self._begin(status)
        self.ending = True
        completed = False
        try:
            self._put(pieces)
            completed = True
        finally:
            if not completed:
                channel.lost = channel.closing = True  # without a call, which the stack may not hold

    def answer_device(self, status: int, head: Any, content_type: Any, source: Any) -> None:
        """Framed by content-length where the device's size is known, chunked where it is not."""
        self.check_thread()
        self.plain = False  # the responder holds on to it: it must not serve another request
        block, facts, declared = NO_FIELDS if head is None else head
        self._check_facts(facts)
        if declared == -2:
            self._check_length(declared, 0, False)
        if facts & HAS_CONTENT_TYPE:
            content_type = None
        if source.is_measured:
            self.answer_source(status, block, facts, declared, content_type, source)
            return
        format_head(b"", b"", content_type, -1, b"", b"")  # a bad type must be found before the handler has returned
        self.source = source
        self.pump = start_measuring(self, source, (status, block, facts, declared, content_type))

    def answer_source(
        self, status: int, block: bytes, facts: int, declared: int, content_type: Any, source: Source
    ) -> None:
        """As `answer_device`, when the device is measured."""
        channel = self.channel
        try:
            if source.size is None and declared >= 0:
                source.size = declared
            length = -1 if source.size is None else source.size
            if declared != -1:
                self._check_length(declared, length, False)
            is_empty = self._is_empty(status)
            first = None
            if 0 <= length <= PIECE and not is_empty and channel.is_turn(self):
                first = source.read_now(length)  # not before its turn: it would be held
            stated = length if declared == -1 else -1
            self._start(status, block, facts, content_type, stated, length < 0, first or b"")
        except BaseException:
            close_source(source)
            raise
        if is_empty or length == 0 or (first is not None and len(first) == length):
            close_source(source)
            self.finish()
            return
        if first:
            source.size = length - len(first)
        self.source = source
        if channel.is_turn(self):
            self.read_device()

    def refuse_device(self, error: Exception) -> None:
        what = describe(self.request)
        self.answer(500, None, TEXT, FAULT, False)
        report("%s can't be answered: %s", what, error)

    def begin(self, status: int, head: Any, content_type: Any, trailer_names: list[bytes], sized: bool) -> None:
        """RFC 9112, sections 6.2 and 7.1; to an HTTP/1.0 client, what states no length ends with the connection."""
        self.check_thread()
        self.plain = False  # even if nothing comes of it
        block, facts, declared = NO_FIELDS if head is None else head
        if sized:
            if declared < 0:
                self._check_length(-2, 0, False)
        elif declared != -1:
            raise ValueError("a chunked answer has no content-length: its end is its last chunk")
        self._check_facts(facts)
        if facts & HAS_CONTENT_TYPE:
            content_type = None
        announced = announced_in(trailer_names, block if facts & HAS_TRAILER else b"")
        if facts & HAS_TRAILER and not self.minor:
            block = without_field(block, b"trailer")
        trailer = b"trailer: " + b", ".join(trailer_names) + b"\r\n" if trailer_names and self.minor else b""
        self.trailer_names = announced
        self._start(status, block, facts, content_type, -1, not sized, b"", trailer)
        self.remaining = declared
        if self.dropped_content:
            # its head is the whole answer, and the next one need not wait for whom nothing would tell that it is over
            self.complete()

    def chunk(self, data: bytes) -> None:
        self.check_thread()
        self._check_begun("write_chunk()")
        self._check_room(len(data))
        self._put_content(data, None)

    def end(self, data: bytes, trailers: Any) -> None:
        self.check_thread()
        self._check_begun("write_end_chunked()")
        last = b"0\r\n\r\n"
        if trailers is not None:
            for name, _ in trailers._fields:
                if name.lower() not in self.trailer_names:
                    raise HeaderError(
                        f"the trailer {name.decode('latin-1')!r} was not announced: name it in write_begin_chunked()"
                    )
            last = format_last_chunk(trailers)
        if self.ended:
            return
        self._check_room(len(data))
        if self.remaining > len(data):
            raise ValueError(f"the content ends {self.remaining} bytes before its content-length says")
        self._put_content(data, last)

    def _check_room(self, size: int) -> None:
        """Content whose length is stated may have so many bytes more."""
        if 0 <= self.remaining < size and not self.dropped_content:
            more = size - self.remaining
            raise ValueError(f"the content is longer than its content-length says, by {more} bytes or more")

    def _put_content(self, data: bytes, last: bytes | None) -> None:
        """Sends content and, unless it is None, what ends it. Where that fails the connection ends: it has a gap."""
        channel = self.channel
        completed = False
        try:
            if self.remaining >= 0:
                self.remaining -= len(data)
            self.ending = last is not None
            self.content(data)
            if last is not None:
                if self.chunked:
                    self._put([last])
                self.complete()
            completed = True
        finally:
            if not completed:
                channel.lost = channel.closing = True

    # -- what the pump calls

    def content(self, data: bytes) -> None:
        """A piece of content, framed as the head said."""
        if not data or self.dropped_content or self.gone or self.ended:
            return
        if not self.chunked:
            self._put([data])
        elif len(data) <= COPIED:
            self._put([format_chunk(data)])
        else:
            self._put([b"%x\r\n" % len(data), data, b"\r\n"])

    def release_source(self) -> None:
        """The device is measured, and whoever answers with it owns it."""
        self.pump = None
        self.source = None

    def unmeasured(self, error: Exception) -> None:
        """The device failed as it was measured, or the answer with it as it began."""
        self.pump = None
        self.source = None
        if self.gone:
            return
        if not self.begun:
            self.refuse_device(error)
            return
        if not self.ended:
            self.break_off()
        report("an answer was broken off: %s", error)

    def finish(self) -> None:
        """The device has been read to its end."""
        self.pump = None
        self._put_content(b"", b"0\r\n\r\n")

    # -- the parts of a head

    def _start(
        self,
        status: int,
        block: bytes,
        facts: int,
        content_type: Any,
        length: int,
        chunked: bool,
        first: bytes,
        trailer: bytes = b"",
    ) -> None:
        """Sends a head, framed by its length or in chunks, and the first of the content with it."""
        if self._is_empty(status):
            self.dropped_content = True
            if self.is_connect and 200 <= status < 300:
                self.close = True  # as in answer
                length = -1
                block = without_field(block, b"content-length")
            elif status == 205:
                length = 0
            if status in CONTENT_FREE or self._is_unmeasured(status):
                chunked = False
        if chunked and not self.minor:
            self.close = True
            # without framing, only a reset tells a broken answer from a complete one
            self.reset = True
            chunked = False
        coding = b"transfer-encoding: chunked\r\n" if chunked else b""
        tail = trailer + coding + self._tail(facts)
        if facts & HAS_CONNECTION:
            block = self._block(block, facts)
        message = format_head(line_of(status), block, content_type, length, tail, first)
        self.chunked = chunked and not self.dropped_content
        self._put([message])
        self._begin(status)  # not before: no chunk may overtake it

    def _tail(self, facts: int) -> bytes:
        service = self.service
        if facts & CONNECTION_CLOSE:
            self.close = True
        elif self.incoming or service.closes:
            channel = self.channel
            if channel.must_close(self):
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

    def _is_empty(self, status: int) -> bool:
        """Whether an answer of this status to this request has no content (RFC 9110, section 6.4.1)."""
        return self.is_head or status in CONTENT_FREE or self._is_unmeasured(status)

    def _is_unmeasured(self, status: int) -> bool:
        """Whether it states no content-length, to GET either (RFC 9110, sections 8.6, 15.3.5 and 9.3.6)."""
        return status == 204 or (self.is_connect and 200 <= status < 300)

    def _check_length(self, declared: int, length: int, bare: bool) -> None:
        """The handler's own content-length has to be right; where only a head is sent, it knows best."""
        if declared == -2:
            raise ValueError("the content-length among the headers is not one whole number")
        if declared != length and not (bare and (self.is_head or length < 0)):
            raise ValueError(f"the content-length among the headers is {declared}, but the content has {length} bytes")

    def _check_begun(self, call: str) -> None:
        if not self.begun:
            raise ResponderStateError(f"{call}: write_begin_chunked() is still at work, and its head comes first")

    def _check_facts(self, facts: int) -> None:
        if facts & HAS_TRANSFER_ENCODING:
            raise ValueError("transfer-encoding is fastresp's to choose: leave it out of the headers")


def new_exchange(service: services.Service) -> Http1Exchange:
    """An exchange of this server's, to be opened."""
    exchange = Http1Exchange.__new__(Http1Exchange)
    exchange.set_up(service)
    return exchange
