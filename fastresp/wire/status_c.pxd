cpdef bytes status_line(object status)
cpdef bytes line_of(int status)
