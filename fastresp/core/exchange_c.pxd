# Types for exchange.py compiled as exchange_c.
cimport cython
from fastresp.core.service_c cimport Service
from fastresp.core cimport threads_c as threads

@cython.final
cdef class Progress:
    cdef Py_ssize_t remaining
    cdef object pump, source, trailer_names

cdef class Exchange

# These need the name above.
from fastresp.core cimport link_c as links

cdef class Exchange:
    cdef public bint begun, dropped, ended, gone, is_connect, is_head, left, lost
    cdef public list callbacks
    cdef public links.Link link
    cdef public Progress progress
    cdef public tuple reason
    cdef public object request
    cdef public Service service
    @cython.final
    @cython.locals(service=Service)
    cdef int check_thread(self) except -1
    cpdef object interim(self, int status, tuple fields)
    cpdef object respond(self, int status, tuple fields, object content_type, Py_ssize_t length, bytes data)
    cpdef object respond_ready(self, object response, int status, tuple fields, Py_ssize_t length, bytes data)
    cpdef object start(self, int status, tuple fields, object content_type, Py_ssize_t length, list trailer_names)
    cpdef object data(self, bytes data)
    cpdef object finish(self, bytes data, object trailers)
    cpdef bint may_upgrade(self) except -1
    cpdef links.Link upgrade(self, bytes protocol, tuple fields, links.Session session)
    cpdef object abort(self)
    cpdef bint is_next(self) except -1
    cpdef object waiter(self)
    cpdef object wake(self)
    cpdef object begin_work(self)
    cpdef bint occupy(self, object future) except -1
    cpdef object occupied_by(self, object end)
