"""One exchange of HTTP/1.1: what each call of a responder puts on the wire (RFC 9112).

An exchange checks and formats; where its bytes go, and when, is its channel's business.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastresp.errors import HeaderError
from fastresp.headers import (
    CONNECTION_CLOSE,
    FORBIDDEN_TRAILERS,
    HAS_CONNECTION,
    HAS_CONTENT_TYPE,
    HAS_DATE,
    HAS_SERVER,
    HAS_TRAILER,
    HAS_TRANSFER_ENCODING,
    Headers,
    field_name,
)
from fastresp.http import turn as turns
from fastresp.http.device import PIECE, DeviceError, discard, open_source
from fastresp.http.names import describe
from fastresp.http.pump import start_measuring
from fastresp.response import EMPTY
from fastresp.wire.chunks import format_chunk, format_last_chunk
from fastresp.wire.headers import format_fields, format_head
from fastresp.wire.status import line_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastresp.http import service as services
    from fastresp.http.device import Source

__all__ = ["Http1Exchange", "new_exchange"]

log = logging.getLogger("fastresp")

# Content up to this size is copied behind its head, so that both leave in one piece; above, copying costs more.
COPIED = 65536
OWN_FIELDS = HAS_CONNECTION | HAS_DATE | HAS_SERVER


class Http1Exchange(turns.Turn):
    """A request's answer on an HTTP/1.1 connection, from nothing to complete."""

    __slots__ = ()

    # -- what the responder calls

    def interim(self, status: int, fields: Any) -> None:
        """RFC 9110, section 15.2. Not for HTTP/1.0, which knows none."""
        if status == 101:
            raise ValueError(
                "101 Switching Protocols would end HTTP on this connection, and fastresp speaks nothing else on it"
            )
        block, facts, declared = (b"", 0, -1) if fields is None else format_fields(fields)
        if declared != -1 or facts & HAS_TRANSFER_ENCODING:
            raise ValueError(f"an informational response ({status}) has no content: leave out the fields that frame it")
        if self.minor:
            self._put(line_of(status) + block + b"\r\n")

    def answer(self, status: int, fields: Any, content_type: Any, data: bytes, bare: bool) -> None:
        """RFC 9112, section 6.3: framed by its content-length."""
        length = len(data)
        facts = 0
        block = b""
        if self._is_empty(status):
            length, content_type, fields = self._without_content(status, fields, content_type, length, bare)
            data = b""
        if fields is not None:
            block, facts, declared = format_fields(fields)
            if facts:
                self._check_facts(facts)
                if facts & HAS_CONTENT_TYPE:
                    content_type = None
                if declared != -1:
                    self._check_length(declared, length, bare)
                    length = -1
        line = line_of(status)
        tail = self._tail(facts)
        is_small = len(data) <= COPIED
        size = self.channel.put_head(self, line, content_type, length, tail, data) if is_small and not block else 0
        if size:
            self._begin(status)
            self.ended = True
            self.sent += size
        else:
            message = format_head(line, block, content_type, length, tail, data if is_small else b"")
            self._begin(status)
            self.ended = True
            self._put(message)
            if not is_small:
                self._put(data)
        self.channel.done(self)

    def answer_response(self, response: Any) -> None:
        """As `answer`; the head up to the date is kept with the response."""
        status = response._status
        data = response._data
        if self._is_empty(status):
            self.answer(status, response._headers, None, data, not data)
            return
        formatted = format_fields(response._headers)
        _, facts, declared = formatted
        if response._head_of is not formatted:
            if declared != -1:
                self._check_length(declared, len(data), False)
            self._check_facts(facts)
            length = len(data) if declared == -1 else -1
            response._head = format_head(line_of(status), formatted[0], None, length, b"", b"")
            response._head_of = formatted
        self._begin(status)
        self.ended = True
        if len(data) <= COPIED:
            self._put(format_head(response._head, b"", None, -1, self._tail(facts), data))
        else:
            self._put(response._head + self._tail(facts))
            self._put(data)
        self.channel.done(self)

    def answer_device(self, status: int, fields: Any, content_type: Any, device: Any) -> None:
        """Framed by content-length where the device's size is known, chunked where it is not."""
        self.plain = False  # the responder holds on to it: it must not serve another request
        if self._has_no_length(status):
            discard(device)
            self.answer(status, fields, content_type, b"", False)
            return
        try:
            block, facts, declared = (b"", 0, -1) if fields is None else format_fields(fields)
            self._check_facts(facts)
            if declared == -2:
                self._check_length(declared, 0, False)
            if facts & HAS_CONTENT_TYPE:
                content_type = None
            format_head(b"", b"", content_type, -1, b"", b"")  # a bad type must be found before the device is opened
        except BaseException:
            discard(device)
            raise
        try:
            source = open_source(device)
        except DeviceError as error:
            self._refuse_device(error)
            return
        if source.is_measured:
            self.answer_source(status, block, facts, declared, content_type, source)
        else:
            self.source = source
            self.pump = start_measuring(self, source, (status, block, facts, declared, content_type))

    def answer_source(
        self, status: int, block: bytes, facts: int, declared: int, content_type: Any, source: Source
    ) -> None:
        """As `answer_device`, when the device is open and measured."""
        try:
            if source.size is None and declared >= 0:
                source.size = declared
            length = -1 if source.size is None else source.size
            if declared != -1:
                self._check_length(declared, length, False)
            first = source.read_now(length) if 0 <= length <= PIECE and not self._is_empty(status) else None
            whole = length == 0 or (first is not None and len(first) == length)
            self._start(status, block, facts, content_type, length if declared == -1 else -1, length < 0, first or b"")
        except BaseException:
            source.close()
            raise
        if whole or self.dropped_content:
            source.close()
            self.finish()
            return
        if first:
            source.size = length - len(first)
        self.source = source
        if self.channel.is_turn(self):
            self.turn()

    def _refuse_device(self, error: Exception) -> None:
        log.error("%s can't be answered: %s", describe(self.request), error)
        self.answer(500, None, EMPTY, b"", True)

    def begin(self, status: int, fields: Any, content_type: Any, trailer_names: Iterable[str | bytes]) -> None:
        """RFC 9112, section 7.1; to an HTTP/1.0 client, content that ends with the connection."""
        self.plain = False  # even if nothing comes of it
        block, facts, declared = (b"", 0, -1) if fields is None else format_fields(fields)
        if declared != -1:
            raise ValueError("a chunked answer has no content-length: its end is its last chunk")
        self._check_facts(facts)
        if facts & HAS_CONTENT_TYPE:
            content_type = None
        names = [field_name(name) for name in trailer_names]
        announced = {name.lower() for name in names}
        if facts & HAS_TRAILER:
            given = Headers(fields)
            for value in given.values("trailer"):
                announced.update([name.strip().lower().encode("latin-1") for name in value.split(",")])
            if not self.minor:
                given.remove_all("trailer")
                block = format_fields(given)[0]
        forbidden = announced & FORBIDDEN_TRAILERS
        if forbidden:
            raise HeaderError(
                f"the field {min(forbidden).decode('latin-1')!r} can't be a trailer (RFC 9110, section 6.5.1)"
            )
        trailer = b"trailer: " + b", ".join(names) + b"\r\n" if names and self.minor else b""
        self._start(status, block, facts, content_type, -1, True, b"", trailer)
        self.trailer_names = announced

    def chunk(self, data: bytes) -> None:
        self.content(data)

    def end(self, data: bytes, trailers: Any) -> None:
        last = b"0\r\n\r\n"
        if trailers is not None:
            trailers = Headers(trailers)
            for name, _ in trailers._fields:
                if name.lower() not in self.trailer_names:
                    raise HeaderError(
                        f"the trailer {name.decode('latin-1')!r} was not announced: name it in write_begin_chunked()"
                    )
            last = format_last_chunk(trailers)
        self.content(data)
        if self.chunked:
            self._put(last)
        self.ended = True
        self.channel.done(self)

    # -- what the pump calls

    def content(self, data: bytes) -> None:
        """A piece of content, framed as the head said."""
        if not data or self.dropped_content:
            return
        if not self.chunked:
            self._put(data)
        elif len(data) <= COPIED:
            self._put(format_chunk(data))
        else:
            self._put(b"%x\r\n" % len(data))
            self._put(data)
            self._put(b"\r\n")

    def release_source(self) -> None:
        """The device is measured, and whoever answers with it owns it."""
        self.pump = None
        self.source = None

    def unmeasured(self, error: Exception) -> None:
        """The device failed before anything was sent."""
        self.pump = None
        self.source = None
        self._refuse_device(error)

    def finish(self) -> None:
        """The device has been read to its end."""
        self.pump = None
        if self.chunked:
            self._put(b"0\r\n\r\n")
        self.ended = True
        self.channel.done(self)

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
                self.close = True  # as in _without_content
            elif status == 205:
                length = 0
            if status == 304 or self._has_no_length(status):
                chunked = False
        if chunked and not self.minor:
            self.close = True
            # without framing, only a reset tells a broken answer from a complete one
            self.reset = True
            chunked = False
        coding = b"transfer-encoding: chunked\r\n" if chunked else b""
        tail = trailer + coding + self._tail(facts) if trailer or coding else self._tail(facts)
        message = format_head(line_of(status), block, content_type, length, tail, first)
        self.chunked = chunked and not self.dropped_content
        self._begin(status)
        self._put(message)

    def _tail(self, facts: int) -> bytes:
        service = self.service
        if facts & CONNECTION_CLOSE or ((self.incoming or service.draining) and self.channel.must_close(self)):
            self.close = True
        if facts & OWN_FIELDS:
            return service.tail_without(facts, self.close, self.keep)
        if self.close:
            return service.tail_close
        return service.tail_keep if self.keep else service.tail

    def _is_empty(self, status: int) -> bool:
        """Whether an answer of this status to this request has no content (RFC 9110, section 6.4.1)."""
        return self.is_head or status == 304 or self._has_no_length(status)

    def _has_no_length(self, status: int) -> bool:
        """Whether it would have none to GET either (RFC 9110, sections 15.3.5, 15.3.6 and 9.3.6)."""
        return status == 204 or status == 205 or (self.is_connect and 200 <= status < 300)

    def _without_content(
        self, status: int, fields: Any, content_type: Any, length: int, bare: bool
    ) -> tuple[int, Any, Any]:
        """The length to state, the type and the fields, for an answer that must not have content."""
        if status == 205 and not self.is_connect:
            return 0, content_type, fields
        if self._has_no_length(status):
            if self.is_connect:
                self.close = True  # a tunnel was asked for, and HTTP ends there
            if fields is not None:
                fields = Headers(fields)
                fields.remove_all("content-length")
            return -1, content_type, fields
        if status == 304 and bare:
            # what a 304 says of the content replaces what caches have stored: nothing is said in the handler's name
            return -1, None if content_type == EMPTY else content_type, fields
        return length, content_type, fields

    def _check_length(self, declared: int, length: int, bare: bool) -> None:
        """The handler's own content-length has to be right; where only a head is sent, it knows best."""
        if declared == -2:
            raise ValueError("the content-length among the headers is not one whole number")
        if declared != length and not (bare and (self.is_head or length < 0)):
            raise ValueError(f"the content-length among the headers is {declared}, but the content has {length} bytes")

    def _check_facts(self, facts: int) -> None:
        if facts & HAS_TRANSFER_ENCODING:
            raise ValueError("transfer-encoding is fastresp's to choose: leave it out of the headers")


def new_exchange(service: services.Service) -> Http1Exchange:
    """An exchange of this server's, to be opened."""
    exchange = Http1Exchange.__new__(Http1Exchange)
    exchange.set_up(service)
    return exchange
