# Types for connection.py compiled as connection_c.
cimport cython
from fastresp.core cimport answer_c as answers
from fastresp.core.dispatch_c cimport dispatch
from fastresp.core.request_c cimport Peer, Request, new_peer
from fastresp.core.service_c cimport Service
from fastresp.http1.parser_c cimport Parser, new_parser
from fastresp.net.deadlines_c cimport Deadlines, new_deadlines
from fastresp.net.output_c cimport Output, new_output
from fastresp.wire.headers_c cimport format_fields

cdef class Connection

cpdef Connection new_connection(Service service)

# These need the names above.
from fastresp.http1 cimport close_c as close
from fastresp.http1 cimport content_c as content
from fastresp.http1 cimport reading_c as reading
from fastresp.http1 cimport refusal_c as refusal
from fastresp.http1 cimport timeouts_c as timeouts
from fastresp.http1 cimport work_c as work
from fastresp.http1.exchange_c cimport Http1Exchange
from fastresp.http1 cimport pipeline_c as pipelines
from fastresp.http1.pipeline_c cimport Pipeline, new_pipeline

cdef int ASKED, HEADS, HELD, OPEN, OVERDUE, UPGRADED
cdef int BEHIND, IDLE, IN_HEAD, LAST, NOTHING
cdef Py_ssize_t FULL, GATHERED, HIGH_WATER, NEVER
cdef double LINGER

@cython.final
cdef class Connection:
    cdef Service service
    cdef Output output
    cdef Deadlines deadlines
    cdef Pipeline pipeline
    cdef Peer peer
    cdef Parser parser
    cdef Http1Exchange incoming
    cdef object transport, host, call, body, receiver
    cdef readonly object collected
    cdef bint admitted, delimits, due, eof, expecting, read_paused, unread
    cdef int at_work
    cdef readonly int reading, writing
    cdef Py_ssize_t discarding, seen
    cdef double asked, reads_until
    @cython.locals(output=Output)
    cpdef bint eof_received(self) except -1
    @cython.locals(output=Output, completed=bint)
    cpdef object resume_writing(self)
    cpdef object sweep(self, double now)
    cpdef object drain(self)
    @cython.locals(exchange=Http1Exchange)
    cpdef object tell_streams(self)
    cpdef object abort(self)
    cpdef object lose_place(self)
    cpdef list unanswered(self)
    cpdef str untaken(self)
    cpdef object cut(self, str reason)
    cpdef bint is_cut(self) except -1
    @cython.locals(last=Http1Exchange)
    cdef object link(self)
    cpdef object stop_reading(self)
    cpdef bint is_paused(self) except -1
    cpdef object expect_head_by(self, double deadline)
    @cython.locals(output=Output, pipeline=Pipeline, completed=bint)
    cdef object put(self, Http1Exchange exchange, object pieces)
    @cython.locals(service=Service)
    cdef object done(self, Http1Exchange exchange)
    cdef bint must_close(self, Http1Exchange exchange) except -1
    cpdef object occupy(self, object future)
    cpdef object begin_work(self)
    cpdef object end_work(self, object future=*)
    cdef object begin_call(self, object end)
    cpdef object want_body(self)
    cpdef object gather(self, object pieces)
    cpdef Py_ssize_t content_left(self) except -1
    cpdef object content_received(self, Py_ssize_t count)
    cdef object discard_body(self, Http1Exchange exchange)
    cdef object receive_by(self, object receiver)
    cpdef object filled(self)
    cpdef object begin_turn(self)
    cdef object begin_turn_soon(self)
    cdef object ask_for_turn(self)
    cdef object ask_for_last_call(self, double seconds)
    cdef object close_soon(self)
    cdef object hear_of(self, object future)
    cpdef object close_gracefully(self)
    cdef object close_behind(self, Http1Exchange exchange)
    cpdef object last_call(self)
    cdef object give_up(self, int status, str reason)
    cpdef object arm_deadline(self)
    cdef bint is_held(self) except -1
    cdef bint is_answering(self) except -1
    @cython.locals(parser=Parser)
    cdef bint has_input(self) except -1
    cpdef object proceed(self)
    @cython.locals(output=Output)
    cdef object proceed_soon(self)
    cdef object resume_requests(self)
    cdef object pause_reading(self)
    cdef object resume_reading(self)
    @cython.locals(service=Service, parser=Parser)
    cdef object take_parser(self)
    @cython.locals(service=Service)
    cdef object handle(self, Http1Exchange exchange, Request request)
