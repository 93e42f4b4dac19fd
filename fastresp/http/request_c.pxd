cimport cython
from fastresp.http.parser_c cimport Parser

from fastresp.http.query_c cimport new_query
from fastresp.http cimport octets_c as octets

cdef int ABSOLUTE, QUESTION, SLASH

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
    cdef object _path, _headers, _query
    cdef object _stream
    cdef object _trailers
    @cython.locals(start=Py_ssize_t)
    cdef Py_ssize_t _path_start(self) except -1
    @cython.locals(end=Py_ssize_t)
    cdef Py_ssize_t _path_end(self) except -1

cpdef Peer new_peer(object transport, bint secure)
@cython.locals(request=Request)
cpdef Request new_request(Parser parser, Peer peer)
