"""What other compiled modules call in headers_c without going through Python.

The signatures and results are those of headers.py.
"""

cpdef bytes format_headers(object pairs)
cpdef tuple format_fields(object pairs)
cpdef bytes format_head(bytes line, bytes block, object content_type, Py_ssize_t length, bytes tail, bytes body)
cdef Py_ssize_t lay_head(
    unsigned char *place, Py_ssize_t room, bytes line, object content_type, Py_ssize_t length, bytes tail, bytes body
) except -1
