# Types for tls_write.py compiled as tls_write_c.
cimport cython

cdef Py_ssize_t RECORD, WRITE_AHEAD, TURN

cdef class TlsWriter:
    cdef object tls, outgoing, transport, backlog, failure
    cdef bint full, more, notified
    cdef Py_ssize_t sent, waiting
    @cython.locals(size=Py_ssize_t, count=Py_ssize_t)
    cdef object put(self, object data)
    cdef bint send(self) except -1
    @cython.locals(enough=Py_ssize_t, data=bytes)
    cdef object pump(self)
    cdef object send_close_notify(self)
    cdef object drop(self)
    cdef object _give(self, bytes data)
    cdef object _hold(self, bytes data)
    @cython.locals(count=Py_ssize_t, left=Py_ssize_t, piece=bytes)
    cdef bytes _encrypt(self)

cpdef TlsWriter new_writer(object tls, object outgoing)
