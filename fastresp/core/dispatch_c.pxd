# Types for dispatch.py compiled as dispatch_c.
cimport cython
from fastresp.core cimport references_c as references
from fastresp.core cimport isolation_c as isolation
from fastresp.core.request_c cimport Request
from fastresp.core.responder_c cimport Responder, new_responder
from fastresp.core.service_c cimport Service
from fastresp.core.exchange_c cimport Exchange
from fastresp.core.handling_c cimport Handling, fail, new_handling, park

cdef int DONE
cdef bint PARKS

@cython.locals(responder=Responder, waits=bint)
cpdef object dispatch(Service service, Exchange exchange, Request request)
@cython.locals(handling=Handling)
cpdef object start(Service service, object awaitable, Request request, Responder responder, Exchange exchange)

cpdef object prepare(Service service)
