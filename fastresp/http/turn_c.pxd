# Types for turn.py compiled as turn_c.
cimport cython
from fastresp.http cimport responder_c as responders
from fastresp.http.service_c cimport Service

cdef class Channel:
    cdef object put(self, Turn exchange, bytes data)
    cdef Py_ssize_t put_head(
        self, Turn exchange, bytes line, object content_type, Py_ssize_t length, bytes tail, bytes data
    ) except -1
    cdef object done(self, Turn exchange)
    cdef bint must_close(self, Turn exchange) except -1
    cdef bint is_turn(self, Turn exchange) except -1
    cpdef object waiter(self, Turn exchange)

cdef class Turn(responders.Exchange):
    cdef Channel channel
    cdef Service service
    cdef object request
    cdef Turn next
    cdef list held, callbacks
    cdef object source, pump, trailer_names
    cdef int minor, status
    cdef Py_ssize_t sent
    cdef bint begun, broken, chunked, close, dropped_content, ended, incoming, is_connect, is_head, keep, plain, reset, unsafe
    cdef object set_up(self, Service service)
    cdef object open(self, Channel channel, object request, int minor, bint keep_alive)
    @cython.locals(service=Service)
    cpdef object drop(self)
    cpdef object break_off(self)
    cdef object turn(self)
    cdef object hold(self, bytes data)
    cdef object release(self)
    cdef object cancel(self)
    cdef object _put(self, bytes data)
    cdef object _begin(self, int status)
