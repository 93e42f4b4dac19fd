# Types for dispatch.py compiled as dispatch_c.
cimport cython
from fastresp.http cimport references_c as references
from fastresp.http cimport contexts_c as contexts
from fastresp.http.request_c cimport Request
from fastresp.http.responder_c cimport Responder, new_responder
from fastresp.http.service_c cimport Service
from fastresp.http.turn_c cimport Channel, Turn

cdef int DONE

@cython.locals(responder=Responder, waits=bint)
cpdef object dispatch(Service service, Turn exchange, Request request)
cpdef object fail(Service service, object request, Responder responder, object error)
cpdef object start(Service service, object awaitable, object request, object responder, Channel channel)
