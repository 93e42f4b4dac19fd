"""Bytes to lines: the input of a connection, and a strict scanner of request lines and field lines (RFC 9112).

A head that lies in one read is scanned once, left to right, and leaves numbers behind, no objects. The methods that
the way leads through (`_line`, `_fields`) know only what is right; whatever stops them goes to their `_refuse_...`,
which waits if the line's end has not come yet, and else says what is wrong. So a line is judged when it is whole or
longer than its limit, and the verdict does not depend on how the bytes were cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastresp.headers import MAX_LENGTH
from fastresp.http1 import grammar
from fastresp.http1.codes import (
    ABSOLUTE,
    ASTERISK,
    AUTHORITY,
    CONNECT,
    FAILED,
    FIELDS,
    HEAD_METHOD,
    LINE,
    NEED_DATA,
    OPTIONS,
    ORIGIN,
    OTHER,
    PROCEED,
    REFUSED,
    WEBSOCKET,
)
from fastresp.wire import octets
from fastresp.wire.octets import COLON, CR, HTAB, LF, NINE, SLASH, SP, STAR, ZERO
from fastresp.wire.octets import TARGET as _TARGET
from fastresp.wire.octets import TOKEN as _TOKEN
from fastresp.wire.octets import VALUE as _VALUE

if TYPE_CHECKING:
    from fastresp.config import Config

__all__ = ["Scanner"]

MAX_METHOD = 64
MAX_EMPTY_LINES = 8
MAX_PIECES = 64
MAX_PINNED = 4096  # bytes that a head, or what waits, may keep alive beside itself
HANDSHAKE = 22  # the first octet of a TLS record that opens a handshake, before the version's 3 (RFC 8446, section 5.1)

# The fields that stand once in a request, for two of them would mean two requests: a bit each.
CONTENT_TYPE, CONTENT_RANGE, AUTHORIZATION = 1, 2, 4

TOKEN, VALUE, TARGET = _TOKEN, _VALUE, _TARGET


class Scanner:
    """What a parser stands on: takes bytes by feed(), and finds out about one head after the other.

    The methods with a leading underscore are the parser's. They return PROCEED, NEED_DATA or FAILED.
    """

    # fmt: off
    __slots__ = (  # noqa: RUF023
        "buffered", "status", "reason", "data", "host_start", "host_end",
        "_max_target", "_max_field", "_max_fields", "_max_count", "_connect",
        "_state", "_buffer", "_start", "_pos", "_end", "_pieces", "_searched", "_partial", "_limit",
        "_empty_lines", "_method", "_method_size", "_target_size", "_target_host_at", "_target_host_size", "_minor",
        "_form", "_fields_at", "_count", "_hosts", "_host_at", "_host_size", "_length", "_codings", "_options",
        "_expect", "_once",
    )
    # fmt: on

    def __init__(self, config: Config) -> None:
        self._max_target = min(config.max_url_size, MAX_LENGTH - 1)
        self._max_field = min(config.max_header_field_size, MAX_LENGTH - 1)
        self._max_fields = min(config.max_header_size, MAX_LENGTH - 1)
        self._max_count = min(config.max_header_count, MAX_LENGTH - 1)
        self._connect = config.connect
        self._state = LINE
        # The bytes at hand: [_start, _end) of _buffer, of which those before _pos have been scanned, and _pieces.
        # What is noted while a head is scanned (`_..._at`) counts from _start, which moves when bytes are joined.
        self._buffer = b""
        self._start = self._pos = self._end = 0
        self._pieces: list[bytes] = []
        self._searched = 0  # so many of _pieces have no LF
        self._partial = False  # the line at _pos has no LF in _buffer ...
        self._limit = 0  # ... and may have so many bytes before it
        self._empty_lines = 0
        self._method = self._method_size = self._target_size = self._minor = self._form = 0
        self._target_host_at = self._target_host_size = 0
        self._fields_at = 0
        self._begin_fields()
        self.data = b""
        self.host_start = self.host_end = 0
        self.buffered = 0
        self.status = 0
        self.reason = ""

    def feed(self, data: bytes) -> None:
        """Take what was read. `data` is kept as it is, not copied. Raises TypeError if it is not bytes."""
        if type(data) is not bytes:
            raise TypeError(f"a parser is fed bytes, not {type(data).__name__}")
        piece: bytes = data
        size = len(piece)
        if size == 0 or self._state == REFUSED:
            return
        self.buffered += size
        if self._start == self._end and not self._pieces:
            self._buffer = data
            self._start = self._pos = 0
            self._end = size
            self._partial = False
        else:
            self._pieces.append(data)

    # ---- bytes

    def _gather(self) -> bool:
        """Join the pieces if the line that is waited for ends in them, or has grown longer than it may."""
        found = False
        while self._searched < len(self._pieces) and not found:
            piece = self._pieces[self._searched]
            found = octets.find(piece, LF, 0, len(piece)) >= 0
            self._searched += 1
        if not found and self.buffered - (self._pos - self._start) <= self._limit:
            if len(self._pieces) >= MAX_PIECES:  # of few bytes each they take twenty times the memory of their content
                self._pieces = [b"".join(self._pieces)]
                self._searched = 1
            return False
        self._join()
        return True

    def _join(self) -> None:
        """Make one buffer of what is left of it and the pieces."""
        rest = self._buffer[self._start : self._end]
        self._buffer = rest + b"".join(self._pieces) if rest or len(self._pieces) > 1 else self._pieces[0]
        self._pieces.clear()
        self._searched = 0
        self._partial = False
        self._pos -= self._start
        self._start = 0
        self._end = len(self._buffer)

    def _trim(self) -> None:
        size = self._end - self._start
        if len(self._buffer) - size > size + MAX_PINNED:
            self._buffer = self._buffer[self._start : self._end]
            self._pos -= self._start
            self._start = 0
            self._end = size
        if len(self.data) > MAX_PINNED:
            self.data = b""
            self.host_start = self.host_end = 0

    def _consume(self, pos: int) -> None:
        self.buffered -= pos - self._start
        self._start = self._pos = pos

    def _wait(self, limit: int) -> int:
        self._partial = True
        self._limit = limit
        return NEED_DATA

    def _fail(self, status: int, reason: str) -> int:
        self._state = REFUSED
        self._partial = False
        self.status = status
        self.reason = reason
        self._buffer = b""
        self._pieces.clear()
        self._start = self._pos = self._end = self.buffered = 0
        return FAILED

    def is_head(self) -> bool:
        """Whether the message that is being read, or was refused, is known to be a request of HEAD."""
        return self._method == HEAD_METHOD and (self._state == FIELDS or self._state == REFUSED)

    # ---- the request line (RFC 9112, section 3)

    def _line(self) -> int:
        p = self._buffer
        pos = self._pos
        end = self._end
        i = octets.run_end(TOKEN, p, pos)
        size = i - pos
        if 0 < size <= MAX_METHOD and i < end and p[i] == SP:
            j = octets.run_end(TARGET, p, i + 1)
            if (
                0 < j - i - 1 <= self._max_target
                and j + 10 < end
                and octets.equal(p, j, b" HTTP/1.", 8)
                and ZERO <= p[j + 8] <= NINE
                and p[j + 9] == CR
                and p[j + 10] == LF
            ):
                self._method = grammar.method_code(p, pos, size)
                self._method_size = size
                self._target_size = j - i - 1
                self._minor = 0 if p[j + 8] == ZERO else 1
                self._fields_at = j + 11 - pos
                self._pos = j + 11
                self._state = FIELDS
                self._begin_fields()
                self._target_host_at = -1
                if p[i + 1] == SLASH and self._method != CONNECT:
                    self._form = ORIGIN
                    return PROCEED
                return self._other_form(i + 1, j)
        return self._refuse_line()

    def _refuse_line(self) -> int:
        p = self._buffer
        pos = self._pos
        self._method = OTHER
        # A line with more bytes than this before its LF breaks a rule within them.
        limit = MAX_METHOD + 1 + self._max_target + 10
        lf = octets.find(p, LF, pos, self._end)
        if pos < self._end and p[pos] == HANDSHAKE:
            if self._end - pos == 1:
                return self._wait(1)
            if p[pos + 1] == 3:
                return self._fail(400, "a TLS handshake on a plain HTTP port")
        if lf < 0 and self._end - pos <= limit:
            return self._wait(limit)
        if lf == pos + 1 and p[pos] == CR:
            self._empty_lines += 1
            if self._empty_lines > MAX_EMPTY_LINES:
                return self._fail(400, "too many empty lines before the request line")
            self._consume(pos + 2)
            return PROCEED
        i = octets.run_end(TOKEN, p, pos)
        if i - pos > MAX_METHOD:
            return self._fail(501, "the method is longer than any that is known")
        if i == pos or p[i] != SP:
            return self._fail(400, "the request line does not start with a method and one space")
        self._method = grammar.method_code(p, pos, i - pos)
        j = octets.run_end(TARGET, p, i + 1)
        if j - i - 1 > self._max_target:
            return self._fail(414, "the request target is too long")
        if j == i + 1 or (p[j] != SP and p[j] != CR):
            return self._fail(400, "the request target is missing or has a character that is not allowed")
        if p[j] != SP:
            return self._fail(400, "the request line has no HTTP version")
        digits = lf - j == 10 and ZERO <= p[j + 6] <= NINE and ZERO <= p[j + 8] <= NINE
        if not digits or not octets.equal(p, j + 1, b"HTTP/", 5) or p[j + 7] != 46 or p[j + 9] != CR:
            return self._fail(400, "the request line does not end with one space, an HTTP version and CRLF")
        return self._fail(505, "the HTTP version is not supported")

    def _other_form(self, i: int, j: int) -> int:
        """The target [i, j) is not in origin-form, or its method is CONNECT (RFC 9112, sections 3.2.2 to 3.2.4)."""
        p = self._buffer
        if self._method == CONNECT:
            host = grammar.host_end(p, i, j)
            if host <= i or host + 1 >= j:
                return self._fail(400, "the target of CONNECT is not host:port")
            if not self._connect:
                return self._fail(501, "the method CONNECT is not supported")
            self._form = AUTHORITY
            self._target_host_at = i - self._start
            self._target_host_size = j - i
            return PROCEED
        if j - i == 1 and p[i] == STAR:
            if self._method != OPTIONS:
                return self._fail(400, "the target * is for OPTIONS only")
            self._form = ASTERISK
            return PROCEED
        authority = grammar.target_authority(p, i, j)
        if authority == -1:
            return self._fail(400, "the request target is neither a path nor an absolute URI")
        if authority < 0:
            return self._fail(400, "the authority of the request target is not a host with an optional port")
        self._form = ABSOLUTE
        self._target_host_at = authority - self._start
        self._target_host_size = grammar.authority_end(p, authority, j) - authority
        return PROCEED

    # ---- field lines of a head or of trailers (RFC 9112, sections 5 and 7.1.2)

    def _begin_fields(self) -> None:
        self._count = self._hosts = self._codings = 0
        self._length = -1
        self._expect = self._once = 0
        self._host_at = self._host_size = 0
        self._options = 0

    def _fields(self) -> int:
        p = self._buffer
        end = self._end
        pos = self._pos
        first = self._start + self._fields_at
        while True:
            i = octets.run_end(TOKEN, p, pos)
            if i + 1 >= end:
                break
            size = i - pos
            if size == 0 or p[i] != COLON:
                if size == 0 and p[i] == CR and p[i + 1] == LF and pos + 2 - first <= self._max_fields:
                    self._pos = pos
                    return PROCEED
                break
            i += 1
            while i < end and (p[i] == SP or p[i] == HTAB):
                i += 1
            j = octets.value_end(VALUE, p, i, end)
            if j + 1 >= end or p[j] != CR or p[j + 1] != LF:
                break
            if j - pos > self._max_field or j + 2 - first > self._max_fields or self._count >= self._max_count:
                break
            self._count += 1
            if (
                (size == 4 or size == 6 or size == 7 or size == 10 or 12 <= size <= 14 or size == 17)
                and self._state == FIELDS
                and self._note(pos, size, i, j) != PROCEED
            ):
                return FAILED
            pos = j + 2
        self._pos = pos
        return self._refuse_field()

    def _refuse_field(self) -> int:
        p = self._buffer
        pos = self._pos
        left = self._max_fields - (pos - self._start - self._fields_at) - 1
        limit = min(self._max_field + 1, left)
        lf = octets.find(p, LF, pos, self._end)
        if lf < 0 and self._end - pos <= limit:
            return self._wait(limit)
        if lf < 0 or lf - pos > limit:
            return self._fail(431, "a field is too long" if limit < left else "the fields together are too long")
        if self._count >= self._max_count:
            return self._fail(431, "there are too many fields")
        return self._fail(400, grammar.field_fault(p, pos))

    def _note(self, name: int, size: int, i: int, j: int) -> int:
        """Note what the field says, if it is one of those that framing needs; its value is in [i, j)."""
        p = self._buffer
        while j > i and (p[j - 1] == SP or p[j - 1] == HTAB):
            j -= 1
        if size == 4:
            if octets.same(p, name, b"host", 4):
                if self._hosts > 0:
                    return self._fail(400, "there is more than one Host field")
                if not self._is_host_of_before(i, j) and grammar.host_end(p, i, j) < 0:
                    return self._fail(400, "the Host field is not a host with an optional port")
                self._hosts = 1
                self._host_at = i - self._start
                self._host_size = j - i
        elif size == 10:
            if octets.same(p, name, b"connection", 10):
                self._options |= grammar.list_options(p, i, j) & ~WEBSOCKET
        elif size == 14:
            if octets.same(p, name, b"content-length", 14):
                if self._length >= 0:
                    return self._fail(400, "there is more than one Content-Length field")
                self._length = grammar.content_length(p, i, j)
                if self._length < 0:
                    too_large = self._length == -2
                    return self._fail(400, f"the Content-Length is {'too large' if too_large else 'not a number'}")
        elif size == 17:
            if octets.same(p, name, b"transfer-encoding", 17):
                self._codings = grammar.transfer_codings(p, i, j, self._codings)
                if self._codings < 0:
                    malformed = self._codings == -1
                    return self._fail(
                        400, "the Transfer-Encoding is malformed" if malformed else "chunked is not the last coding"
                    )
        elif size == 6:
            if octets.same(p, name, b"expect", 6):
                self._expect |= grammar.expectation(p, i, j)
        elif size == 7:
            if octets.same(p, name, b"upgrade", 7):
                self._options |= grammar.list_options(p, i, j) & WEBSOCKET
        elif size == 12:
            if octets.same(p, name, b"content-type", 12):
                return self._note_once(CONTENT_TYPE, "Content-Type")
        elif octets.same(p, name, b"content-range", 13):
            return self._note_once(CONTENT_RANGE, "Content-Range")
        elif octets.same(p, name, b"authorization", 13):
            return self._note_once(AUTHORIZATION, "Authorization")
        return PROCEED

    def _note_once(self, field: int, name: str) -> int:
        if self._once & field:
            return self._fail(400, f"there is more than one {name} field")
        self._once |= field
        return PROCEED

    def _is_host_of_before(self, i: int, j: int) -> bool:
        """Whether [i, j) is the host of the last head that was right, which has been judged."""
        size = self.host_end - self.host_start
        return j - i == size and octets.repeats(self._buffer, i, self.data, self.host_start, size)
