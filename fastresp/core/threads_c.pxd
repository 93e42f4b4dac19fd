# The function of threads.py in C. There is no module of this name: it is compiled into whoever cimports it.
cdef extern from "Python.h":
    unsigned long PyThread_get_thread_ident() noexcept


cdef inline bint is_current(unsigned long thread) noexcept:
    return PyThread_get_thread_ident() == thread
