# The function of contexts.py in C. There is no module of this name: it is compiled into whoever cimports it.
#
# PERF: a copy shares the values of the original, and comes from a free list of CPython's; Context.run would pack and
# unpack the arguments.
cdef extern from "Python.h":
    object PyContext_Copy(object context)
    int PyContext_Enter(object context) except -1
    int PyContext_Exit(object context) except -1


cdef inline object call_in_copy(object context, object function, object first, object second):
    cdef object copy = PyContext_Copy(context)
    PyContext_Enter(copy)
    try:
        return function(first, second)
    finally:
        PyContext_Exit(copy)
