cpdef bytes format_headers(object pairs)
cpdef tuple format_fields(object pairs)
cpdef bytes format_head(bytes line, bytes block, object content_type, Py_ssize_t length, bytes tail, bytes body)
