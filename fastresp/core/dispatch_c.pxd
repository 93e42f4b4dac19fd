# Types for dispatch.py compiled as dispatch_c.
cimport cython
from fastresp.core cimport references_c as references
from fastresp.core cimport isolation_c as isolation
from fastresp.core.request_c cimport Peer, Request
from fastresp.core.responder_c cimport Responder, new_responder
from fastresp.core.service_c cimport Service
from fastresp.core.exchange_c cimport Exchange

cdef int DONE

@cython.locals(responder=Responder, waits=bint)
cpdef object dispatch(Service service, Exchange exchange, Request request)
cpdef object fail(Service service, object request, Responder responder, object error)
@cython.locals(peer=Peer)
cpdef object start(Service service, object awaitable, Request request, object responder, Exchange exchange)
