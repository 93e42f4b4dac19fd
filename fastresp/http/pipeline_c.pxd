cimport cython
from fastresp.http cimport exchange_c as exchanges
from fastresp.http.exchange_c cimport Http1Exchange, new_exchange
from fastresp.http.request_c cimport Request
from fastresp.http.service_c cimport Service

cdef Py_ssize_t GATHERED, JOINED

cdef class Pipeline(exchanges.Channel):
    cdef Service service
    cdef object transport, write
    cdef Http1Exchange first, last, spare
    cdef Py_ssize_t count, out_size, burst, last_size
    cdef list out, waiters
    cdef bint running, due, stopped, closing, write_paused
    @cython.locals(exchange=Http1Exchange)
    cdef Http1Exchange enter(self, Request request, int minor, bint keep_alive)
    @cython.locals(close=bint)
    cdef object done(self, Http1Exchange exchange)
    @cython.locals(exchange=Http1Exchange, following=Http1Exchange)
    cdef object cancel_all(self)
    cdef bint is_turn(self, Http1Exchange exchange) except -1
    cdef object put(self, Http1Exchange exchange, bytes data)
    @cython.locals(out=list, count=Py_ssize_t, size=Py_ssize_t)
    cdef object flush(self)
    cpdef object waiter(self, Http1Exchange exchange)
    cpdef object wake(self)
    cdef object proceed_soon(self)
    cpdef object proceed(self)
    cdef object go_on(self)
    cdef object leave_body(self, Http1Exchange exchange)
    cdef object shut(self)
    cdef object reset(self)
