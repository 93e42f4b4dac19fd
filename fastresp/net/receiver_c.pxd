# What others cimport of receiver_c.pyx.
from cpython.object cimport PyObject

cdef class Whole:
    # No reference to it leaves before take(): as long as it has one only, it may be written to, and grow.
    cdef PyObject *_data
    cdef Py_ssize_t _size, _expected
    cdef char *reserve(self, Py_ssize_t count) except NULL
    cpdef object add(self, bytes piece)
    cpdef bytes take(self)

cpdef object new_receiver(object protocol)
cpdef Whole new_whole(Py_ssize_t expected)
