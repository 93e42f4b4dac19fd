# Types for content.py compiled as content_c.
cimport cython
from fastresp.http1 cimport deadlines_c as deadlines
from fastresp.net.receiver_c cimport Whole, new_receiver, new_whole
from fastresp.http1.parser_c cimport Parser
from fastresp.core.request_c cimport Request
from fastresp.core.service_c cimport Service
from fastresp.http1.exchange_c cimport Http1Exchange

cdef Py_ssize_t FULL, LARGE, DISCARDED
cdef double SHARE

cdef class Content(deadlines.Deadlines):
    cdef Parser parser
    cdef object body, call, host, receiver
    cdef bint admitted
    cdef int at_work
    cdef readonly object collected
    cdef double reads_until
    cdef object call_begins(self, object end)
    cpdef object occupy(self, object future)
    cpdef object let_go(self, object future)
    @cython.locals(service=Service)
    cdef object vacate(self)
    cdef bint is_free(self) except -1
    @cython.locals(service=Service)
    cpdef object lose_place(self)
    cdef object drop(self, bytes data)
    @cython.locals(now=double)
    cpdef object filled(self)
    cdef object _end_turn(self)
    cpdef object begin_turn(self)
    @cython.final
    cdef bint _may_read(self) except -1
    @cython.locals(whole=Whole)
    cdef object _piece(self, bytes piece)
    @cython.locals(whole=Whole)
    cdef Whole _whole(self)
    @cython.locals(whole=Whole)
    cpdef object gather(self, object pieces)
    @cython.locals(parser=Parser)
    cpdef Py_ssize_t content_left(self) except -1
    @cython.locals(parser=Parser)
    cpdef object content_received(self, Py_ssize_t count)
    @cython.locals(request=Request, exchange=Http1Exchange)
    cdef object _starved(self)
    @cython.locals(parser=Parser, request=Request, exchange=Http1Exchange)
    cdef object _end(self)
    cpdef object want_body(self)
    cpdef object body_awaited(self)
    cdef bint wants_body(self) except -1
    @cython.locals(exchange=Http1Exchange)
    cdef object _send_continue(self)
    cdef object discard_body(self, Http1Exchange exchange)
    cdef object handle(self, Http1Exchange exchange, Request request)
