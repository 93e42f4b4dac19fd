# Types for pipeline.py compiled as pipeline_c.
cimport cython
from fastresp.http1 cimport output_c as outputs
from fastresp.http1.turn_c cimport Turn
from fastresp.http1.exchange_c cimport new_exchange
from fastresp.core.request_c cimport Request
from fastresp.core.service_c cimport Service
from fastresp.wire.buffer_c cimport OutputBuffer

cdef Py_ssize_t CROWD, GATHERED, HELD, NEVER, OVERHEAD
cdef int LEFT, NOTHING, IDLE, IN_HEAD, IN_BODY, LINGERING, CLOSING, LAST, BEHIND
cdef double LINGER

cdef class Pipeline(outputs.Output):
    cdef Turn first, last
    cdef Py_ssize_t count, held_size, taken
    cdef bint delimits, due, stopped, eof, read_paused, unread
    cdef int waits_for
    cdef double deadline
    @cython.locals(exchange=Turn, service=Service, last=Turn)
    cdef Turn enter(self, Request request, int minor, bint keep_alive)
    @cython.locals(service=Service, following=Turn, finished=Turn, latest=Turn, over=Turn, close=bint)
    cdef object done(self, Turn exchange)
    @cython.locals(exchange=Turn, following=Turn, service=Service, status=int)
    cdef object cancel_all(self)
    @cython.locals(exchange=Turn)
    cdef object leave_all(self)
    @cython.locals(exchange=Turn, line=list)
    cdef list line(self)
    @cython.locals(exchange=Turn)
    cpdef list unanswered(self)
    @cython.locals(first=Turn, exchange=Turn, service=Service, largest=Py_ssize_t, size=Py_ssize_t)
    cdef Py_ssize_t kept(self) except -1
    cdef bint is_turn(self, Turn exchange) except -1
    @cython.locals(data=bytes)
    cdef object put(self, Turn exchange, list pieces)
    @cython.final
    @cython.locals(data=bytes)
    cdef object _hold(self, Turn exchange, list pieces)
    @cython.final
    cdef object _written(self, Turn exchange)
    @cython.final
    @cython.locals(held=list, fresh=list, data=bytes)
    cdef object _write_held(self, Turn exchange)
    @cython.locals(size=Py_ssize_t, buffer=OutputBuffer)
    cdef Py_ssize_t put_response(
        self, Turn exchange, bytes line, object content_type, Py_ssize_t length, bytes tail, bytes data
    ) except -1
    cdef object proceed_soon(self)
    cpdef object proceed(self)
    @cython.locals(is_cut=bint)
    cpdef object abort(self)
    @cython.locals(first=Turn)
    cpdef bint is_cut(self) except -1
    cdef object pause_reading(self)
    cdef int watch(self, int waits_for, double seconds) except -1
    cdef bint has_input(self) except -1
    cdef object resume_requests(self)
    cdef object discard_body(self, Turn exchange)
    @cython.locals(lingers=bint)
    cpdef object close_gracefully(self)
