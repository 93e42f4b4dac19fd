# Types for work.py compiled as work_c.
cimport cython
from fastresp.core.service_c cimport Service
from fastresp.http1.connection_c cimport Connection

cdef object occupy(Connection connection, object future)
cdef object end(Connection connection)
cdef object begin_call(Connection connection, object end)
cdef bint is_free(Connection connection) except -1
@cython.locals(service=Service)
cdef object vacate(Connection connection)
@cython.locals(service=Service)
cdef object lose_place(Connection connection)
