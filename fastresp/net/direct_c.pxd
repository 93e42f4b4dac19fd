# What others cimport of direct_c.pyx.
from fastresp.wire.outbox_c cimport Outbox

cpdef Py_ssize_t send(int fd, bytes data) except -1
cpdef Py_ssize_t send_outbox(int fd, Outbox outbox) except -1
