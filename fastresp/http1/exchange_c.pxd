# Types for exchange.py compiled as exchange_c.
cimport cython
from fastresp.core cimport answer_c as answers
from fastresp.core cimport exchange_c as exchanges
from fastresp.core cimport link_c as links
from fastresp.core cimport threads_c as threads
from fastresp.core.service_c cimport Service
from fastresp.wire.chunks_c cimport format_chunk, last_chunk, size_line
from fastresp.wire.headers_c cimport format_head
from fastresp.wire.status_c cimport line_of, line_with

cdef int CONNECTION_CLOSE, HAS_CONNECTION, HAS_DATE, HAS_SERVER, HAS_TRAILER
cdef int OWN_FIELDS
cdef int ASKED, UPGRADE
cdef Py_ssize_t CHUNKED, COPIED

cdef class Http1Exchange

@cython.locals(exchange=Http1Exchange)
cpdef Http1Exchange new_exchange(Service service)

# These need the names above.
from fastresp.http1.connection_c cimport Connection
from fastresp.http1 cimport states_c as states
from fastresp.http1.link_c cimport Http1Link, new_link
from fastresp.http1.pipeline_c cimport Pipeline
from fastresp.net.output_c cimport Output

cdef class Http1Exchange(exchanges.Exchange):
    cdef Connection connection
    cdef Http1Exchange next
    cdef list held
    cdef int minor, status
    cdef Py_ssize_t decoded, sent, weight
    cdef double since
    cdef bint broken, chunked, close, ending, incoming, keep, reset, unsafe
    @cython.final
    cdef object set_up(self, Service service)
    @cython.final
    cdef object open(self, Connection connection, object request, int minor, bint keep_alive)
    cpdef object interim(self, int status, tuple fields)
    @cython.locals(
        connection=Connection, declared=Py_ssize_t, facts=int, line=bytes, block=bytes, tail=bytes,
        is_usual=bint, is_small=bint, size=Py_ssize_t,
        message=bytes
    )
    cpdef object respond(self, int status, tuple fields, object content_type, Py_ssize_t length, bytes data)
    @cython.locals(
        connection=Connection, block=bytes, declared=Py_ssize_t, facts=int, stated=Py_ssize_t, is_small=bint, message=bytes
    )
    cpdef object respond_ready(self, object response, int status, tuple fields, Py_ssize_t length, bytes data)
    @cython.locals(block=bytes, declared=Py_ssize_t, facts=int, chunked=bint, line=bytes, tail=bytes, message=bytes)
    cpdef object start(self, int status, tuple fields, object content_type, Py_ssize_t length, list trailer_names)
    @cython.locals(connection=Connection, completed=bint, last=bytes)
    cpdef object finish(self, bytes data, object trailers)
    @cython.locals(connection=Connection)
    cpdef bint may_upgrade(self) except -1
    @cython.locals(connection=Connection, block=bytes, message=bytes, link=Http1Link)
    cpdef links.Link upgrade(self, bytes protocol, tuple fields, links.Session session)
    @cython.locals(connection=Connection)
    cpdef object abort(self)
    @cython.locals(connection=Connection, pipeline=Pipeline)
    cpdef bint is_next(self) except -1
    @cython.locals(connection=Connection, pipeline=Pipeline)
    cpdef object waiter(self)
    @cython.locals(connection=Connection, output=Output)
    cpdef object wake(self)
    @cython.locals(service=Service, connection=Connection)
    cpdef object begin_work(self)
    cpdef bint occupy(self, object future) except -1
    @cython.locals(connection=Connection)
    cpdef object occupied_by(self, object end)
    @cython.final
    @cython.locals(service=Service)
    cdef object leave_request(self)
    @cython.final
    @cython.locals(fresh=list)
    cdef bint hold(self, list pieces) except -1
    @cython.final
    cdef object leave(self)
    @cython.final
    cdef bint is_simple(self) except -1
    @cython.final
    cdef object release(self)
    @cython.final
    cdef object cancel(self)
    @cython.final
    @cython.locals(completed=bint)
    cdef object _put_whole(self, int status, list pieces)
    @cython.final
    @cython.locals(connection=Connection, data=bytes)
    cdef object _put(self, object pieces)
    @cython.final
    @cython.locals(reason=tuple)
    cdef bytes _line(self, int status)
    @cython.final
    @cython.locals(service=Service, connection=Connection)
    cdef bytes _tail(self, int facts)
    @cython.final
    cdef bytes _block(self, bytes block, int facts)
