# Types for overloads.py compiled as overloads_c.
cimport cython
from fastresp.core.files_c cimport read_whole
from fastresp.wire.chunks_c cimport as_bytes
from fastresp.wire.headers_c cimport format_fields

from fastresp.core.exchange_c cimport Exchange

cdef object UNSET
@cython.locals(code=int)
cpdef tuple sort(object data, object mime_type, object status, object headers)
cpdef tuple sort_begin(object mime_type, object trailer_names, object status)
cpdef tuple content_of(object data)
cpdef tuple bare_error(Exchange exchange, int status)
cpdef object natural_type(object device)
cpdef object read_small(object device, Py_ssize_t limit)
cpdef object exact(object text)
cpdef tuple formatted(object fields)
