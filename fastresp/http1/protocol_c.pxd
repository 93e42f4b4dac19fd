# Types for protocol.py compiled as protocol_c.
cimport cython
from fastresp.http1 cimport content_c as content
from fastresp.core cimport answer_c as answers
from fastresp.core.dispatch_c cimport dispatch
from fastresp.http1.exchange_c cimport Http1Exchange
from fastresp.http1.parser_c cimport Parser, new_parser
from fastresp.core.request_c cimport Peer, Request, empty, new_peer
from fastresp.http1.requests_c cimport cost_of_query, new_request
from fastresp.core.service_c cimport Service
from fastresp.wire.headers_c cimport format_fields

cdef int NEED_DATA, HEAD, BODY, END, GET, HEAD_METHOD, CONNECT, OPTIONS, TRACE, SAFE
cdef int IDLE, IN_HEAD, LAST, NOTHING
cdef Py_ssize_t DISCARDED, HELD, HIGH_WATER, LONG_HEAD, MAX_CALLS, MAX_PIPELINE, MAX_WORK
cdef int PENDING, PIECES, REQUESTS
cdef double LINGER, LONG, SHARE
cdef Py_ssize_t FULL

cdef class HttpProtocol(content.Content):
    cdef Peer peer
    cdef double asked
    @cython.locals(
        parser=Parser, request=Request, latest=Http1Exchange, event=int, completed=bint, is_idle=bint, requests=int, counted=int, pieces=int,
        until=double,
    )
    cpdef object proceed(self)
    @cython.final
    cdef object _look_at_clock(self)
    @cython.final
    cdef object _keep_rest(self, Parser parser, int requests)
    @cython.final
    @cython.locals(first=Http1Exchange, parser=Parser, is_last=bint, most=Py_ssize_t)
    cdef bint _may_handle(self) except -1
    @cython.final
    @cython.locals(count=Py_ssize_t, service=Service)
    cdef bint _is_full(self) except -1
    @cython.final
    @cython.locals(service=Service, parser=Parser)
    cdef object _take_parser(self)
    @cython.final
    @cython.locals(parser=Parser, service=Service, request=Request, exchange=Http1Exchange, method=int)
    cdef object _head(self)
    @cython.locals(service=Service)
    cdef object handle(self, Http1Exchange exchange, Request request)
    @cython.locals(exchange=Http1Exchange)
    cdef object _refuse(self, int status, str reason, object fields)
    @cython.final
    @cython.locals(exchange=Http1Exchange, parser=Parser, head=tuple)
    cdef object _answer_refused(self, int status, str reason, object fields)
    @cython.locals(parser=Parser)
    cdef bint must_close(self, Http1Exchange exchange) except -1
    @cython.locals(parser=Parser)
    cdef bint has_input(self) except -1
    cdef object resume_requests(self)
    cdef object give_up(self, int status, str reason)

cpdef HttpProtocol new_protocol(Service service)
