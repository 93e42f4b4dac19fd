# Types for exchange.py compiled as exchange_c.
cimport cython
from fastresp.core cimport answer_c as answers
from fastresp.core cimport exchange_c as exchanges
from fastresp.core cimport threads_c as threads
from fastresp.core.service_c cimport Service
from fastresp.wire.chunks_c cimport format_chunk
from fastresp.wire.headers_c cimport format_head
from fastresp.wire.status_c cimport line_of

cdef int CONNECTION_CLOSE, HAS_CONNECTION, HAS_DATE, HAS_SERVER, HAS_TRAILER
cdef int OWN_FIELDS
cdef Py_ssize_t CHUNKED, COPIED

cdef class Http1Exchange

cdef class Channel:
    cdef bint closing, lost
    cdef object put(self, Http1Exchange exchange, list pieces)
    cdef Py_ssize_t put_response(
        self, Http1Exchange exchange, bytes line, object content_type, Py_ssize_t length, bytes tail, bytes data
    ) except -1
    cdef object done(self, Http1Exchange exchange)
    cdef bint must_close(self, Http1Exchange exchange) except -1
    cdef bint is_turn(self, Http1Exchange exchange) except -1
    cdef object call_begins(self, object end)
    cpdef object occupy(self, object future)
    cpdef object waiter(self, Http1Exchange exchange)
    cpdef object wake(self)

cdef class Http1Exchange(exchanges.Exchange):
    cdef Channel channel
    cdef Http1Exchange next
    cdef list held
    cdef int minor, status
    cdef Py_ssize_t decoded, sent, weight
    cdef bint broken, chunked, close, ending, incoming, keep, reset, unsafe
    @cython.final
    cdef object set_up(self, Service service)
    @cython.final
    cdef object open(self, Channel channel, object request, int minor, bint keep_alive)
    cpdef object interim(self, int status, tuple fields)
    @cython.locals(
        service=Service, channel=Channel, declared=Py_ssize_t, facts=int, line=bytes, block=bytes, tail=bytes,
        is_usual=bint, is_small=bint, size=Py_ssize_t, message=bytes
    )
    cpdef object respond(self, int status, tuple fields, object content_type, Py_ssize_t length, bytes data)
    @cython.locals(
        channel=Channel, block=bytes, declared=Py_ssize_t, facts=int, stated=Py_ssize_t, is_small=bint, message=bytes
    )
    cpdef object respond_ready(self, object response, int status, tuple fields, Py_ssize_t length, bytes data)
    @cython.locals(block=bytes, declared=Py_ssize_t, facts=int, chunked=bint, tail=bytes, message=bytes)
    cpdef object start(self, int status, tuple fields, object content_type, Py_ssize_t length, list trailer_names)
    @cython.locals(channel=Channel, completed=bint, last=bytes)
    cpdef object finish(self, bytes data, object trailers)
    @cython.locals(channel=Channel)
    cpdef object abort(self)
    @cython.locals(channel=Channel)
    cpdef bint is_next(self) except -1
    @cython.locals(channel=Channel)
    cpdef object waiter(self)
    @cython.locals(channel=Channel)
    cpdef object wake(self)
    @cython.locals(service=Service, channel=Channel)
    cpdef bint occupy(self, object future) except -1
    @cython.locals(channel=Channel)
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
    @cython.locals(channel=Channel, data=bytes)
    cdef object _put(self, list pieces)
    @cython.final
    @cython.locals(service=Service, channel=Channel)
    cdef bytes _tail(self, int facts)
    @cython.final
    cdef bytes _block(self, bytes block, int facts)

@cython.locals(exchange=Http1Exchange)
cpdef Http1Exchange new_exchange(Service service)
