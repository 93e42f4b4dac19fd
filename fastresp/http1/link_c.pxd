# Types for link.py compiled as link_c.
cimport cython
from fastresp.core cimport link_c as links
from fastresp.core.exchange_c cimport Exchange

cdef class Http1Link

@cython.locals(link=Http1Link)
cpdef Http1Link new_link(object connection, Exchange exchange, links.Session session)

# These need the names above.
from fastresp.http1.connection_c cimport Connection
from fastresp.http1.pipeline_c cimport Pipeline
from fastresp.net.output_c cimport Output

cdef Py_ssize_t FULL

cdef class Http1Link(links.Link):
    cdef Connection connection
    cdef bint is_ended
    @cython.locals(exchange=Exchange)
    cpdef object send(self, bytes data)
    @cython.locals(exchange=Exchange)
    cpdef object waiter(self)
    @cython.locals(connection=Connection)
    cpdef object pause_reading(self)
    cpdef object resume_reading(self)
    @cython.locals(exchange=Exchange)
    cpdef object close(self)
    @cython.locals(connection=Connection)
    cpdef object abort(self)
    @cython.locals(connection=Connection)
    cdef object read_on(self)
    @cython.locals(connection=Connection, session=links.Session, output=Output, is_outer=bint)
    cdef object received(self, bytes data)
    @cython.locals(connection=Connection, pipeline=Pipeline)
    cdef bint is_full(self) except -1
    @cython.locals(connection=Connection, session=links.Session)
    cdef object proceed(self, bytes data)
    @cython.locals(connection=Connection, session=links.Session)
    cdef object sweep(self, double now)
    @cython.locals(session=links.Session)
    cdef object drain(self)
