# Types for protocol.py compiled as protocol_c.
cimport cython
from fastresp.http cimport deadlines_c as deadlines
from fastresp.http cimport references_c as references
from fastresp.http.turn_c cimport Turn
from fastresp.http.intake_c cimport Whole, new_intake, new_whole
from fastresp.http.parser_c cimport Parser, new_parser
from fastresp.http.request_c cimport Peer, Request, empty, new_peer, new_request
from fastresp.http.responder_c cimport Responder, new_responder
from fastresp.http.service_c cimport Service

cdef int NEED_DATA, HEAD, BODY, END, GET, HEAD_METHOD, CONNECT, OPTIONS, TRACE, SAFE, DONE
cdef int IN_HEAD
cdef Py_ssize_t MAX_PIPELINE, HIGH_WATER, LARGE, DISCARDED

cdef class HttpProtocol(deadlines.Deadlines):
    cdef Parser parser
    cdef object host, body, intake
    cdef readonly object collected
    cdef Peer peer
    cdef bint admitted, expecting, held
    @cython.locals(parser=Parser, event=int)
    cpdef object proceed(self)
    @cython.final
    @cython.locals(service=Service)
    cdef object _take_parser(self)
    @cython.final
    @cython.locals(parser=Parser, service=Service, request=Request, exchange=Turn, method=int)
    cdef object _head(self)
    cdef object _piece(self, bytes piece)
    cdef Whole _whole(self)
    @cython.locals(whole=Whole)
    cpdef object gather(self, object pieces)
    cpdef Py_ssize_t content_left(self) except -1
    cpdef object content_received(self, Py_ssize_t count)
    @cython.final
    @cython.locals(parser=Parser, request=Request, exchange=Turn)
    cdef object _end(self)
    @cython.locals(request=Request, exchange=Turn)
    cdef object _starved(self)
    cpdef object want_body(self)
    cdef object _send_continue(self)
    @cython.final
    @cython.locals(service=Service, responder=Responder)
    cdef object _handle(self, Turn exchange, Request request)
    @cython.locals(exchange=Turn)
    cdef object _refuse(self, int status, str reason, object fields)
    cdef object leave_body(self, Turn exchange)
    cdef bint must_close(self, Turn exchange) except -1
    cdef bint has_input(self) except -1
    cdef object go_on(self)
    cdef object give_up(self, int status, str reason)

cpdef HttpProtocol new_protocol(Service service)
