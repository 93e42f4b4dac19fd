# Types for request.py compiled as request_c.
cimport cython
from fastresp.http cimport octets_c as octets
from fastresp.http.octets_c cimport octets_t
from fastresp.http.parser_c cimport Parser
from fastresp.http.path_c cimport path_text

from fastresp.http.query_c cimport new_query

cdef int ABSOLUTE, HTAB, LF, QUESTION, SLASH, SP
cdef Py_ssize_t PAIR
cdef object _TOKEN
cdef octets_t TOKEN

cdef class Peer:
    cdef object transport
    cdef readonly bint secure
    cdef object _remote
    cdef object _local
    cpdef object remote(self)
    cpdef object local(self)

@cython.final
cdef class Request:
    cdef bytes _data
    cdef Py_ssize_t _method_start, _method_end, _target_start, _target_end, _fields_start, _fields_end, _host_start, _host_end
    cdef int _method, _form, _minor
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

cpdef Peer new_peer(object transport, bint secure)
@cython.locals(request=Request)
cpdef Request new_request(Parser parser, Peer peer, Request spare)
@cython.locals(data=bytes, pairs=Py_ssize_t)
cpdef Py_ssize_t cost_of_query(Parser parser) except -1
cdef Peer NOBODY
cdef bytes NOTHING
cpdef object empty(Request request)
