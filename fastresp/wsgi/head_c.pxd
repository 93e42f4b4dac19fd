# Types for head.py compiled as head_c.
cimport cython
from fastresp.core.overloads_c cimport formatted

cdef Py_ssize_t UNKNOWN, LARGEST

@cython.final
cdef class Head:
    cdef readonly int status
    cdef readonly object reason
    cdef readonly list fields
    cdef readonly tuple formatted
    cdef readonly Py_ssize_t length

cdef list _without(list fields, object left_out)
cpdef Head new_head(object status, object headers)
