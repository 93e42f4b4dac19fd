# Types for exchange.py compiled as exchange_c.
cdef class Exchange:
    cdef bint begun, ended, gone
    cpdef object interim(self, int status, tuple head)
    cpdef object answer(self, int status, tuple head, object content_type, bytes data, bint bare)
    cpdef object answer_response(self, object response, int status, tuple head, bytes data)
    cpdef object answer_device(self, int status, tuple head, object content_type, object source)
    cpdef bint wants_page(self) except -1
    cpdef object refuse_device(self, object error)
    cpdef object begin(self, int status, tuple head, object content_type, list trailer_names, bint sized)
    cpdef object chunk(self, bytes data)
    cpdef object end(self, bytes data, object trailers)
    cpdef object fail(self)
    cpdef object drop(self)
    cpdef object abandon(self)
    cpdef object waiter(self)
    cpdef bint occupy(self, object future) except -1
    cpdef object occupied_by(self, object end)
    cpdef object moved(self)
    cpdef object on_close(self, object callback)
