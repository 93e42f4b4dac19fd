# Types for exchange.py compiled as exchange_c.
cimport cython
from fastresp.http1 cimport turn_c as turns
from fastresp.core.service_c cimport Service
from fastresp.core cimport threads_c as threads
from fastresp.http1.turn_c cimport Channel
from fastresp.wire.chunks_c cimport format_chunk, format_last_chunk
from fastresp.wire.headers_c cimport format_fields, format_head
from fastresp.wire.status_c cimport line_of

cdef int CONNECTION_CLOSE, HAS_CONNECTION, HAS_CONTENT_TYPE, HAS_DATE, HAS_SERVER, HAS_TRAILER, HAS_TRANSFER_ENCODING
cdef int OWN_FIELDS
cdef Py_ssize_t COPIED
cdef tuple NO_FIELDS

cdef class Http1Exchange(turns.Turn):
    @cython.locals(block=bytes, facts=int, declared=Py_ssize_t)
    cpdef object interim(self, int status, tuple head)
    @cython.locals(
        service=Service, channel=Channel, length=Py_ssize_t, declared=Py_ssize_t, facts=int, line=bytes, block=bytes,
        tail=bytes, is_usual=bint, is_small=bint, size=Py_ssize_t, message=bytes
    )
    cpdef object answer(self, int status, tuple head, object content_type, bytes data, bint bare)
    @cython.locals(declared=Py_ssize_t, facts=int, length=Py_ssize_t, tail=bytes, message=bytes)
    cpdef object answer_response(self, object response, int status, tuple head, bytes data)
    @cython.final
    @cython.locals(channel=Channel, completed=bint)
    cdef object _put_whole(self, int status, list pieces)
    @cython.locals(block=bytes, facts=int, declared=Py_ssize_t)
    cpdef object answer_device(self, int status, tuple head, object content_type, object source)
    @cython.locals(channel=Channel, length=Py_ssize_t, stated=Py_ssize_t, is_empty=bint)
    cpdef object answer_source(self, int status, bytes block, int facts, Py_ssize_t declared, object content_type, object source)
    @cython.locals(block=bytes, facts=int, declared=Py_ssize_t, trailer=bytes)
    cpdef object begin(self, int status, tuple head, object content_type, list trailer_names, bint sized)
    cpdef object end(self, bytes data, object trailers)
    @cython.final
    cdef int _check_room(self, Py_ssize_t size) except -1
    @cython.final
    @cython.locals(channel=Channel, completed=bint)
    cdef object _put_content(self, bytes data, bytes last)
    cpdef object content(self, bytes data)
    cpdef object release_source(self)
    cpdef object unmeasured(self, object error)
    cpdef object finish(self)
    @cython.locals(message=bytes, coding=bytes, tail=bytes)
    cdef object _start(self, int status, bytes block, int facts, object content_type, Py_ssize_t length, bint chunked, bytes first, bytes trailer=*)
    @cython.final
    @cython.locals(service=Service, channel=Channel)
    cdef bytes _tail(self, int facts)
    @cython.final
    cdef bytes _block(self, bytes block, int facts)
    @cython.final
    cdef bint _is_empty(self, int status) except -1
    @cython.final
    cdef bint _is_unmeasured(self, int status) except -1
    @cython.final
    cdef object _check_length(self, Py_ssize_t declared, Py_ssize_t length, bint bare)
    @cython.final
    @cython.locals(service=Service)
    @cython.final
    cdef int _check_begun(self, str call) except -1
    @cython.final
    cdef int _check_facts(self, int facts) except -1


@cython.locals(exchange=Http1Exchange)
cpdef Http1Exchange new_exchange(Service service)
