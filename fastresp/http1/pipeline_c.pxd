# Types for pipeline.py compiled as pipeline_c.
cimport cython
from fastresp.core cimport answer_c as answers
from fastresp.core.exchange_c cimport Progress
from fastresp.core.service_c cimport Service
from fastresp.net.output_c cimport Output

cdef class Pipeline

cpdef Pipeline new_pipeline(Service service, Output output)

# These need the names above.
from fastresp.http1.connection_c cimport Connection
from fastresp.http1.exchange_c cimport Http1Exchange, new_exchange

cdef Py_ssize_t CROWD, HELD, OVERHEAD
cdef int LEFT

@cython.final
cdef class Pipeline:
    cdef Service service
    cdef Output output
    cdef Http1Exchange first, last
    cdef Py_ssize_t count, held_size
    @cython.locals(exchange=Http1Exchange, service=Service, last=Http1Exchange)
    cdef Http1Exchange enter(self, Connection connection, object request, int minor, bint keep_alive)
    cdef object clear(self)
    @cython.locals(first=Http1Exchange, following=Http1Exchange)
    cdef Http1Exchange leave(self)
    @cython.locals(output=Output, data=bytes)
    cdef bint put(self, Http1Exchange exchange, object pieces) except -1
    @cython.locals(output=Output, data=bytes)
    cdef bint _hold(self, Http1Exchange exchange, list pieces) except -1
    @cython.locals(output=Output, held=list, fresh=list, data=bytes, completed=bint)
    cdef object write_held(self, Http1Exchange exchange)
    @cython.locals(output=Output)
    cdef object waiter(self, Http1Exchange exchange)
    @cython.locals(exchange=Http1Exchange, following=Http1Exchange, service=Service, status=int)
    cdef object cancel_all(self)
    @cython.locals(exchange=Http1Exchange)
    cdef object leave_all(self)
    @cython.locals(exchange=Http1Exchange)
    cdef object answer_dropped(self)
    @cython.locals(exchange=Http1Exchange, line=list)
    cdef list line(self)
    @cython.locals(exchange=Http1Exchange)
    cdef list unanswered(self)
    cdef bint is_full(self) except -1
    @cython.locals(
        first=Http1Exchange, exchange=Http1Exchange, service=Service, largest=Py_ssize_t, progress=Progress,
        size=Py_ssize_t
    )
    cdef Py_ssize_t kept(self) except -1

@cython.locals(pipeline=Pipeline, output=Output, finished=Http1Exchange, over=Http1Exchange, completed=bint)
cdef object complete(Connection connection, Http1Exchange exchange)
@cython.locals(pipeline=Pipeline, following=Http1Exchange, finished=Http1Exchange, latest=Http1Exchange, close=bint)
cdef Http1Exchange _take_complete(Connection connection, Http1Exchange exchange)
@cython.locals(following=Http1Exchange, over=Http1Exchange)
cdef Http1Exchange _release(Service service, Http1Exchange exchange)
