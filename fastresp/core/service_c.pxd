# Types for service.py compiled as service_c.
from fastresp.wire.buffer_c cimport OutputBuffer, new_buffer

cdef int HAS_CONNECTION, HAS_DATE, HAS_SERVER, REFUSED, REMARKS
cdef int PENDING
cdef double SHARE, STOPPED
cdef Py_ssize_t LIKELY, BUFFER

cdef class Service:
    cdef readonly unsigned long thread
    cdef readonly object handler, config, loop, connections, tasks, devices, context
    cdef readonly bint is_async, in_turn, secure, gather, draining, closes, aborted, forked, date_header, early_hints, ends_streams
    cdef readonly double now, pace, head_timeout, body_timeout, write_timeout, keep_alive_timeout
    cdef readonly Py_ssize_t max_connections, max_per_host, min_body_rate, min_write_rate, rate_limit
    cdef Py_ssize_t behind, largest, _admitted, _remarks
    cdef bint _is_full, _told_of_value
    cdef int pending
    cdef double _ticked
    cdef readonly bytes date_line, tail, tail_close, tail_keep
    cdef bytes _server_line
    cdef OutputBuffer buffer
    cdef object parser, request, exchange, responder, copy
    cdef list spares, parking
    cdef readonly dict left
    cdef public object observer, room
    cdef object _unswept, _timer, _empty, _second, _hosts, _rates, _refused
    cdef object _renew(self)
    @cython.locals(until=double)
    cpdef object _each(self, list waiting, object look)
    cpdef bytes tail_without(self, int facts, bint close, bint keep)
    cpdef int admit(self, object connection, object host) except? -1
    cpdef object dismiss(self, object connection, object host, bint admitted)
    cpdef object vacate(self, object host)
    cpdef bint over_rate(self, object host) except -1
    cpdef object remark(self, str subject, object reason)
    cdef object _count_remarks(self)
    cdef object _look_for_descriptors(self)
    cpdef object tell_of_value(self, object value)

cpdef Service new_service(object handler, object config, object loop, bint secure=*, bint gather=*)
