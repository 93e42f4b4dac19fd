# The function of references.py in C. There is no module of this name: it is compiled into whoever cimports it.
from cpython.ref cimport PyObject

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject *thing)


cdef inline bint is_shared(object thing) noexcept:
    return Py_REFCNT(<PyObject *>thing) > 1
