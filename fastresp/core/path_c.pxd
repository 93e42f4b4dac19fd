# What others cimport of path_c.pyx.
cpdef str path_text(bytes data, Py_ssize_t start, Py_ssize_t end)
