"""Status lines: the compiled twin of status.py."""

from cpython.long cimport PyLong_AsLongAndOverflow

from fastresp.status import REASONS, status_code

__all__ = ["status_line"]

# The space after an unknown code's number stays: the grammar wants it. The first 100 are never asked for.
cdef tuple _LINES = tuple(map(lambda code: b"HTTP/1.1 %d %b\r\n" % (code, REASONS.get(code, "").encode("ascii")), range(1000)))


cpdef bytes status_line(object status):
    r"""The status line of a StatusCode, an http.HTTPStatus or an int from 100 to 999, CRLF and all.

    Raises TypeError for other types (bool too), ValueError for a number out of range.

    >>> status_line(404)
    b'HTTP/1.1 404 Not Found\r\n'
    """
    cdef int overflow = 0
    cdef long code
    # An enum's member is an int of a subclass: its number is read as fast as a plain int's. True is none.
    if isinstance(status, int) and not isinstance(status, bool):
        code = PyLong_AsLongAndOverflow(status, &overflow)
        if overflow == 0 and 100 <= code <= 999:
            return line_of(<int>code)
    return line_of(status_code(status))


cpdef bytes line_of(int status):
    """The status line of an int from 100 to 999. Raises ValueError for any other."""
    if not 100 <= status <= 999:
        raise ValueError(f"a status is from 100 to 999, not {status}")
    return <bytes>_LINES[status]


cpdef bytes line_with(int status, bytes phrase):
    """The status line of an int from 100 to 999 with this reason phrase, which has been checked."""
    return b"HTTP/1.1 %d %b\r\n" % (status, phrase)
