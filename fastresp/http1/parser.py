"""Bytes to requests: a strict, sans-IO parser of HTTP/1.1 (RFC 9112) that makes events, without callbacks or copies.

The scanner below it judges the lines of the head. Here they become a request: what its fields mean together, how its
content is framed (sections 6 and 7), and whether the connection goes on after it (section 9.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastresp.headers import MAX_LENGTH
from fastresp.http1 import grammar, scanner
from fastresp.http1.codes import (
    BODY,
    CHUNK_CR,
    CHUNK_DATA,
    CHUNK_LF,
    CHUNK_LINE,
    CLOSE,
    CONTENT,
    CONTINUE,
    END,
    FAILED,
    FIELDS,
    HEAD,
    KEEP_ALIVE,
    LAST,
    LINE,
    NEED_DATA,
    PROCEED,
    REFUSED,
    TRAILERS,
    UNKNOWN,
    UNMET,
    UPGRADE,
    WEBSOCKET,
)
from fastresp.http1.scanner import MAX_PINNED
from fastresp.wire import octets
from fastresp.wire.octets import CR, LF
from fastresp.wire.octets import HEX as _HEX

if TYPE_CHECKING:
    from fastresp.config import Config

__all__ = ["Parser", "new_parser"]

MAX_CHUNK_LINE = 4096
MAX_EXTENSIONS = 65536  # bytes of chunk extensions, and of long sizes, in one message: they cost work and carry nothing
MAX_DIGITS = 16  # of a chunk size, without leading zeros

HEX = _HEX


def new_parser(config: Config) -> Parser:
    """A parser for one connection, with the limits of `config`."""
    return Parser(config)


class Parser(scanner.Scanner):
    """Takes bytes by feed(), gives events by next(); not calling next() is the pause.

    next() returns NEED_DATA 0, HEAD 1, BODY 2 (the bytes are `piece`), END 3 (of a body; a message without one has
    none) or FAILED 4 (for ever: `status` and `reason` are for the answer). From HEAD to the next HEAD `data` and the
    offsets into it tell the request. Public attributes are to be read only.
    """

    # fmt: off
    __slots__ = (  # noqa: RUF023
        "method", "method_start", "method_end", "target_start", "target_end", "form", "minor",
        "fields_start", "fields_end", "keep_alive", "content_length", "chunked", "has_body",
        "expect_continue", "upgrade", "in_body", "piece", "trailers_data", "trailers_start", "trailers_end",
        "_max_body", "_remaining", "_chunk_total", "_extensions",
    )
    # fmt: on

    def __init__(self, config: Config) -> None:
        scanner.Scanner.__init__(self, config)
        self._max_body = min(config.max_body_size, MAX_LENGTH - 1)
        self._remaining = self._chunk_total = self._extensions = 0
        self.in_body = False
        self.method_start = self.method_end = self.target_start = self.target_end = 0
        self.fields_start = self.fields_end = 0
        self.method = self.minor = self.form = 0
        self.keep_alive = self.chunked = self.has_body = self.expect_continue = self.upgrade = False
        self.content_length = -1
        self.piece = b""
        self.trailers_data = b""
        self.trailers_start = self.trailers_end = 0

    def __reduce__(self) -> str:
        raise TypeError("a Parser can't be copied or pickled")

    def is_idle(self) -> bool:
        """Whether it stands between two messages and remembers nothing, so that it may serve another connection."""
        return self._state == LINE and self.buffered == 0 and self._empty_lines == 0

    def has_begun(self) -> bool:
        """Whether something of a message has come that is not over; empty lines before one are nothing of it."""
        if self._state != LINE:
            return True
        rest = self._buffer[self._start : self._end]
        return bool((rest + b"".join(self._pieces)).strip(b"\r\n"))

    def next(self) -> int:
        """The next event in what was fed."""
        while True:
            if self._partial and not self._gather():
                return NEED_DATA
            state = self._state
            if state == LINE:
                if self._pos == self._end and not self._pieces:
                    return NEED_DATA
                result = self._line()
            elif state == FIELDS:
                result = self._fields()
                if result == PROCEED:
                    return self._finish_head()
            elif state == TRAILERS:
                result = self._fields()
                if result == PROCEED:
                    return self._finish_trailers()
            elif state in (CONTENT, CHUNK_DATA):
                result = self._body()
            elif state == CHUNK_LINE:
                result = self._chunk_line()
            elif state in (CHUNK_CR, CHUNK_LF):
                result = self._chunk_end()
            elif state == LAST:
                return self._finish_message()
            else:
                return FAILED
            if result == PROCEED:
                continue
            if result != NEED_DATA or not self._pieces:
                return result

    def trim(self) -> None:
        """Keep no more of what was read than what waits: a client may leave a part of a message there for long."""
        self._trim()
        self.piece = b""

    def take_unparsed(self) -> bytes:
        """Give up what was read behind the message: it is not HTTP."""
        if self._pieces:
            self._join()
        rest = self._buffer[self._start : self._end]
        self._consume(self._end)
        return rest

    def content_left(self) -> int:
        """How many bytes will come that are content and nothing else, and next; 0 where each has to be looked at."""
        return self._remaining if self._state == CONTENT and self.buffered == 0 else 0

    def skip(self, count: int) -> None:
        """So many of these bytes have come, and were used without this parser. Raises ValueError beyond them."""
        if not 0 <= count <= self.content_left():
            raise ValueError(f"{count} bytes can't be skipped: {self.content_left()} are left of the content")
        self._remaining -= count
        if self._remaining == 0:
            self._state = LAST

    # ---- the message (RFC 9112, sections 3.2, 6 and 9.3)

    def _finish_head(self) -> int:
        start = self._start
        pos = self._pos + 2
        length = self._length
        chunked = self._codings != 0
        if self._hosts == 0 and self._minor > 0:
            return self._fail(400, "there is no Host field")
        if chunked:
            if self._minor == 0:
                return self._fail(400, "there is a Transfer-Encoding in HTTP/1.0")
            if length >= 0:
                return self._fail(400, "there are both a Content-Length and a Transfer-Encoding")
            if self._codings & UNKNOWN:
                return self._fail(501, "the transfer coding is not known")
        if self._expect & UNMET and self._minor > 0:
            return self._fail(417, "the expectation is not 100-continue")
        if length > self._max_body:
            return self._fail(413, "the content is too large")
        has_body = chunked or length > 0
        base = start
        if self._end - pos + start > MAX_PINNED:
            self.data = self._buffer[start:pos]
            base = 0
        else:
            self.data = self._buffer
        self.method = self._method
        self.minor = self._minor
        self.form = self._form
        self.method_start = base
        self.method_end = base + self._method_size
        self.target_start = self.method_end + 1
        self.target_end = self.target_start + self._target_size
        self.fields_start = base + self._fields_at
        self.fields_end = base + self._pos - start
        if self._target_host_at >= 0:
            self.host_start = base + self._target_host_at
            self.host_end = self.host_start + self._target_host_size
        else:
            self.host_start = base + self._host_at
            self.host_end = self.host_start + self._host_size
        self.keep_alive = not self._options & CLOSE and (self._minor > 0 or self._options & KEEP_ALIVE != 0)
        self.content_length = length
        self.chunked = chunked
        self.has_body = self.in_body = has_body
        self.expect_continue = self._expect == CONTINUE and self._minor > 0
        # what asks for a WebSocket (RFC 6455, section 4.1), and can get one: behind content it would be too late. Any
        # other protocol that is asked for, as h2c is by many clients, is one that is not spoken here.
        asks = self._options & (UPGRADE | WEBSOCKET) == UPGRADE | WEBSOCKET
        self.upgrade = asks and self.keep_alive and self._minor > 0 and not has_body
        if self.trailers_end > 0:
            self.trailers_data = b""
            self.trailers_end = 0
        self._empty_lines = 0
        self._consume(pos)
        if not has_body:
            self._state = LINE
            return HEAD
        self._remaining = length
        self._chunk_total = self._extensions = 0
        self._state = CHUNK_LINE if chunked else CONTENT
        return HEAD

    def _body(self) -> int:
        """Hand on what there is of the content, or of a chunk."""
        if self._pos == self._end:
            if not self._pieces:
                return NEED_DATA
            self._join()
        start = self._start
        end = min(self._end, start + self._remaining)
        self.piece = self._buffer if start == 0 and end == len(self._buffer) else self._buffer[start:end]
        self._remaining -= end - start
        self._consume(end)
        if end == self._end:
            self._buffer = b""
            self._start = self._pos = self._end = 0
        if self._remaining == 0:
            self._state = CHUNK_CR if self.chunked else LAST
        return BODY

    def _finish_message(self) -> int:
        self._state = LINE
        self.in_body = False
        self.piece = b""
        return END

    # ---- chunked (RFC 9112, section 7.1)

    def _chunk_line(self) -> int:
        p = self._buffer
        pos = self._pos
        end = self._end
        i = pos
        size = digits = 0
        while i < end:
            digit = HEX[p[i]]
            if digit > 15:
                break
            size = size * 16 + digit if size < MAX_LENGTH // 16 else MAX_LENGTH
            if size > 0:
                digits += 1
            i += 1
        j = i
        if i == pos or i - pos > MAX_CHUNK_LINE or i + 1 >= end or p[i] != CR or p[i + 1] != LF:
            j = self._chunk_extensions(i)
            if j < 0:
                return FAILED if self._state == REFUSED else NEED_DATA
        if digits > MAX_DIGITS:
            return self._fail(400, "a chunk size is too large to be true")
        if size > self._max_body - self._chunk_total:
            return self._fail(413, "the content is too large")
        if i - pos > MAX_DIGITS:
            self._extensions += i - pos
            if self._extensions > MAX_EXTENSIONS:
                return self._fail(400, "there are too many zeros in chunk sizes")
        self._consume(j + 2)
        if size == 0:
            self._fields_at = 0
            self._count = 0
            self._state = TRAILERS
            return PROCEED
        self._chunk_total += size
        self._remaining = size
        self._state = CHUNK_DATA
        return PROCEED

    def _chunk_extensions(self, i: int) -> int:
        """Where the chunk line ends whose size ends at `i`, or -1 if it is not all there, or refused."""
        p = self._buffer
        pos = self._pos
        lf = octets.find(p, LF, pos, self._end)
        if lf < 0 and self._end - pos <= MAX_CHUNK_LINE + 1:
            self._wait(MAX_CHUNK_LINE + 1)
            return -1
        fault = ""
        last = lf - 1
        if lf < 0 or last - pos > MAX_CHUNK_LINE:
            fault = "a chunk line is too long"
        elif i == pos:
            fault = "a chunk does not start with its size in hex digits"
        elif p[last] != CR:
            fault = "a chunk line does not end with CRLF"
        else:
            self._extensions += last - i
            if self._extensions > MAX_EXTENSIONS:
                fault = "there are too many chunk extensions"
            elif grammar.chunk_extensions_end(p, i) != last:
                fault = "a chunk size or extension is malformed"
        if fault:
            self._fail(400, fault)
            return -1
        return last

    def _chunk_end(self) -> int:
        if self._pos == self._end:
            if not self._pieces:
                return NEED_DATA
            self._join()
        p = self._buffer
        if p[self._pos] != (CR if self._state == CHUNK_CR else LF):
            return self._fail(400, "the data of a chunk is not followed by CRLF")
        self._consume(self._pos + 1)
        self._state = CHUNK_LF if self._state == CHUNK_CR else CHUNK_LINE
        return PROCEED

    def _finish_trailers(self) -> int:
        self.trailers_data = self._buffer[self._start : self._pos]
        self.trailers_end = len(self.trailers_data)
        self._consume(self._pos + 2)
        return self._finish_message()
