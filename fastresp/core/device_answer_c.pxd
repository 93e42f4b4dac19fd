# Types for device_answer.py compiled as device_answer_c.
cimport cython
from fastresp.core cimport answer_c as answers
from fastresp.core cimport exchange_c as exchanges
from fastresp.core cimport lengths_c as lengths
from fastresp.core.exchange_c cimport Exchange, Progress
from fastresp.wire.headers_c cimport format_head

cdef int HAS_CONTENT_TYPE
cdef Py_ssize_t CHUNKED, PIECE

@cython.locals(progress=Progress, declared=Py_ssize_t, facts=int)
cpdef object send(Exchange exchange, int status, tuple fields, object content_type, object source)
@cython.locals(progress=Progress)
cpdef object _measured(Exchange exchange, int status, tuple fields, object content_type, object source)
@cython.locals(progress=Progress)
cpdef object _unmeasured(Exchange exchange, object error)
@cython.locals(progress=Progress, declared=Py_ssize_t, length=Py_ssize_t, is_empty=bint, started=bint)
cdef object _send_source(Exchange exchange, int status, tuple fields, object content_type, object source)
cpdef object refuse(Exchange exchange, object error)
