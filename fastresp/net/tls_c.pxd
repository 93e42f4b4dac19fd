# Types for tls.py compiled as tls_c.
cimport cython
from fastresp.core.service_c cimport Service
from fastresp.net.tls_read_c cimport TlsReader, new_reader
from fastresp.net.tls_write_c cimport TlsWriter, new_writer

cdef int OPEN, HALF_CLOSED, CLOSING, CLOSED
cdef Py_ssize_t FULL, RECORD
cdef double LINGER

cdef class TlsTransport:
    cdef Service service
    cdef TlsReader reader
    cdef TlsWriter writer
    cdef object transport, new_protocol, protocol, tls, host
    cdef bint admitted, begun, eof, read_paused, held, stopped, due, paused, pumping
    cdef int ending
    cdef double deadline
    @cython.locals(reader=TlsReader)
    cpdef object data_received(self, object data)
    cpdef object sweep(self, double now)
    @cython.locals(reader=TlsReader, data=bytes)
    cdef object _read(self)
    @cython.locals(reader=TlsReader, writer=TlsWriter)
    cdef object _handed_on(self)
    cdef object _read_on(self)
    cpdef object proceed(self)
    @cython.locals(stop=bint)
    cpdef object steer(self)
    @cython.locals(service=Service)
    cdef object _open(self)
    cdef bint _turn_away(self, bytes data) except -1
    cdef object _end(self)
    cdef object _leave(self)
    cdef object _allow(self, double seconds)
    cdef object _fail(self, object error)
    cdef object _remark(self, str reason)
    cpdef object pump(self)
    @cython.locals(writer=TlsWriter)
    cdef object _written(self)
    cdef object _finish(self)
    @cython.locals(writer=TlsWriter)
    cpdef object write(self, object data)
    cpdef object close(self)
    cpdef object abort(self)
    cpdef bint is_closing(self) except -1

cpdef TlsTransport new_tls(Service service, object context, object new_protocol)
