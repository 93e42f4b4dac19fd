"""Header fields on the wire: `name: value CRLF`, checked and formatted, and the whole head in front of a body.

The fields are checked by fastresp.headers. The twin headers_c does the same with C buffers, and goes there only when it
meets something that is not plainly right.
"""

from __future__ import annotations

from fastresp.headers import (
    CONNECTION_CLOSE,
    HAS_CONNECTION,
    HAS_CONTENT_LENGTH,
    HAS_CONTENT_TYPE,
    HAS_DATE,
    HAS_SERVER,
    HAS_TRAILER,
    HAS_TRANSFER_ENCODING,
    MAX_LENGTH,
    OWS,
    Fields,
    Headers,
    Text,
    checked_fields,
    field_value,
)

__all__ = ["format_fields", "format_head", "format_headers"]

_FACTS = {
    b"connection": HAS_CONNECTION,
    b"content-length": HAS_CONTENT_LENGTH,
    b"content-type": HAS_CONTENT_TYPE,
    b"date": HAS_DATE,
    b"server": HAS_SERVER,
    b"trailer": HAS_TRAILER,
    b"transfer-encoding": HAS_TRANSFER_ENCODING,
}


def format_headers(pairs: Fields) -> bytes:
    r"""The field lines of `pairs` (Headers, a mapping, or pairs of str or bytes), without a blank line after them.

    Raises HeaderError for a name or value that must not go on the wire (RFC 9110, section 5), TypeError for no field.

    >>> format_headers({"content-type": "text/html"})
    b'content-type: text/html\r\n'
    """
    return format_fields(pairs)[0]


def format_fields(pairs: Fields) -> tuple[bytes, int, int]:
    """The field lines of `pairs`, which facts (HAS_...) hold for them, and the content-length that they state.

    The length is -1 if there is no such field, -2 if it is no number up to 2**62 or stated twice. Of Headers the result
    is kept until they change. Raises what format_headers raises.
    """
    if isinstance(pairs, Headers):
        if pairs._formatted is None:
            pairs._formatted = _formatted(pairs._fields)
        return pairs._formatted
    return _formatted(checked_fields(pairs))


def format_head(line: bytes, block: bytes, content_type: Text | None, length: int, tail: bytes, body: bytes) -> bytes:
    """The status line, the field lines, content-type (unless None), content-length (unless negative), tail and body.

    `tail` holds the rest of the fields and the blank line. Raises what field_value raises for the content type.
    """
    kind = b"" if content_type is None else b"content-type: %b\r\n" % field_value("content-type", content_type)
    size = b"" if length < 0 else b"content-length: %d\r\n" % length
    return b"".join((line, block, kind, size, tail, body))


def _formatted(fields: list[tuple[bytes, bytes]]) -> tuple[bytes, int, int]:
    facts, length = 0, -1
    if not _FACTS.keys().isdisjoint([name.lower() for name, _ in fields]):
        for name, value in fields:
            fact = _FACTS.get(name.lower(), 0)
            if fact == HAS_CONTENT_LENGTH:
                length = -2 if facts & HAS_CONTENT_LENGTH else _length_of(value)
            elif fact == HAS_CONNECTION and _lists_close(value):
                facts |= CONNECTION_CLOSE
            facts |= fact
    return b"".join([b"%b: %b\r\n" % field for field in fields]), facts, length


def _length_of(value: bytes) -> int:
    """The number that the value of a content-length field states, or -2 (RFC 9110, section 8.6)."""
    # 2**62 has 19 digits; many more of them are more than int() reads.
    if not value.isdigit() or len(value.lstrip(b"0")) > 19:
        return -2
    length = int(value.lstrip(b"0") or b"0")
    return length if length <= MAX_LENGTH else -2


def _lists_close(value: bytes) -> bool:
    """Whether a connection field's value has the option close in its list (RFC 9110, section 7.6.1)."""
    return any(option.strip(OWS) == b"close" for option in value.lower().split(b","))
