# What others cimport of direct_c.pyx.
cpdef bytes join(list pieces)
cpdef Py_ssize_t send(int fd, bytes data) except -1
