# Types for lengths.py compiled as lengths_c.
from fastresp.core cimport exchange_c as exchanges
from fastresp.core.exchange_c cimport Exchange

cdef int HAS_TRANSFER_ENCODING

cdef bint is_empty(Exchange exchange, int status) except -1
cdef bint is_unmeasured(Exchange exchange, int status) except -1
cdef tuple without_length(tuple fields)
cdef int check(Exchange exchange, Py_ssize_t declared, Py_ssize_t length, bint bare) except -1
cdef int check_framing(int facts) except -1
