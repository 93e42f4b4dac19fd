# Types for output.py compiled as output_c.
cimport cython
from fastresp.http1 cimport exchange_c as exchanges
from fastresp.net.direct_c cimport send, send_buffer
from fastresp.core.service_c cimport Service
from fastresp.wire.buffer_c cimport OutputBuffer

cdef Py_ssize_t CALL, GATHERED, JOINED, SMALL

@cython.locals(runs=list, small=list, piece=bytes)
cdef list runs_of(list pieces)

cdef class Output(exchanges.Channel):
    cdef Service service
    cdef object transport, write
    cdef int fd
    cdef Py_ssize_t out_size, burst, written
    cdef list out
    cdef dict waiters
    cdef bint behind, in_buffer, running, writing, flushing, write_paused
    cdef object connect(self, object transport)
    cdef object disconnect(self)
    @cython.final
    @cython.locals(service=Service, buffer=OutputBuffer, size=Py_ssize_t)
    cdef object _gather(self, bytes data)
    @cython.final
    @cython.locals(service=Service)
    cdef object note_size(self, Py_ssize_t size)
    @cython.final
    @cython.locals(service=Service, buffer=OutputBuffer)
    cdef bint _may_use_buffer(self) except -1
    @cython.locals(sent=Py_ssize_t, buffer=OutputBuffer)
    cdef object flush(self, bint in_loop)
    @cython.final
    @cython.locals(buffer=OutputBuffer, fresh=list)
    cdef object _leave_buffer(self, Py_ssize_t start)
    @cython.final
    @cython.locals(out=list, size=Py_ssize_t, sent=Py_ssize_t, data=bytes, is_direct=bint)
    cdef object _flush(self, bint in_loop)
    @cython.final
    cdef bint _is_direct(self, bint in_loop) except -1
    @cython.locals(waiters=dict)
    cpdef object waiter(self, exchanges.Http1Exchange exchange)
    @cython.locals(waiters=dict)
    cpdef object wake(self)
    cdef object wake_soon(self)
    @cython.locals(left=Py_ssize_t)
    cdef Py_ssize_t unsent(self) except -1
    cdef Py_ssize_t unread_now(self) except -1
    @cython.locals(taken=Py_ssize_t)
    cdef Py_ssize_t taken_now(self) except? -1
    @cython.locals(buffer=OutputBuffer)
    cdef object drop_output(self)
