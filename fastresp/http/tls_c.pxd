# Types for tls.py compiled as tls_c.
cimport cython
from fastresp.http.protocol_c cimport HttpProtocol, new_protocol
from fastresp.http.service_c cimport Service

cdef int OPEN, HALF, CLOSE, OVER, IN_HEAD
cdef Py_ssize_t RECORD, FED, AHEAD, DROPPED
cdef double LINGER

cdef class TlsTransport:
    cdef Service service
    cdef object transport, protocol, incoming, outgoing, tls, host, failure, backlog
    cdef bint admitted, begun, over, read_paused, held, full, paused, farewell
    cdef int ending
    cdef Py_ssize_t waiting, dropped
    cdef double deadline
    @cython.locals(pieces=list)
    cpdef object data_received(self, object data)
    cpdef object sweep(self, double now)
    @cython.locals(size=Py_ssize_t)
    cdef object _take(self, object data, list pieces)
    @cython.locals(service=Service, protocol=HttpProtocol)
    cdef bint _shake_hands(self) except -1
    cdef object _turn_away(self, bytes answer)
    cdef object _leave(self)
    cdef object _allow(self, double seconds)
    cdef object _fail(self, object error)
    cdef object _remark(self, str reason)
    cdef object _send(self)
    cdef object _hold(self, object data)
    cpdef object pump(self)
    @cython.locals(count=Py_ssize_t)
    cdef bint _encrypt(self) except -1
    cdef object _finish(self)
    @cython.locals(size=Py_ssize_t, count=Py_ssize_t)
    cpdef object write(self, object data)
    cpdef object close(self)
    cpdef object abort(self)
    cpdef bint is_closing(self) except -1

cpdef TlsTransport new_tls(Service service, object context)
