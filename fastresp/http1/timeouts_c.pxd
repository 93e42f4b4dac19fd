# Types for timeouts.py compiled as timeouts_c.
cimport cython
from fastresp.core.service_c cimport Service
from fastresp.http1 cimport states_c as states
from fastresp.http1.connection_c cimport Connection
from fastresp.http1.exchange_c cimport Http1Exchange
from fastresp.http1.link_c cimport Http1Link
from fastresp.http1.pipeline_c cimport Pipeline
from fastresp.net.deadlines_c cimport Deadlines
from fastresp.net.output_c cimport Output

cdef double LINGER
cdef int CLOSING, LINGERING, STOPPED, TICK
cdef int NOTHING, IDLE, IN_HEAD, IN_BODY, LAST, BEHIND

cdef object arm(Connection connection)
@cython.locals(deadlines=Deadlines)
cdef object arm_behind_work(Connection connection)
@cython.locals(deadlines=Deadlines)
cdef object last_call(Connection connection)
@cython.locals(deadlines=Deadlines, link=Http1Link, busy=bint)
cdef object drain(Connection connection)
@cython.locals(
    output=Output, deadlines=Deadlines, service=Service, pipeline=Pipeline, first=Http1Exchange,
    exchange=Http1Exchange, link=Http1Link, waits_for=int
)
cdef object sweep(Connection connection, double now)
@cython.locals(output=Output, deadlines=Deadlines, left=Py_ssize_t, taken=Py_ssize_t)
cdef object _watch_writing(Connection connection, double now)
@cython.locals(output=Output, deadlines=Deadlines, takes=bint)
cdef object _watch_lingering(Connection connection, double now)
@cython.locals(pipeline=Pipeline)
cdef object _look(Connection connection)
