"""The way past the transport: the compiled twin of direct.py.

PERF: uvloop's write() and the system's `write` take 0.2 us more than `send` (x0.95 of the CPU time of a plain answer, and
x0.93 with 4,096 connections, whose transports are not in the processor's cache).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE

from fastresp.wire.buffer_c cimport OutputBuffer

from fastresp.net.direct import descriptor

__all__ = ["descriptor", "send", "send_buffer"]

cdef extern from *:
    """
    #if defined(_WIN32)
    static Py_ssize_t fastresp_send(int fd, const char *data, Py_ssize_t size) { return 0; }
    #else
    #include <sys/socket.h>
    #ifndef MSG_NOSIGNAL
    #define MSG_NOSIGNAL 0
    #endif
    static Py_ssize_t fastresp_send(int fd, const char *data, Py_ssize_t size) {
        ssize_t sent = send(fd, data, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL);
        return sent < 0 ? 0 : (Py_ssize_t)sent;
    }
    #endif
    """
    Py_ssize_t fastresp_send(int fd, const char *data, Py_ssize_t size)


cpdef Py_ssize_t send(int fd, bytes data) except -1:
    """How many of these bytes the system takes now; 0 also where it fails: the transport will find out why."""
    return fastresp_send(fd, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))


cpdef Py_ssize_t send_buffer(int fd, OutputBuffer buffer) except -1:
    """As `send`, of all that is in the output buffer, and stays there."""
    return fastresp_send(fd, <const char *>buffer.place, buffer.size)
