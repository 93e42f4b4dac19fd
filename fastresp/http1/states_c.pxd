# Types for states.py compiled as states_c.
cimport cython
from fastresp.http1.connection_c cimport Connection

cdef int NEVER, READ_EVENTS, WRITE_EVENTS
cdef bytes READING, WRITING

@cython.locals(state=int)
cdef int read(Connection connection, int event) except -1
@cython.locals(state=int)
cdef int write(Connection connection, int event) except -1
