# Types for responder.py compiled as responder_c.
cimport cython
from fastresp.http.files_c cimport read_whole
from fastresp.wire.chunks_c cimport as_bytes

cdef int READY, STREAMING, DONE
cdef Py_ssize_t PIECE
cdef object UNSET

cdef class Exchange:
    cdef bint gone
    cpdef object interim(self, int status, object fields)
    cpdef object answer(self, int status, object fields, object content_type, bytes data, bint bare)
    cpdef object answer_response(self, object response)
    cpdef object answer_device(self, int status, object fields, object content_type, object device)
    cpdef object begin(self, int status, object fields, object content_type, object trailer_names)
    cpdef object chunk(self, bytes data)
    cpdef object end(self, bytes data, object trailers)
    cpdef object fail(self)
    cpdef object drop(self)
    cpdef object waiter(self)
    cpdef object on_close(self, object callback)

@cython.final
cdef class Responder:
    cdef Exchange _exchange
    cdef int _state
    cdef int _status
    @cython.locals(code=int, described=bint, is_path=bint)
    cdef object _write(self, Exchange exchange, object data, object mime_type, object status, object headers)
    cdef tuple _sort(self, object data, object mime_type, object status, object headers)
    cdef object _swap(self, Responder other)
    cdef object _finish(self, int status)
    cdef object _refuse(self, str call)
    cpdef object _fail(self)

@cython.locals(responder=Responder)
cpdef Responder new_responder(Exchange exchange, Responder spare)
