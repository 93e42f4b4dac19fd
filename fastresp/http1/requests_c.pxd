# Types for requests.py compiled as requests_c.
cimport cython
from fastresp.core.request_c cimport Peer, Request, blank_request
from fastresp.http1.parser_c cimport Parser

cdef int ABSOLUTE
cdef Py_ssize_t PAIR
cdef bytes NOTHING

@cython.locals(request=Request)
cpdef Request new_request(Parser parser, Peer peer, Request spare)
@cython.locals(data=bytes, pairs=Py_ssize_t)
cpdef Py_ssize_t cost_of_query(Parser parser) except -1
