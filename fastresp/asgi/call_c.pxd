# Types for call.py compiled as call_c.
cimport cython
from fastresp.asgi.answer_c cimport Answer, new_answer
from fastresp.core.request_c cimport Request

@cython.locals(headers=list, extensions=dict)
cpdef dict scope_of(object handler, Request request)
cpdef object server_of(object local)
