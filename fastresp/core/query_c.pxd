# Types for query.py compiled as query_c.
cimport cython

from fastresp.wire cimport octets_c as octets

cdef int AMPERSAND, EQUALS, PERCENT, PLUS

@cython.final
cdef class Query:
    cdef list _pairs
    cdef dict _first, _all
    @cython.locals(first=dict)
    cdef dict _names(self)

@cython.locals(query=Query)
cpdef Query _of_pairs(list pairs)
@cython.locals(query=Query)
cpdef Query new_query(bytes data, Py_ssize_t start, Py_ssize_t end)
@cython.locals(stop=Py_ssize_t, equals=Py_ssize_t)
cdef list _parse(bytes data, Py_ssize_t start, Py_ssize_t end)
cdef str _decode(bytes data, Py_ssize_t start, Py_ssize_t end)
