cpdef bytes read_whole(object path, Py_ssize_t limit)
