"""What RFC 9110 and 9112 say about the parts of a head: functions over the octets [i, j) of some bytes.

They hold no state and make no objects; what is not in the grammar is answered with a negative number. One rule keeps
them short: behind `j` stands an octet that no part can hold (SP, CR, "/", ...), so that a run of octets stops there.
"""

from __future__ import annotations

import re

from fastresp.headers import MAX_LENGTH
from fastresp.http1.codes import (
    CHUNKED,
    CLOSE,
    CONNECT,
    CONTINUE,
    DELETE,
    GET,
    HEAD_METHOD,
    KEEP_ALIVE,
    OPTIONS,
    OTHER,
    PATCH,
    POST,
    PUT,
    TRACE,
    UNKNOWN,
    UNMET,
    UPGRADE,
    WEBSOCKET,
)
from fastresp.wire import octets
from fastresp.wire.octets import (
    BACKSLASH,
    CLOSING,
    COLON,
    COMMA,
    CR,
    EQUALS,
    HTAB,
    LF,
    NINE,
    OPENING,
    PERCENT,
    QUESTION,
    QUOTE,
    SEMICOLON,
    SLASH,
    SP,
    ZERO,
)
from fastresp.wire.octets import HEX as _HEX
from fastresp.wire.octets import QUOTED as _QUOTED
from fastresp.wire.octets import REG_NAME as _REG_NAME
from fastresp.wire.octets import SCHEME as _SCHEME
from fastresp.wire.octets import TOKEN as _TOKEN
from fastresp.wire.octets import VALUE as _VALUE

__all__ = [
    "chunk_extensions_end",
    "content_length",
    "expectation",
    "field_fault",
    "host_end",
    "method_code",
    "target_authority",
    "transfer_codings",
]

TOKEN, VALUE, SCHEME, REG_NAME, QUOTED, HEX = _TOKEN, _VALUE, _SCHEME, _REG_NAME, _QUOTED, _HEX

# A zone names an interface of the client's and means nothing here. A client should leave it out (RFC 6874, section 4),
# but http.client sends it, as "%eth0" or as the "%25eth0" of URIs.
_IP_V6 = re.compile(rb"([0-9A-Fa-f:.]+)(?:%(?:25)?[-._~0-9A-Za-z]+)?")
_IP_V_FUTURE = re.compile(rb"[vV][0-9A-Fa-f]+\.[-._~!$&'()*+,;=:0-9A-Za-z]+")


def method_code(p: bytes, i: int, size: int) -> int:
    """The number of the method."""
    code = OTHER
    if size == 3:
        code = GET if octets.equal(p, i, b"GET", 3) else PUT if octets.equal(p, i, b"PUT", 3) else OTHER
    elif size == 4:
        code = POST if octets.equal(p, i, b"POST", 4) else HEAD_METHOD if octets.equal(p, i, b"HEAD", 4) else OTHER
    elif size == 5:
        code = PATCH if octets.equal(p, i, b"PATCH", 5) else TRACE if octets.equal(p, i, b"TRACE", 5) else OTHER
    elif size == 6:
        code = DELETE if octets.equal(p, i, b"DELETE", 6) else OTHER
    elif size == 7:
        code = OPTIONS if octets.equal(p, i, b"OPTIONS", 7) else CONNECT if octets.equal(p, i, b"CONNECT", 7) else OTHER
    return code


def host_end(p: bytes, i: int, j: int) -> int:
    """Where the host ends if [i, j) is uri-host [":" port] (RFC 9110, section 7.2), else -1."""
    if i < j and p[i] == OPENING:
        end = i + 1
        while end < j and p[end] != CLOSING:
            end += 1
        if end == j or not is_ip_literal(p[i + 1 : end]):
            return -1
        end += 1
    else:
        end = octets.run_end(REG_NAME, p, i)
        while end + 2 < j and p[end] == PERCENT and HEX[p[end + 1]] < 16 and HEX[p[end + 2]] < 16:
            end = octets.run_end(REG_NAME, p, end + 3)
    if end == j:
        return end
    if p[end] != COLON:
        return -1
    port = 0
    i = end + 1
    while i < j:
        port = port * 10 + p[i] - ZERO
        if p[i] < ZERO or p[i] > NINE or port > 65535:
            return -1
        i += 1
    return end


def is_ip_literal(text: bytes) -> bool:
    """Whether it may stand in brackets (RFC 3986, section 3.2.2), or is an IPv6 address with a zone."""
    match = _IP_V6.fullmatch(text)
    if match is None:
        return _IP_V_FUTURE.fullmatch(text) is not None
    from ipaddress import IPv6Address  # most servers never see such a host

    try:
        IPv6Address(match[1].decode("ascii"))
    except ValueError:
        return False
    return True


def target_authority(p: bytes, i: int, j: int) -> int:
    """Where the authority of an absolute URI starts, -1 if [i, j) is none, -2 if its authority is not host [":" port].

    So userinfo is refused, as RFC 9110 (section 4.2.4) wants it in http URIs from an untrusted source.
    """
    start = octets.run_end(SCHEME, p, i)
    if not (97 <= p[i] | 32 <= 122 and start + 2 < j and octets.equal(p, start, b"://", 3)):
        return -1
    start += 3
    end = authority_end(p, start, j)
    return start if host_end(p, start, end) > start else -2


def authority_end(p: bytes, i: int, j: int) -> int:
    """Where the authority that starts at `i` ends: at the path, the query, or `j`."""
    while i < j and p[i] != SLASH and p[i] != QUESTION:
        i += 1
    return i


def list_options(p: bytes, i: int, j: int) -> int:
    """CLOSE, KEEP_ALIVE, UPGRADE and WEBSOCKET as far as a list of tokens names them: a value of connection, or of
    upgrade (RFC 9110, sections 7.6.1 and 7.8). Others say nothing.
    """
    options = 0
    while i < j:
        word = i
        end = octets.run_end(TOKEN, p, i)
        i = white_end(p, end)
        if i >= j or p[i] == COMMA:
            if end - word == 5 and octets.same(p, word, b"close", 5):
                options |= CLOSE
            elif end - word == 10 and octets.same(p, word, b"keep-alive", 10):
                options |= KEEP_ALIVE
            elif end - word == 7 and octets.same(p, word, b"upgrade", 7):
                options |= UPGRADE
            elif end - word == 9 and octets.same(p, word, b"websocket", 9):
                options |= WEBSOCKET
        while i < j and p[i] != COMMA:
            i += 1
        i = white_end(p, i + 1) if i < j else j
    return options


def content_length(p: bytes, i: int, j: int) -> int:
    """The number in digits; -1 if it is none, -2 if it is above 2**62 (RFC 9110, section 8.6)."""
    if i == j:
        return -1
    length = 0
    while i < j:
        digit = p[i] - ZERO
        if digit < 0 or digit > 9:
            return -1
        if length > (MAX_LENGTH - digit) // 10:
            return -2
        length = length * 10 + digit
        i += 1
    return length


def transfer_codings(p: bytes, i: int, j: int, before: int) -> int:
    """`before` (the flags of earlier lines) with CHUNKED and UNKNOWN; -1 if malformed, -2 if something follows chunked.

    RFC 9112, section 6.1. An empty list element is refused: what others read differently is a way to smuggle.
    """
    codings = before
    while True:
        end = octets.run_end(TOKEN, p, i)
        if end == i:
            return -1
        if codings & CHUNKED:
            return -2
        coding = CHUNKED if end - i == 7 and octets.same(p, i, b"chunked", 7) else UNKNOWN
        codings |= coding
        i = white_end(p, end)
        if i >= j or (p[i] == SEMICOLON and coding == UNKNOWN):
            return codings  # what parameters an unknown coding has does not matter any more
        if p[i] != COMMA:
            return -1
        i = white_end(p, i + 1)


def expectation(p: bytes, i: int, j: int) -> int:
    """RFC 9110, section 10.1.1."""
    return CONTINUE if j - i == 12 and octets.same(p, i, b"100-continue", 12) else UNMET


def white_end(p: bytes, i: int) -> int:
    while p[i] == SP or p[i] == HTAB:
        i += 1
    return i


def chunk_extensions_end(p: bytes, i: int) -> int:
    """Where the chunk extensions that start at `i` end, or -1. A CR stands behind them (RFC 9112, section 7.1.1)."""
    while p[i] != CR:
        i = white_end(p, i)
        if p[i] != SEMICOLON:
            return -1
        start = white_end(p, i + 1)
        i = octets.run_end(TOKEN, p, start)
        if i == start:
            return -1
        start = white_end(p, i)
        if p[start] != EQUALS:
            continue  # white space here is the next extension's
        start = white_end(p, start + 1)
        if p[start] != QUOTE:
            i = octets.run_end(TOKEN, p, start)
            if i == start:
                return -1
            continue
        i = octets.run_end(QUOTED, p, start + 1)
        while p[i] == BACKSLASH:
            if VALUE[p[i + 1]] == 0:
                return -1
            i = octets.run_end(QUOTED, p, i + 2)
        if p[i] != QUOTE:
            return -1
        i += 1
    return i


def field_fault(p: bytes, i: int) -> str:
    """What is wrong with the field line that starts at `i` and has an LF (RFC 9112, section 5)."""
    end = octets.run_end(TOKEN, p, i)
    if p[end] == COLON and end > i:
        end = octets.run_end(VALUE, p, end + 1)
        if p[end] == LF or p[end] == CR:
            return "a field line does not end with CRLF, or has a CR or LF in it"
        return "a field value has a control character in it"
    if p[end] == COLON:
        return "a field line has no name"
    if p[end] == SP or p[end] == HTAB:
        if end == i:
            return "a field line starts with white space"
        if p[white_end(p, end)] == COLON:
            return "a field name has white space before its colon"
        return "a field name has white space in it"
    if p[end] == CR or p[end] == LF:
        return "a field line has no colon" if end > i else "a line of the head does not end with CRLF"
    return "a field name has a character that is not allowed"
