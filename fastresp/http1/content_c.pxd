# Types for content.py compiled as content_c.
cimport cython
from fastresp.core.request_c cimport Request
from fastresp.core.service_c cimport Service
from fastresp.http1 cimport states_c as states
from fastresp.http1.connection_c cimport Connection
from fastresp.http1.exchange_c cimport Http1Exchange
from fastresp.http1.parser_c cimport Parser
from fastresp.net.receiver_c cimport Whole, new_receiver, new_whole

cdef int ANSWERED, COMPLETE, STOP, STOPPED
cdef Py_ssize_t LARGE, DISCARDED

@cython.locals(whole=Whole)
cdef object piece(Connection connection, bytes data)
@cython.locals(parser=Parser, whole=Whole)
cdef Whole _whole(Connection connection)
@cython.locals(whole=Whole)
cdef object gather(Connection connection, object pieces)
@cython.locals(parser=Parser)
cdef Py_ssize_t left(Connection connection) except -1
@cython.locals(parser=Parser)
cdef object received(Connection connection, Py_ssize_t count)
@cython.locals(parser=Parser, service=Service, request=Request, exchange=Http1Exchange, seen=Py_ssize_t)
cdef object starved(Connection connection)
@cython.locals(parser=Parser, request=Request, exchange=Http1Exchange)
cdef object end(Connection connection)
cdef object awaited(Connection connection)
@cython.locals(exchange=Http1Exchange)
cdef object send_continue(Connection connection)
cdef object discard(Connection connection, Http1Exchange exchange)
