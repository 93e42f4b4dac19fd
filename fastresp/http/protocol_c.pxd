cimport cython
from fastresp.http cimport pipeline_c as pipelines
from fastresp.http.exchange_c cimport Http1Exchange
from fastresp.http.parser_c cimport Parser, new_parser
from fastresp.http.request_c cimport Peer, Request, new_peer, new_request
from fastresp.http.responder_c cimport Responder, new_responder
from fastresp.http.service_c cimport Service

cdef int NEED_DATA, HEAD, BODY, END, HEAD_METHOD, CONNECT
cdef int NOTHING, IDLE, IN_HEAD, IN_BODY, LINGERING, CLOSING
cdef Py_ssize_t MAX_PIPELINE, HIGH_WATER, DISCARDED
cdef double LINGER
cdef tuple SAFE

cdef class HttpProtocol(pipelines.Pipeline):
    cdef Parser parser
    cdef object host, body, collected
    cdef Peer peer
    cdef Http1Exchange incoming
    cdef Py_ssize_t seen, discarding
    cdef int waits_for, probes
    cdef bint admitted, expecting, held, eof, read_paused, unread
    cdef double deadline, progress
    @cython.locals(parser=Parser, event=int)
    cpdef object proceed(self)
    @cython.locals(parser=Parser, request=Request, exchange=Http1Exchange, method=int)
    cdef object _head(self)
    cdef object _piece(self, bytes piece)
    @cython.locals(parser=Parser, request=Request, exchange=Http1Exchange)
    cdef object _end(self)
    @cython.locals(request=Request, exchange=Http1Exchange)
    cdef object _starved(self)
    cpdef object want_body(self)
    cdef object _send_continue(self)
    @cython.locals(service=Service, responder=Responder)
    cdef object _handle(self, Http1Exchange exchange, Request request)
    @cython.locals(exchange=Http1Exchange)
    cdef object _refuse(self, int status, str reason, object fields)
    cdef object leave_body(self, Http1Exchange exchange)
    @cython.locals(parser=Parser)
    cdef bint must_close(self, Http1Exchange exchange) except -1
    cdef object _pause_reading(self)
    cdef object shut(self)
    cdef object reset(self)
    cpdef object drain(self)
    cpdef object abort(self)
    cdef object _watch(self, int waits_for, double seconds)
    cdef object go_on(self)
    cdef object _rest(self)
    cdef object _look(self)
    cpdef object sweep(self, double now)

cpdef HttpProtocol new_protocol(Service service)
