# Types for request.py compiled as request_c.
cimport cython
from fastresp.wire cimport octets_c as octets
from fastresp.wire.octets_c cimport octets_t
from fastresp.core.path_c cimport path_text

from fastresp.core.query_c cimport new_query

cdef int HTAB, LF, QUESTION, SLASH, SP
cdef object _TOKEN
cdef octets_t TOKEN

cdef class Peer:
    cdef object connection, tls, transport
    cdef readonly bint secure
    cdef object _remote
    cdef object _local
    cpdef object remote(self)
    cpdef object local(self)

@cython.final
cdef class Request:
    cdef bytes _data
    cdef Py_ssize_t _method_start, _method_end, _target_start, _target_end, _fields_start, _fields_end, _host_start, _host_end, _path_from
    cdef int _method, _minor
    cdef Peer _peer
    cdef object _body
    cdef object _path, _headers, _query, _stream, _trailers
    @cython.locals(start=Py_ssize_t)
    cdef Py_ssize_t _path_start(self) except -1
    @cython.locals(end=Py_ssize_t)
    cdef Py_ssize_t _path_end(self) except -1
    cdef object _unread(self)

@cython.locals(p=octets_t, colon=Py_ssize_t, start=Py_ssize_t, line_end=Py_ssize_t, stop=Py_ssize_t, name=bytes)
cdef list _fields(bytes data, Py_ssize_t place, Py_ssize_t end, bint lower)

cpdef Peer new_peer(object transport, bint secure, object connection=*)
cdef Peer NOBODY
cdef bytes NOTHING
@cython.locals(request=Request)
cpdef Request blank_request()
cpdef object empty(Request request)
