"""Chunk framing (RFC 9112, section 7.1): a chunk, and the last chunk with its trailer section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastresp.headers import Fields, trailer_fields
from fastresp.wire.headers import format_headers

if TYPE_CHECKING:
    from typing import TypeAlias

    from _typeshed import ReadableBuffer

    Data: TypeAlias = str | ReadableBuffer

__all__ = ["as_bytes", "format_chunk", "format_last_chunk", "last_chunk", "size_line"]


def format_chunk(data: Data) -> bytes:
    r"""One chunk of these data; b"" for empty data, since an empty chunk would be the last.

    Raises what as_bytes raises.

    >>> format_chunk("Hello, World!")
    b'd\r\nHello, World!\r\n'
    """
    octets = as_bytes(data)
    return b"%x\r\n%b\r\n" % (len(octets), octets) if octets else b""


def format_last_chunk(trailers: Fields = ()) -> bytes:
    r"""The chunk of length zero that ends the content, the trailer fields, and the blank line that ends the message.

    Raises HeaderError for a field that must not be in a trailer section, and what format_headers raises.

    >>> format_last_chunk({"x-checksum": "1f"})
    b'0\r\nx-checksum: 1f\r\n\r\n'
    """
    return last_chunk(format_headers(trailer_fields(trailers)))


def size_line(size: int) -> bytes:
    """The line before the data of a chunk of so many bytes, behind which CRLF has to follow."""
    return b"%x\r\n" % size


def last_chunk(lines: bytes) -> bytes:
    """As format_last_chunk, of formatted field lines."""
    return b"0\r\n" + lines + b"\r\n"


def as_bytes(data: Data) -> bytes:
    """The octets of `data`: bytes as they are, a str in UTF-8, a copy of what is in any C-contiguous buffer.

    Raises TypeError for anything else, BufferError for a buffer with gaps, UnicodeEncodeError for a lone surrogate.
    """
    if type(data) is bytes:
        return data
    if isinstance(data, str):
        return str.encode(data, "utf-8")
    try:
        view = memoryview(data)
    except TypeError:
        raise TypeError(f"data must be bytes, str or a C-contiguous buffer, not {type(data).__name__}") from None
    with view:
        if view.nbytes and not view.c_contiguous:
            raise BufferError(f"data must lie in one piece (C-contiguous), which this {type(data).__name__} does not")
        return view.tobytes()
