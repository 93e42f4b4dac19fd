# Types for answer.py compiled as answer_c.
cimport cython
from fastresp.core.exchange_c cimport Exchange
from fastresp.core.overloads_c cimport formatted
from fastresp.core.request_c cimport Request
from fastresp.core.responder_c cimport Responder

cdef int LOOKS, READY, NEW, HELD, STREAMING, SENT, TRAILERS, DONE
cdef Py_ssize_t UNKNOWN
cdef list NOTHING

@cython.final
cdef class Answer:
    cdef readonly Request request
    cdef readonly Responder responder
    cdef public object over, pieces
    cdef public bint is_read
    cdef int _state
    cdef bint _told
    cdef int _asked
    cdef int _status
    cdef list _fields, _trailers
    cdef Py_ssize_t _left
    @cython.locals(event=dict, state=int)
    cpdef object take(self, object message)
    cpdef bint excuses(self, object error) except -1
    cpdef object leave(self)
    cpdef bint is_complete(self)
    cpdef bint asks_on(self)
    cpdef object tell(self)
    @cython.locals(status=int)
    cdef object _hold(self, dict event)
    @cython.locals(responder=Responder, exchange=Exchange, head=tuple)
    cdef object _send_whole(self, bytes body)
    cdef object _put(self, bytes body)
    cdef object _put_last(self, bytes body)
    @cython.locals(trailers=list, kept=list)
    cdef object _put_trailers(self, dict event)
    @cython.locals(fields=list, links=list)
    cdef object _hint(self, dict event)
    @cython.locals(fields=list, kept=list)
    cdef object _send_head(self, object write, object argument)
    cpdef object _write(self, bytes body)
    cpdef object _write_path(self, object path)
    @cython.locals(fields=list)
    cpdef object _begin(self, bytes body)
    @cython.locals(exchange=Exchange)
    cdef object _room(self)
    @cython.locals(request=Request)
    cdef bint _has_content(self) except -1

@cython.locals(fields=list)
cdef list checked(object headers)
cpdef Answer new_answer(Request request, Responder responder)
