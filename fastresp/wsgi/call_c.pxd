# Types for call.py compiled as call_c.
cimport cython
from fastresp.core.exchange_c cimport Exchange
from fastresp.core.request_c cimport Request
from fastresp.core.responder_c cimport Responder
from fastresp.wsgi.environ_c cimport new_environ
from fastresp.wsgi.head_c cimport Head, new_head

cdef int READY
cdef Py_ssize_t UNKNOWN

cdef class End:
    cdef object _future, _loop
    cdef bint _has_come
    cpdef object wait(self)
    cpdef object come(self)

@cython.final
cdef class Call:
    cdef readonly dict environ
    cdef readonly End end
    cdef object _app, _errors, _loop, _feed
    cdef list _collected
    cdef Head _head
    cdef Request _request
    cdef Responder _responder
    cdef Py_ssize_t _spool_limit, _given
    cdef long _generation
    cdef bint _is_begun, _is_running
    cdef unsigned long _writer
    @cython.locals(end=End)
    cpdef object run(self)
    @cython.locals(responder=Responder)
    cdef object _run(self)
    @cython.locals(responder=Responder, end=End)
    cpdef object leave(self, object withdraw)
    cpdef object start_response(self, object status, object headers, object exc_info=*)
    @cython.locals(head=Head)
    cdef bint _send(self, object result) except -1
    @cython.locals(writer=cython.ulong)
    cpdef object _write(self, object data, bint is_all=*)
    @cython.locals(length=Py_ssize_t, responder=Responder, head=Head)
    cdef object _put(self, bytes data, bint is_all)
    cdef object _put_last(self, bytes data, Py_ssize_t length)
    cdef object _check_process(self, object error=*)
    cdef object _check_start(self)
    cdef object _answer_whole(self, bytes body)
    cdef object _fail(self, object error)
    @cython.locals(responder=Responder, exchange=Exchange, head=Head)
    cpdef object _answer(self, bytes body)
    @cython.locals(head=Head)
    cpdef object _answer_with(self, object device)
    @cython.locals(responder=Responder, exchange=Exchange)
    cdef object _state_reason(self, object reason)
    @cython.locals(responder=Responder)
    cpdef object _refuse(self, object error, bint nothing_sent)

cpdef Call new_call(object app, dict variables, Request request, Responder responder, object loop=*, Py_ssize_t spool_limit=*)
