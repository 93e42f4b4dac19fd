"""What other compiled modules call in buffer_c without going through Python."""

cdef class OutputBuffer:
    cdef unsigned char *place
    cdef readonly Py_ssize_t capacity, size
    cpdef bint add(self, bytes data) except -1
    cpdef Py_ssize_t add_head(self, bytes line, object content_type, Py_ssize_t length, bytes tail, bytes body) except -1
    cpdef bytes take(self, Py_ssize_t start)
    cpdef object clear(self)

cpdef OutputBuffer new_buffer(Py_ssize_t capacity)
