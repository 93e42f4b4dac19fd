# Types for scanner.py compiled as scanner_c.
cimport cython

from fastresp.http1 cimport grammar_c as grammar
from fastresp.wire cimport octets_c as octets
from fastresp.wire.octets_c cimport octets_t

cdef object _TOKEN, _VALUE, _TARGET
cdef const unsigned char *TOKEN
cdef const unsigned char *VALUE
cdef const unsigned char *TARGET

cdef int FAILED, PROCEED, NEED_DATA, ORIGIN, ABSOLUTE, AUTHORITY, ASTERISK, LINE, FIELDS, REFUSED, CONNECT, HEAD_METHOD, OPTIONS, OTHER, WEBSOCKET
cdef int COLON, CR, HTAB, LF, NINE, SLASH, SP, STAR, ZERO
cdef Py_ssize_t MAX_METHOD, MAX_EMPTY_LINES, MAX_PIECES, MAX_PINNED, MAX_LENGTH
cdef int HANDSHAKE, CONTENT_TYPE, CONTENT_RANGE, AUTHORIZATION


cdef class Scanner:
    cdef Py_ssize_t _max_target, _max_field, _max_fields, _max_count
    cdef bytes _buffer
    cdef list _pieces
    cdef Py_ssize_t _start, _pos, _end, _searched, _limit
    cdef Py_ssize_t _method_size, _target_size, _target_host_at, _target_host_size, _fields_at
    cdef Py_ssize_t _count, _length, _host_at, _host_size
    cdef int _state, _empty_lines, _method, _minor, _form, _hosts, _codings, _expect, _options
    cdef int _once
    cdef bint _partial, _connect

    cdef readonly Py_ssize_t buffered
    cdef readonly int status
    cdef readonly str reason
    cdef readonly bytes data
    cdef readonly Py_ssize_t host_start, host_end

    @cython.locals(piece=bytes, size=Py_ssize_t)
    cpdef feed(self, data)

    @cython.locals(found=bint, piece=bytes)
    cdef bint _gather(self) except -1

    @cython.locals(rest=bytes)
    cdef int _join(self) except -1

    @cython.locals(size=Py_ssize_t)
    cdef object _trim(self)

    cdef inline void _consume(self, Py_ssize_t pos) noexcept

    cdef int _wait(self, Py_ssize_t limit) noexcept

    cdef int _fail(self, int status, str reason) except -1

    cpdef bint is_head(self) except -1

    @cython.locals(p=octets_t, pos=Py_ssize_t, end=Py_ssize_t, i=Py_ssize_t, j=Py_ssize_t, size=Py_ssize_t)
    cdef int _line(self) except -1

    @cython.locals(p=octets_t, pos=Py_ssize_t, limit=Py_ssize_t, lf=Py_ssize_t, i=Py_ssize_t, j=Py_ssize_t, digits=bint)
    cdef int _refuse_line(self) except -1

    @cython.locals(p=octets_t, host=Py_ssize_t, authority=Py_ssize_t)
    cdef int _other_form(self, Py_ssize_t i, Py_ssize_t j) except -1

    @cython.final
    cdef void _begin_fields(self) noexcept

    @cython.locals(
        p=octets_t, pos=Py_ssize_t, end=Py_ssize_t, first=Py_ssize_t, i=Py_ssize_t, j=Py_ssize_t, size=Py_ssize_t
    )
    cdef int _fields(self) except -1

    @cython.locals(p=octets_t, pos=Py_ssize_t, left=Py_ssize_t, limit=Py_ssize_t, lf=Py_ssize_t)
    cdef int _refuse_field(self) except -1

    @cython.final
    @cython.locals(p=octets_t)
    cdef int _note(self, Py_ssize_t name, Py_ssize_t size, Py_ssize_t i, Py_ssize_t j) except -1

    cdef int _note_once(self, int field, str name) except -1

    @cython.final
    @cython.locals(size=Py_ssize_t)
    cdef bint _is_host_of_before(self, Py_ssize_t i, Py_ssize_t j) noexcept
