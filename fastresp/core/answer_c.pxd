# Types for answer.py compiled as answer_c.
cimport cython
from fastresp.core cimport lengths_c as lengths
from fastresp.core cimport threads_c as threads
from fastresp.core cimport exchange_c as exchanges
from fastresp.core.exchange_c cimport Exchange, Progress
from fastresp.core cimport link_c as links
from fastresp.core.service_c cimport Service
from fastresp.wire.headers_c cimport format_fields

cdef int HAS_CONNECTION, HAS_CONTENT_TYPE, HAS_TRAILER, HAS_TRANSFER_ENCODING
cdef Py_ssize_t CHUNKED, UNSTATED

cpdef object interim(Exchange exchange, int status, tuple fields)
@cython.locals(length=Py_ssize_t, declared=Py_ssize_t, facts=int)
cdef object _respond(Exchange exchange, int status, tuple fields, object content_type, bytes data, bint bare)
cpdef object respond(Exchange exchange, int status, tuple fields, object content_type, bytes data, bint bare)
@cython.locals(declared=Py_ssize_t, facts=int)
cpdef object respond_with(Exchange exchange, object response, int status, tuple fields, bytes data)
@cython.locals(progress=Progress, block=bytes, declared=Py_ssize_t, facts=int, length=Py_ssize_t)
cpdef object begin(Exchange exchange, int status, tuple fields, object content_type, list trailer_names, bint sized)
cdef object respond_empty(
    Exchange exchange, int status, tuple fields, object content_type, Py_ssize_t length, list trailer_names
)
@cython.locals(progress=Progress, completed=bint)
cpdef object send(Exchange exchange, bytes data)
@cython.locals(progress=Progress, completed=bint, fields=tuple)
cpdef object finish(Exchange exchange, bytes data, object trailers)
cdef Progress _progress_of(Exchange exchange, str call)
cdef int _check_room(Progress progress, Py_ssize_t size) except -1
@cython.locals(block=bytes, declared=Py_ssize_t, facts=int, framed=bint)
cpdef links.Link upgrade(Exchange exchange, bytes protocol, tuple fields, links.Session session)
@cython.locals(progress=Progress, link=links.Link, completed=bint)
cpdef object fail(Exchange exchange)
@cython.locals(service=Service)
cpdef object drop(Exchange exchange)
cpdef object dropped(Exchange exchange)
@cython.locals(fresh=list)
cpdef object on_close(Exchange exchange, object callback)
@cython.locals(progress=Progress)
cpdef object tell_stream(Exchange exchange)
@cython.locals(callbacks=list)
cpdef object tell_closed(Exchange exchange)
@cython.locals(progress=Progress, link=links.Link)
cpdef object release(Exchange exchange)
cdef object _release_source(Exchange exchange, Progress progress)
