# Types for handling.py compiled as handling_c.
cimport cython
from fastresp.core cimport isolation_c as isolation
from fastresp.core cimport references_c as references
from fastresp.core cimport steps_c as steps
from fastresp.core.request_c cimport Request
from fastresp.core.responder_c cimport Responder
from fastresp.core.service_c cimport Service

cdef object OVER, NOTHING, WOKEN
cdef Py_ssize_t MOST
cdef set TASKS
cdef dict RUNNING

cpdef object fail(Service service, object request, Responder responder, object error)

@cython.final
cdef class Handling:
    cdef Service service
    cdef object awaitable, place, request, steps, task
    cdef object own, wake, found, context, mark, name, first_name
    cdef Py_ssize_t uses
    cdef Responder responder
    cdef bint is_over, has_failed
    cdef readonly bint cr_running
    cdef object _step(self, object context)
    @cython.locals(service=Service)
    cpdef object rest(self, object wake)
    cpdef object give_up(self)
    @cython.locals(service=Service)
    cdef bint begin(self, object awaitable, Request request, Responder responder) except -1
    @cython.locals(service=Service)
    cdef bint settle(self) except -1
    cdef object _rename(self, object task)
    cdef object _break_off(self, object error)
    cdef bint _is_as_new(self, object task, object context) except -1
    cdef object _enter(self)
    cdef object _dispose(self)
    @cython.locals(service=Service)
    cdef object _returned(self, object result)
    @cython.locals(service=Service, responder=Responder, is_cancelled=bint)
    cdef object _raised(self, object error)
    @cython.locals(service=Service)
    cdef object _end(self)

cpdef Handling new_handling(Service service, object awaitable, Request request, Responder responder)
@cython.locals(handling=Handling)
cpdef object park(Service service)
