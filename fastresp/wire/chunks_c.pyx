"""Chunk framing: the compiled twin of chunks.py."""

from cpython.buffer cimport (
    PyBUF_FULL_RO,
    PyBuffer_IsContiguous,
    PyBuffer_Release,
    PyObject_CheckBuffer,
    PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_1BYTE_DATA, PyUnicode_CheckExact
from libc.string cimport memcpy

from fastresp.wire.headers_c cimport format_headers

from fastresp.headers import trailer_fields

__all__ = ["as_bytes", "format_chunk", "format_last_chunk", "last_chunk", "size_line"]

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(object text)
    Py_ssize_t PyUnicode_GET_LENGTH(object text)
    Py_ssize_t PY_SSIZE_T_MAX

cdef bytes _LAST_CHUNK = b"0\r\n\r\n"


cpdef bytes format_chunk(object data):
    r"""One chunk of these data; b"" for empty data, since an empty chunk would be the last.

    Raises what as_bytes raises.

    >>> format_chunk("Hello, World!")
    b'd\r\nHello, World!\r\n'
    """
    cdef Py_buffer view
    if PyBytes_CheckExact(data):
        return _chunk(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
    if PyUnicode_CheckExact(data) and PyUnicode_IS_ASCII(data):
        return _chunk(<const char *>PyUnicode_1BYTE_DATA(data), PyUnicode_GET_LENGTH(data))
    if isinstance(data, str):
        data = as_bytes(data)
        return _chunk(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
    _open(data, &view)
    try:
        return _chunk(<const char *>view.buf, view.len)
    finally:
        PyBuffer_Release(&view)


cpdef bytes format_last_chunk(object trailers=()):
    r"""The chunk of length zero that ends the content, the trailer fields, and the blank line that ends the message.

    Raises HeaderError for a field that must not be in a trailer section, and what format_headers raises.

    >>> format_last_chunk({"x-checksum": "1f"})
    b'0\r\nx-checksum: 1f\r\n\r\n'
    """
    if type(trailers) is tuple and len(<tuple>trailers) == 0:
        return _LAST_CHUNK
    return last_chunk(format_headers(trailer_fields(trailers)))


cpdef bytes size_line(Py_ssize_t size):
    """The line before the data of a chunk of so many bytes, behind which CRLF has to follow."""
    return b"%x\r\n" % size


cpdef bytes last_chunk(bytes lines):
    """As format_last_chunk, of formatted field lines."""
    return b"0\r\n" + lines + b"\r\n" if lines else _LAST_CHUNK


cpdef bytes as_bytes(object data):
    """The octets of `data`: bytes as they are, a str in UTF-8, a copy of what is in any C-contiguous buffer.

    Raises TypeError for anything else, BufferError for a buffer with gaps, UnicodeEncodeError for a lone surrogate.
    """
    cdef Py_buffer view
    if PyBytes_CheckExact(data):
        return <bytes>data
    if isinstance(data, str):
        return str.encode(data, "utf-8")
    _open(data, &view)
    try:
        return PyBytes_FromStringAndSize(<const char *>view.buf, view.len)
    finally:
        PyBuffer_Release(&view)


cdef int _open(object data, Py_buffer *view) except -1:
    """Take the buffer of `data`, for the caller to release, if it is in one piece."""
    if not PyObject_CheckBuffer(data):
        raise TypeError(f"data must be bytes, str or a C-contiguous buffer, not {type(data).__name__}")
    PyObject_GetBuffer(data, view, PyBUF_FULL_RO)
    if not PyBuffer_IsContiguous(view, c"C"):
        PyBuffer_Release(view)
        raise BufferError(f"data must lie in one piece (C-contiguous), which this {type(data).__name__} does not")
    return 0


cdef bytes _chunk(const char *start, Py_ssize_t size):
    cdef char digits[16]
    cdef int first = 16
    cdef Py_ssize_t rest = size
    cdef int width
    cdef bytes chunk
    cdef char *p
    if size == 0:
        return b""
    while rest:
        first -= 1
        digits[first] = b"0123456789abcdef"[rest & 15]
        rest >>= 4
    width = 16 - first
    if size > PY_SSIZE_T_MAX - width - 4:
        raise OverflowError("the chunk is too large for one bytes object")
    chunk = PyBytes_FromStringAndSize(NULL, width + size + 4)
    p = PyBytes_AS_STRING(chunk)
    memcpy(p, digits + first, width)
    p += width
    p[0] = c"\r"
    p[1] = c"\n"
    memcpy(p + 2, start, size)
    p += size + 2
    p[0] = c"\r"
    p[1] = c"\n"
    return chunk
