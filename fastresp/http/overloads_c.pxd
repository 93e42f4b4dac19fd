# Types for overloads.py compiled as overloads_c.
cimport cython
from fastresp.wire.headers_c cimport format_fields

cdef object UNSET
@cython.locals(code=int)
cpdef tuple sort(object data, object mime_type, object status, object headers)
cpdef object exact(object text)
cpdef tuple formatted(object fields)
