# Types for close.py compiled as close_c.
cimport cython
from fastresp.core.request_c cimport Peer
from fastresp.core.service_c cimport Service
from fastresp.http1 cimport states_c as states
from fastresp.http1 cimport work_c as work
from fastresp.http1.connection_c cimport Connection
from fastresp.http1.exchange_c cimport Http1Exchange
from fastresp.http1.pipeline_c cimport Pipeline
from fastresp.net.deadlines_c cimport Deadlines
from fastresp.net.output_c cimport Output

cdef int ABORT, CLOSE, HALF_CLOSE, LINGERING, STOP
cdef int IDLE
cdef double LINGER
cdef Py_ssize_t NEVER

@cython.locals(output=Output)
cdef object behind(Connection connection, Http1Exchange exchange)
@cython.locals(output=Output, deadlines=Deadlines, pipeline=Pipeline, lingers=bint)
cdef object gracefully(Connection connection)
@cython.locals(output=Output, pipeline=Pipeline, ends_short=bint)
cdef object abort(Connection connection)
@cython.locals(service=Service, pipeline=Pipeline, output=Output, peer=Peer)
cdef object lost(Connection connection)
@cython.locals(pipeline=Pipeline, output=Output)
cdef object _tell_lost(Connection connection)
@cython.locals(pipeline=Pipeline, first=Http1Exchange)
cdef bint is_cut(Connection connection) except -1
cdef object cut(Connection connection, str reason)
@cython.locals(output=Output, pipeline=Pipeline, size=Py_ssize_t)
cdef str untaken(Connection connection)
