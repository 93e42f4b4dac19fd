# Types for environ.py compiled as environ_c.
cimport cython
from fastresp.core.request_c cimport Peer, Request
from fastresp.wire cimport octets_c as octets

cdef int PERCENT
cdef Py_ssize_t MOST, LONGEST
cdef tuple METHODS, VERSION

@cython.locals(known=dict)
cdef str _variable(bytes name)
@cython.locals(headers=list, body=bytes, data=bytes, start=Py_ssize_t, end=Py_ssize_t, path=bytes, peer=Peer,
               server=tuple, known=dict, client=tuple, environ=dict, name=bytes, content=bytes, variable=str, value=str)
cpdef dict new_environ(Request request, dict variables)
cdef tuple _asked_for(Request request)
