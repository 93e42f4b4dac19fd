# Types for turn.py compiled as turn_c.
cimport cython
from fastresp.core cimport exchange_c as exchanges
from fastresp.core.service_c cimport Service
from fastresp.core cimport threads_c as threads

cdef class Channel:
    cdef bint closing, lost
    cdef object put(self, Turn exchange, list pieces)
    cdef Py_ssize_t put_response(
        self, Turn exchange, bytes line, object content_type, Py_ssize_t length, bytes tail, bytes data
    ) except -1
    cdef object done(self, Turn exchange)
    cdef bint must_close(self, Turn exchange) except -1
    cdef bint is_turn(self, Turn exchange) except -1
    cdef object handles(self, object task)
    cdef object call_begins(self, object end)
    cdef object occupy(self, object future)
    cpdef object waiter(self, Turn exchange)
    cpdef object wake(self)

cdef class Turn(exchanges.Exchange):
    cdef Channel channel
    cdef Service service
    cdef object request
    cdef Turn next
    cdef list held, callbacks
    cdef object source, pump, trailer_names
    cdef int minor, status
    cdef Py_ssize_t decoded, remaining, sent, weight
    cdef bint broken, chunked, close, dropped_content, ending, incoming, is_connect, is_head, keep, left, plain, reset, unsafe
    cdef object set_up(self, Service service)
    cdef object open(self, Channel channel, object request, int minor, bint keep_alive)
    @cython.locals(service=Service)
    cpdef object drop(self)
    cpdef object dropped(self)
    @cython.locals(service=Service)
    cdef int check_thread(self) except -1
    @cython.locals(channel=Channel)
    cpdef object waiter(self)
    @cython.locals(channel=Channel)
    cpdef object moved(self)
    @cython.locals(fresh=list)
    cpdef object on_close(self, object callback)
    @cython.final
    @cython.locals(channel=Channel)
    cdef object complete(self)
    @cython.locals(channel=Channel)
    cpdef object break_off(self)
    @cython.locals(channel=Channel, started=bint)
    cdef object read_device(self)
    @cython.locals(service=Service)
    cdef object leave_request(self)
    @cython.locals(fresh=list)
    cdef bint hold(self, list pieces) except -1
    cdef object leave(self)
    @cython.final
    cdef bint is_simple(self) except -1
    @cython.locals(service=Service, channel=Channel)
    cpdef bint occupy(self, object future) except -1
    @cython.locals(channel=Channel)
    cpdef object occupied_by(self, object end)
    cdef object release(self)
    cdef object _call_back(self)
    cdef object cancel(self)
    @cython.locals(channel=Channel, data=bytes)
    cdef object _put(self, list pieces)
    cdef object _begin(self, int status)
