# Types for refusal.py compiled as refusal_c.
cimport cython
from fastresp.core cimport answer_c as answers
from fastresp.core.request_c cimport Peer
from fastresp.http1 cimport states_c as states
from fastresp.http1 cimport work_c as work
from fastresp.http1.connection_c cimport Connection
from fastresp.http1.exchange_c cimport Http1Exchange
from fastresp.http1.parser_c cimport Parser
from fastresp.http1.pipeline_c cimport Pipeline
from fastresp.wire.headers_c cimport format_fields

cdef int OVERDUE, STOP
cdef int GET, HEAD_METHOD, OPTIONS, TRACE, SAFE
cdef Py_ssize_t DISCARDED, HELD, MAX_CALLS, MAX_PIPELINE, MAX_WORK

@cython.locals(pipeline=Pipeline, first=Http1Exchange, parser=Parser, is_last=bint, most=Py_ssize_t)
cdef bint may_handle(Connection connection) except -1
@cython.locals(pipeline=Pipeline, count=Py_ssize_t)
cdef bint is_full(Connection connection) except -1
@cython.locals(pipeline=Pipeline, parser=Parser)
cdef bint must_close(Connection connection, Http1Exchange exchange) except -1
@cython.locals(completed=bint)
cdef object refuse(Connection connection, int status, str reason, object fields)
@cython.locals(exchange=Http1Exchange, peer=Peer)
cdef object _refuse(Connection connection, int status, str reason, object fields)
@cython.locals(since=double, exchange=Http1Exchange, pipeline=Pipeline, parser=Parser, head=tuple)
cdef object _answer(Connection connection, int status, str reason, object fields)
