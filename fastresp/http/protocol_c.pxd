cimport cython
from fastresp.http cimport exchange_c as exchanges
from fastresp.http.exchange_c cimport Http1Exchange, new_exchange
from fastresp.http.parser_c cimport Parser, new_parser
from fastresp.http.request_c cimport Peer, Request, new_peer, new_request
from fastresp.http.responder_c cimport Responder, new_responder
from fastresp.http.service_c cimport Service

cdef int NEED_DATA, HEAD, BODY, END, HEAD_METHOD, CONNECT
cdef int NOTHING, IDLE, IN_HEAD, IN_BODY, LINGERING, CLOSING
cdef Py_ssize_t MAX_PIPELINE, GATHERED, JOINED, HIGH_WATER, DISCARDED
cdef double LINGER
cdef tuple SAFE

cdef class HttpProtocol(exchanges.Channel):
    cdef Service service
    cdef Parser parser
    cdef object transport, write, host
    cdef Peer peer
    cdef Http1Exchange first, last, spare, incoming
    cdef object body, collected
    cdef Py_ssize_t count, seen, discarding, out_size, last_size
    cdef int waits_for, probes
    cdef bint expecting, held, running, due, stopped, closing, eof, read_paused, write_paused, unread
    cdef list out, waiters
    cdef double deadline, progress
    @cython.locals(parser=Parser, event=int)
    cpdef object proceed(self)
    @cython.locals(parser=Parser, service=Service, request=Request, exchange=Http1Exchange, method=int)
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
    @cython.locals(exchange=Http1Exchange)
    cdef Http1Exchange _enter(self, Request request, int minor, bint keep_alive)
    @cython.locals(close=bint)
    cdef object done(self, Http1Exchange exchange)
    @cython.locals(parser=Parser)
    cdef bint must_close(self, Http1Exchange exchange) except -1
    cdef bint is_turn(self, Http1Exchange exchange) except -1
    @cython.locals(exchange=Http1Exchange, following=Http1Exchange)
    cdef object _cancel_all(self)
    cdef object put(self, Http1Exchange exchange, bytes data)
    cpdef object waiter(self, Http1Exchange exchange)
    @cython.locals(out=list, count=Py_ssize_t)
    cdef object _flush(self)
    cdef object _wake(self)
    cdef object _proceed_soon(self)
    cdef object _pause_reading(self)
    cdef object _shut(self)
    cdef object _reset(self)
    cpdef object drain(self)
    cpdef object abort(self)
    cdef object _watch(self, int waits_for, double seconds)
    cdef object _rest(self)
    cpdef object sweep(self, double now)
    @cython.locals(request=Request)
    cdef object _log(self, Http1Exchange exchange)

cpdef HttpProtocol new_protocol(Service service)
