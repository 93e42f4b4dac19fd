# Types for reading.py compiled as reading_c.
cimport cython
from fastresp.core.dispatch_c cimport dispatch
from fastresp.core.request_c cimport Request, empty
from fastresp.core.service_c cimport Service
from fastresp.http1 cimport content_c as content
from fastresp.http1 cimport refusal_c as refusal
from fastresp.http1 cimport states_c as states
from fastresp.http1 cimport timeouts_c as timeouts
from fastresp.http1.connection_c cimport Connection
from fastresp.http1.exchange_c cimport Http1Exchange
from fastresp.http1.link_c cimport Http1Link
from fastresp.http1.parser_c cimport Parser
from fastresp.http1.requests_c cimport cost_of_query, new_request

cdef int NEED_DATA, HEAD, BODY, END, HEAD_METHOD, CONNECT, SAFE
cdef int ANSWERED, ASK, ASKED, CONTENT, HANDLE, HEADS, HELD, HOLD, OVERDUE, STOP, STOPPED, UPGRADED
cdef int IDLE, IN_HEAD, NOTHING
cdef int PENDING, PIECES, REQUESTS
cdef Py_ssize_t FULL, LONG_HEAD
cdef double LONG, SHARE

@cython.locals(
    parser=Parser, request=Request, latest=Http1Exchange, event=int,
    completed=bint, is_idle=bint, requests=int, counted=int, pieces=int, until=double
)
cdef object proceed(Connection connection)
@cython.locals(link=Http1Link, rest=bytes)
cdef bint _may_read_on(Connection connection, Parser parser) except -1
cdef object _look_at_clock(Connection connection)
cdef object _keep_rest(Connection connection, Parser parser, int requests)
@cython.locals(
    parser=Parser, service=Service, request=Request, exchange=Http1Exchange, method=int
)
cdef object _head(Connection connection)
@cython.locals(parser=Parser, link=Http1Link)
cdef object other(Connection connection, bytes data)
cdef object drop(Connection connection, bytes data)
@cython.locals(now=double)
cdef object filled(Connection connection)
cdef object _end_turn(Connection connection)
cdef object begin_turn(Connection connection)
cdef bint _may_read(Connection connection) except -1
