# What others cimport of direct_c.pyx.
from fastresp.wire.buffer_c cimport OutputBuffer

cpdef Py_ssize_t send(int fd, bytes data) except -1
cpdef Py_ssize_t send_buffer(int fd, OutputBuffer buffer) except -1
