# Types for tls_read.py compiled as tls_read_c.
cimport cython

cdef Py_ssize_t RECORD, RECORDS, SILENT, BATCH, FED
cdef int HEADER

cdef class TlsReader:
    cdef object tls, incoming
    cdef object failure
    cdef bint established
    cdef bint over
    cdef bytes encrypted
    cdef Py_ssize_t _at, _fed, _left
    cdef int _missing, _header
    cdef object take(self, bytes data)
    cdef object drop(self)
    cdef bint has_encrypted(self) except -1
    @cython.locals(pieces=list, budget=Py_ssize_t, records=Py_ssize_t, count=Py_ssize_t, silent=Py_ssize_t)
    cdef bytes decrypt(self)
    @cython.locals(
        data=bytes, start=Py_ssize_t, at=Py_ssize_t, size=Py_ssize_t, records=Py_ssize_t, step=Py_ssize_t
    )
    cdef Py_ssize_t _feed(self) except -1
    cdef bint _shake_hands(self) except -1
    @cython.locals(size=Py_ssize_t, piece=bytes)
    cdef object _read(self, list pieces)

cpdef TlsReader new_reader(object tls, object incoming)
