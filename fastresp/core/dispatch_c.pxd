# Types for dispatch.py compiled as dispatch_c.
cimport cython
from fastresp.core cimport references_c as references
from fastresp.core cimport isolation_c as isolation
from fastresp.core.request_c cimport Request
from fastresp.core.responder_c cimport Responder, new_responder
from fastresp.core.service_c cimport Service
from fastresp.core.exchange_c cimport Exchange
from fastresp.core cimport steps_c as steps

cdef int DONE
cdef bint PARKS
cdef Py_ssize_t MOST
cdef object OVER, NOTHING, WOKEN
cdef set TASKS
cdef dict RUNNING

@cython.locals(responder=Responder, waits=bint)
cpdef object dispatch(Service service, Exchange exchange, Request request)
cpdef object fail(Service service, object request, Responder responder, object error)
@cython.locals(handling=Handling)
cpdef object start(Service service, object awaitable, Request request, Responder responder, Exchange exchange)

@cython.locals(handling=Handling)
cdef object park(Service service)
cpdef object prepare(Service service)

@cython.final
cdef class Handling:
    cdef Service service
    cdef object awaitable, place, request, steps, task
    cdef object own, wake, found, context, mark, name
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
    cdef bint _is_as_new(self, object task) except -1
    cdef object _enter(self)
    cdef object _dispose(self)
    @cython.locals(service=Service)
    cdef object _returned(self, object result)
    @cython.locals(service=Service, responder=Responder, is_cancelled=bint)
    cdef object _raised(self, object error)
    @cython.locals(service=Service)
    cdef object _end(self)
