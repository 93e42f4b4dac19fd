# What others cimport of files_c.pyx.
cpdef bytes read_whole(object path, Py_ssize_t limit)
