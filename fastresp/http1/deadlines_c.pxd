# Types for deadlines.py compiled as deadlines_c.
cimport cython
from fastresp.core cimport answer_c as answers
from fastresp.http1 cimport pipeline_c as pipelines
from fastresp.http1.exchange_c cimport Http1Exchange
from fastresp.core.service_c cimport Service

cdef double LINGER, PERIOD
cdef int NOTHING, IDLE, IN_HEAD, IN_BODY, LINGERING, CLOSING, LAST, BEHIND

cdef class Deadlines(pipelines.Pipeline):
    cdef Http1Exchange incoming
    cdef Py_ssize_t seen, discarding, measured, sent
    cdef bint expecting, held, overdue
    cdef double progress, measured_at, sent_at
    cdef object arm_deadline(self)
    cdef object arm_work_deadline(self)
    cpdef object last_call(self)
    @cython.locals(busy=bint)
    cpdef object drain(self)
    @cython.locals(first=Http1Exchange)
    cpdef object sweep(self, double now)
    @cython.locals(size=Py_ssize_t)
    cpdef str untaken(self)
    @cython.locals(left=Py_ssize_t, taken=Py_ssize_t)
    cdef object _watch_writing(self, double now)
    cdef object cut(self, str reason)
    @cython.locals(left=Py_ssize_t, takes=bint)
    cdef object _watch_lingering(self, double now)
    cdef object _watch_rate(self, double now)
    cdef object _look(self)
    cdef bint wants_body(self) except -1
    cdef object give_up(self, int status, str reason)
