# Types for output.py compiled as output_c.
cimport cython
from fastresp.core.service_c cimport Service
from fastresp.net.direct_c cimport send, send_buffer
from fastresp.wire.buffer_c cimport OutputBuffer

cdef Py_ssize_t CALL, GATHERED, JOINED, PROMPT, SMALL
cdef int AT_ONCE
cdef double PAUSE

@cython.locals(runs=list, small=list, piece=bytes)
cdef list runs_of(list pieces)

@cython.final
cdef class Output:
    cdef Service service
    cdef object transport, write
    cdef int fd
    cdef Py_ssize_t out_size, burst, written
    cdef list out
    cdef dict waiters
    cdef double asked
    cdef int prompt
    cdef bint batching, behind, closing, flushing, in_buffer, lost, paused, writing
    cdef object connect(self, object transport)
    cdef object disconnect(self)
    @cython.locals(service=Service, buffer=OutputBuffer, size=Py_ssize_t)
    cdef object gather(self, bytes data)
    @cython.locals(size=Py_ssize_t, buffer=OutputBuffer)
    cdef Py_ssize_t gather_head(
        self, bytes line, object content_type, Py_ssize_t length, bytes tail, bytes data
    ) except -1
    @cython.locals(service=Service)
    cdef object note_size(self, Py_ssize_t size)
    @cython.locals(service=Service, buffer=OutputBuffer)
    cdef bint _may_use_buffer(self) except -1
    @cython.locals(sent=Py_ssize_t, buffer=OutputBuffer)
    cdef object flush(self, bint in_loop)
    @cython.locals(buffer=OutputBuffer, fresh=list)
    cdef object _leave_buffer(self, Py_ssize_t start)
    @cython.locals(out=list, size=Py_ssize_t, sent=Py_ssize_t, data=bytes, is_direct=bint)
    cdef object _flush(self, bint in_loop)
    cdef bint _is_direct(self, bint in_loop) except -1
    @cython.locals(now=double)
    cdef bint has_room(self) except -1
    cdef object flush_to_wait(self)
    @cython.locals(waiters=dict, fresh=dict)
    cdef object new_waiter(self)
    @cython.locals(waiters=dict, futures=list, completed=bint)
    cpdef object wake(self)
    cdef object wake_soon(self)
    @cython.locals(left=Py_ssize_t)
    cdef Py_ssize_t unsent(self) except -1
    cdef Py_ssize_t unread(self) except -1
    @cython.locals(taken=Py_ssize_t)
    cdef Py_ssize_t taken(self) except? -1
    @cython.locals(buffer=OutputBuffer)
    cdef object drop(self)

cpdef Output new_output(Service service)
