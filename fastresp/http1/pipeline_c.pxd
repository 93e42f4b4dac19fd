# Types for pipeline.py compiled as pipeline_c.
cimport cython
from fastresp.http1 cimport output_c as outputs
from fastresp.http1.exchange_c cimport Http1Exchange, new_exchange
from fastresp.core.exchange_c cimport Progress
from fastresp.core.request_c cimport Request
from fastresp.core.service_c cimport Service
from fastresp.wire.buffer_c cimport OutputBuffer

cdef Py_ssize_t CROWD, GATHERED, HELD, NEVER, OVERHEAD
cdef int LEFT, NOTHING, IDLE, IN_HEAD, IN_BODY, LINGERING, CLOSING, LAST, BEHIND
cdef double LINGER

cdef class Pipeline(outputs.Output):
    cdef Http1Exchange first, last
    cdef Py_ssize_t count, held_size, taken
    cdef bint delimits, due, stopped, eof, read_paused, unread
    cdef int waits_for
    cdef double deadline
    @cython.locals(exchange=Http1Exchange, service=Service, last=Http1Exchange)
    cdef Http1Exchange enter(self, Request request, int minor, bint keep_alive)
    @cython.locals(service=Service, following=Http1Exchange, finished=Http1Exchange, latest=Http1Exchange, over=Http1Exchange, close=bint)
    cdef object done(self, Http1Exchange exchange)
    @cython.locals(exchange=Http1Exchange, following=Http1Exchange, service=Service, status=int)
    cdef object cancel_all(self)
    @cython.locals(exchange=Http1Exchange)
    cdef object leave_all(self)
    @cython.locals(exchange=Http1Exchange, line=list)
    cdef list line(self)
    @cython.locals(exchange=Http1Exchange)
    cpdef list unanswered(self)
    @cython.locals(first=Http1Exchange, exchange=Http1Exchange, service=Service, largest=Py_ssize_t, progress=Progress, size=Py_ssize_t)
    cdef Py_ssize_t kept(self) except -1
    cdef bint is_turn(self, Http1Exchange exchange) except -1
    @cython.locals(data=bytes)
    cdef object put(self, Http1Exchange exchange, list pieces)
    @cython.final
    @cython.locals(data=bytes)
    cdef object _hold(self, Http1Exchange exchange, list pieces)
    @cython.final
    cdef object _written(self, Http1Exchange exchange)
    @cython.final
    @cython.locals(held=list, fresh=list, data=bytes)
    cdef object _write_held(self, Http1Exchange exchange)
    @cython.locals(size=Py_ssize_t, buffer=OutputBuffer)
    cdef Py_ssize_t put_response(
        self, Http1Exchange exchange, bytes line, object content_type, Py_ssize_t length, bytes tail, bytes data
    ) except -1
    cdef object proceed_soon(self)
    cpdef object proceed(self)
    @cython.locals(is_cut=bint)
    cpdef object abort(self)
    @cython.locals(first=Http1Exchange)
    cpdef bint is_cut(self) except -1
    cdef object pause_reading(self)
    cdef int watch(self, int waits_for, double seconds) except -1
    cdef bint has_input(self) except -1
    cdef object resume_requests(self)
    cdef object discard_body(self, Http1Exchange exchange)
    @cython.locals(lingers=bint)
    cpdef object close_gracefully(self)
