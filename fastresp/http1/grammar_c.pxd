# Types for grammar.py compiled as grammar_c.
cimport cython

from fastresp.wire cimport octets_c as octets
from fastresp.wire.octets_c cimport octets_t

cdef object _TOKEN, _VALUE, _SCHEME, _REG_NAME, _QUOTED, _HEX
cdef const unsigned char *TOKEN
cdef const unsigned char *VALUE
cdef const unsigned char *SCHEME
cdef const unsigned char *REG_NAME
cdef const unsigned char *QUOTED
cdef const unsigned char *HEX

cdef int OTHER, GET, HEAD_METHOD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH
cdef int CLOSE, KEEP_ALIVE, UPGRADE, WEBSOCKET, CHUNKED, UNKNOWN, CONTINUE, UNMET
cdef int HTAB, LF, CR, SP, QUOTE, PERCENT, COMMA, SLASH, COLON, SEMICOLON
cdef int EQUALS, QUESTION, OPENING, BACKSLASH, CLOSING, ZERO, NINE
cdef Py_ssize_t MAX_LENGTH

@cython.locals(code=int)
cdef int method_code(octets_t p, Py_ssize_t i, Py_ssize_t size) noexcept

@cython.locals(end=Py_ssize_t, port=int)
cdef Py_ssize_t host_end(octets_t p, Py_ssize_t i, Py_ssize_t j) except? -1

cdef bint is_ip_literal(bytes text) except -1

@cython.locals(start=Py_ssize_t, end=Py_ssize_t)
cdef Py_ssize_t target_authority(octets_t p, Py_ssize_t i, Py_ssize_t j) except? -1

cdef Py_ssize_t authority_end(octets_t p, Py_ssize_t i, Py_ssize_t j) noexcept

@cython.locals(options=int, word=Py_ssize_t, end=Py_ssize_t)
cdef int list_options(octets_t p, Py_ssize_t i, Py_ssize_t j) noexcept

@cython.locals(length=Py_ssize_t, digit=int)
cdef Py_ssize_t content_length(octets_t p, Py_ssize_t i, Py_ssize_t j) noexcept

@cython.locals(codings=int, coding=int, end=Py_ssize_t)
cdef int transfer_codings(octets_t p, Py_ssize_t i, Py_ssize_t j, int before) noexcept

cdef int expectation(octets_t p, Py_ssize_t i, Py_ssize_t j) noexcept

cdef Py_ssize_t white_end(octets_t p, Py_ssize_t i) noexcept

@cython.locals(start=Py_ssize_t)
cdef Py_ssize_t chunk_extensions_end(octets_t p, Py_ssize_t i) noexcept

@cython.locals(end=Py_ssize_t)
cdef str field_fault(octets_t p, Py_ssize_t i)
