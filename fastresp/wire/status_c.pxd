cpdef bytes status_line(object status)
cdef bytes line_of(int status)
