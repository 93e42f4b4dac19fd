# Types for deadlines.py compiled as deadlines_c.
cimport cython
from fastresp.core.service_c cimport Service

cdef double LINGER, PERIOD
cdef int NOTHING, IDLE, IN_HEAD, IN_BODY, LAST, BEHIND
cdef Py_ssize_t NEVER

@cython.final
cdef class Deadlines:
    cdef Service service
    cdef int waits_for
    cdef double deadline, progress, taken_since, coming_since
    cdef Py_ssize_t most, taken, coming
    cdef int watch(self, int waits_for, double seconds) except -1
    cdef int allow(self, double seconds) except -1
    cdef bint takes(self, double now, Py_ssize_t taken) except -1
    cdef bint takes_nothing(self, double now) except -1
    cdef bint takes_too_slowly(self, double now, Py_ssize_t taken, Py_ssize_t left) except -1
    cdef bint comes_too_slowly(self, double now, Py_ssize_t seen, bint excused) except -1

cpdef Deadlines new_deadlines(Service service)
