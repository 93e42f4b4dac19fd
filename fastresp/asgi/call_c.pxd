# Types for call.py compiled as call_c.
cimport cython
from fastresp.asgi.answer_c cimport Answer, new_answer
from fastresp.core.path_c cimport path_text
from fastresp.core.request_c cimport Peer, Request
from fastresp.wire cimport octets_c as octets

cdef tuple METHODS

@cython.locals(headers=list, extensions=dict, data=bytes, start=Py_ssize_t, end=Py_ssize_t, peer=Peer)
cpdef dict scope_of(object handler, Request request)
@cython.locals(told=dict)
cpdef dict tls_of(Peer peer)
cpdef object server_of(object local)
