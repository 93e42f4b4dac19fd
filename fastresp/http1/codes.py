"""The numbers that the parser and its users hand to each other. Never compiled: a compiled module that wants one as
a C integer imports it here, and types it in its .pxd."""

# Parser.next(); PROCEED stays within the parser: the step is done, take the next.
NEED_DATA, HEAD, BODY, END, FAILED, PROCEED = range(6)
# Parser.method; methods are case-sensitive (RFC 9110, section 9.1).
OTHER, GET, HEAD_METHOD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH = range(10)
# Parser.form (RFC 9112, section 3.2).
ORIGIN, ABSOLUTE, AUTHORITY, ASTERISK = range(4)
# Where the parser is; LAST: the content is complete, END is to be told.
LINE, FIELDS, CONTENT, CHUNK_LINE, CHUNK_DATA, CHUNK_CR, CHUNK_LF, TRAILERS, LAST, REFUSED = range(10)

# What the lines of connection, upgrade, transfer-encoding and expect say: flags.
CLOSE, KEEP_ALIVE, UPGRADE, WEBSOCKET = 1, 2, 4, 8
CHUNKED, UNKNOWN = 1, 2
CONTINUE, UNMET = 1, 2
