# Types for responder.py compiled as responder_c.
cimport cython
from fastresp.core cimport answer_c as answers
from fastresp.core cimport device_answer_c as device_answers
from fastresp.core.exchange_c cimport Exchange
from fastresp.core cimport link_c as links
from fastresp.core.overloads_c cimport bare_error, content_of, exact, formatted, natural_type, read_small, sort, sort_begin
from fastresp.wire.chunks_c cimport as_bytes

cdef int READY, STREAMING, DONE, UPGRADED, DROPPED
cdef Py_ssize_t PIECE
cdef object UNSET

@cython.final
cdef class Responder:
    cdef Exchange _exchange
    cdef int _state
    cdef int _status
    @cython.locals(exchange=Exchange, code=int, content=bytes, found=tuple)
    cdef object _write(self, object data, object mime_type, object status, object headers)
    @cython.locals(exchange=Exchange)
    cdef object _write_device(self, object device, object kind, tuple head, int code)
    @cython.locals(completed=bint)
    cdef object _answer(self, Exchange exchange, int status, tuple head, object kind, bytes data, bint bare)
    cdef Exchange _claim(self, str call, int state)
    cdef object _restore(self, Exchange exchange)
    @cython.locals(exchange=Exchange, moved=Exchange)
    cdef object _swap(self, Responder other)
    cdef object _finish(self, int status)
    @cython.locals(exchange=Exchange)
    cdef object _refuse(self, str call)
    @cython.locals(exchange=Exchange, state=int)
    cpdef object _begin_sized(self, object headers, int status)
    @cython.locals(exchange=Exchange)
    cdef object _begin(self, str call, int status, tuple head, object kind, list announced, bint sized)
    @cython.locals(exchange=Exchange, head=tuple)
    cpdef links.Link _upgrade(self, bytes protocol, object headers, links.Session session)
    cpdef object _fail(self, bint is_told=*)
    cpdef Exchange _unanswered(self)

@cython.locals(responder=Responder)
cpdef Responder new_responder(Exchange exchange, Responder spare)
