# Types for dispatch.py compiled as dispatch_c.
cimport cython
from fastresp.core cimport references_c as references
from fastresp.core cimport isolation_c as isolation
from fastresp.core.request_c cimport Peer, Request
from fastresp.core.responder_c cimport Responder, new_responder
from fastresp.core.service_c cimport Service
from fastresp.http1.turn_c cimport Channel, Turn

cdef int DONE

@cython.locals(responder=Responder, waits=bint)
cpdef object dispatch(Service service, Turn exchange, Request request)
cpdef object fail(Service service, object request, Responder responder, object error)
@cython.locals(channel=Channel, peer=Peer)
cpdef object start(Service service, object awaitable, Request request, object responder, Turn exchange)
