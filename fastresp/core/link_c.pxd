# Types for link.py compiled as link_c.
cimport cython
from fastresp.core.exchange_c cimport Exchange

cdef class Session:
    cpdef object received(self, bytes data)
    cpdef object ended(self)
    cpdef object over(self)
    cpdef object failed(self)
    cpdef object drain(self)
    cpdef object sweep(self, double now)

cdef class Link:
    cdef public Exchange exchange
    cdef public bint paused
    cdef public Session session
    cpdef object send(self, bytes data)
    cpdef object waiter(self)
    cpdef object pause_reading(self)
    cpdef object resume_reading(self)
    cpdef object close(self)
    cpdef object abort(self)
    @cython.final
    @cython.locals(session=Session)
    cdef object fail(self)
    @cython.final
    @cython.locals(session=Session)
    cdef object end(self)
    @cython.final
    cdef object fail_with(self, object error)
