# Types for pipeline.py compiled as pipeline_c.
cimport cython
from fastresp.http cimport turn_c as turns
from fastresp.http.turn_c cimport Turn
from fastresp.http.direct_c cimport send, send_outbox
from fastresp.http.exchange_c cimport new_exchange
from fastresp.http.request_c cimport Request
from fastresp.http.service_c cimport Service

cdef Py_ssize_t GATHERED, JOINED, SMALL, NEVER
cdef int NOTHING, IDLE, IN_HEAD, IN_BODY, LINGERING, CLOSING, LAST
cdef double LINGER

cdef class Pipeline(turns.Channel):
    cdef Service service
    cdef object transport, write
    cdef int fd
    cdef Turn first, last
    cdef Py_ssize_t count, out_size, burst, written, taken
    cdef list out, waiters
    cdef bint behind, in_outbox, running, due, stopped, closing, eof, read_paused, unread, write_paused
    cdef int waits_for
    cdef double deadline
    cdef object connect(self, object transport)
    cdef object disconnect(self)
    @cython.locals(exchange=Turn, service=Service)
    cdef Turn enter(self, Request request, int minor, bint keep_alive)
    @cython.locals(close=bint, over=Turn)
    cdef object done(self, Turn exchange)
    @cython.locals(exchange=Turn, following=Turn)
    cdef object cancel_all(self)
    cdef bint is_turn(self, Turn exchange) except -1
    cdef object put(self, Turn exchange, bytes data)
    @cython.locals(size=Py_ssize_t)
    cdef Py_ssize_t put_head(
        self, Turn exchange, bytes line, object content_type, Py_ssize_t length, bytes tail, bytes data
    ) except -1
    @cython.final
    cdef bint _may_use_outbox(self) except -1
    @cython.locals(out=list, size=Py_ssize_t, sent=Py_ssize_t, data=bytes, is_direct=bint)
    cdef object flush(self, bint in_loop)
    @cython.final
    cdef bint _is_direct(self, bint in_loop) except -1
    cdef object drop_output(self)
    cpdef object waiter(self, Turn exchange)
    @cython.locals(waiters=list)
    cpdef object wake(self)
    cdef object proceed_soon(self)
    cpdef object proceed(self)
    cpdef object abort(self)
    cdef object pause_reading(self)
    cdef object watch(self, int waits_for, double seconds)
    cdef bint has_input(self) except -1
    cdef object go_on(self)
    cdef object leave_body(self, Turn exchange)
    cdef object shut(self)
    cdef object reset(self)
