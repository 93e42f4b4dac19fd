# What others cimport of direct_c.pyx.
cpdef Py_ssize_t send(int fd, bytes data) except -1
