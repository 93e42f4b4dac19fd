# Types for exchange.py compiled as exchange_c.
cimport cython
from fastresp.http cimport turn_c as turns
from fastresp.wire.chunks_c cimport format_chunk, format_last_chunk
from fastresp.wire.headers_c cimport format_fields, format_head
from fastresp.wire.status_c cimport line_of
from fastresp.http.service_c cimport Service

cdef int CONNECTION_CLOSE, HAS_CONNECTION, HAS_CONTENT_TYPE, HAS_DATE, HAS_SERVER, HAS_TRAILER, HAS_TRANSFER_ENCODING
cdef int OWN_FIELDS
cdef Py_ssize_t COPIED

cdef class Http1Exchange(turns.Turn):
    cpdef object content(self, bytes data)
    @cython.locals(length=Py_ssize_t, whole=bint)
    cpdef object answer_source(self, int status, bytes block, int facts, Py_ssize_t declared, object content_type, object source)
    cdef object _refuse_device(self, object error)
    cpdef object release_source(self)
    cpdef object unmeasured(self, object error)
    cpdef object finish(self)
    @cython.locals(message=bytes, coding=bytes, tail=bytes)
    cdef object _start(self, int status, bytes block, int facts, object content_type, Py_ssize_t length, bint chunked, bytes first, bytes trailer=*)
    @cython.final
    @cython.locals(service=Service)
    cdef bytes _tail(self, int facts)
    @cython.final
    cdef bint _is_empty(self, int status) except -1
    @cython.final
    cdef bint _has_no_length(self, int status) except -1
    cdef tuple _without_content(self, int status, object fields, object content_type, Py_ssize_t length, bint bare)
    cdef object _check_length(self, Py_ssize_t declared, Py_ssize_t length, bint bare)
    cdef object _check_facts(self, int facts)
    @cython.locals(
        length=Py_ssize_t, declared=Py_ssize_t, facts=int, line=bytes, block=bytes, tail=bytes, is_small=bint, size=Py_ssize_t,
        message=bytes
    )
    cpdef object answer(self, int status, object fields, object content_type, bytes data, bint bare)
    @cython.locals(declared=Py_ssize_t, facts=int, length=Py_ssize_t, status=int, data=bytes, formatted=tuple)
    cpdef object answer_response(self, object response)

@cython.locals(exchange=Http1Exchange)
cpdef Http1Exchange new_exchange(Service service)
