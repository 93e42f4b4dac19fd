# Types for parser.py compiled as parser_c.
cimport cython

from fastresp.http1 cimport grammar_c as grammar
from fastresp.wire cimport octets_c as octets
from fastresp.http1 cimport scanner_c as scanner
from fastresp.wire.octets_c cimport octets_t

cdef object _HEX
cdef const unsigned char *HEX

cdef int NEED_DATA, HEAD, BODY, END, FAILED, PROCEED
cdef int LINE, FIELDS, CONTENT, CHUNK_LINE, CHUNK_DATA, CHUNK_CR, CHUNK_LF, TRAILERS, LAST, REFUSED
cdef int CLOSE, KEEP_ALIVE, UNKNOWN, CONTINUE, UNMET, UPGRADE, WEBSOCKET, CR, LF
cdef Py_ssize_t MAX_CHUNK_LINE, MAX_DIGITS, MAX_EXTENSIONS, MAX_PINNED, MAX_LENGTH

cpdef Parser new_parser(object config)


@cython.final
cdef class Parser(scanner.Scanner):
    cdef Py_ssize_t _max_body, _remaining, _chunk_total, _extensions

    cdef readonly bint in_body
    cdef readonly Py_ssize_t method_start, method_end, target_start, target_end, fields_start, fields_end
    cdef readonly int method, minor, form
    cdef readonly bint keep_alive, chunked, has_body, expect_continue, upgrade
    cdef readonly Py_ssize_t content_length
    cdef readonly bytes piece
    cdef readonly bytes trailers_data
    cdef readonly Py_ssize_t trailers_start, trailers_end

    cpdef bint is_idle(self) except -1

    @cython.locals(rest=bytes)
    cpdef bint has_begun(self) except -1

    @cython.locals(state=int, result=int)
    cpdef int next(self) except -1

    cpdef object trim(self)

    @cython.locals(rest=bytes)
    cpdef bytes take_unparsed(self)

    cpdef Py_ssize_t content_left(self) except -1

    cpdef object skip(self, Py_ssize_t count)

    @cython.locals(start=Py_ssize_t, pos=Py_ssize_t, length=Py_ssize_t, base=Py_ssize_t, chunked=bint, has_body=bint)
    cdef int _finish_head(self) except -1

    @cython.locals(start=Py_ssize_t, end=Py_ssize_t)
    cdef int _body(self) except -1

    cdef int _finish_message(self) except -1

    @cython.locals(
        p=octets_t, pos=Py_ssize_t, end=Py_ssize_t, i=Py_ssize_t, j=Py_ssize_t, size=Py_ssize_t, digits=Py_ssize_t,
        digit=int
    )
    cdef int _chunk_line(self) except -1

    @cython.locals(p=octets_t, pos=Py_ssize_t, lf=Py_ssize_t, last=Py_ssize_t, fault=str)
    cdef Py_ssize_t _chunk_extensions(self, Py_ssize_t i) except? -1

    @cython.locals(p=octets_t)
    cdef int _chunk_end(self) except -1

    cdef int _finish_trailers(self) except -1
