"""The reading of a large body: the compiled twin of receiver.py.

PERF: what is read into is memory that nobody has seen yet, and becomes the object that the handler gets. The CPU time of
an upload of 20 MiB: x0.7 where it is read piece by piece, x0.45 where the handler gets it whole.

PERF: every read lets the client send a little more, and wakes it, and a server that has fallen behind a client on the
same machine stays behind: with ROOM at 128 KiB it often takes 9 ms for 20 MiB instead of 3, with this one 3.6. Two pieces
of each upload may be in memory.
"""

import asyncio

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE, _PyBytes_Resize
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.string cimport memcpy

__all__ = ["Receiver", "Whole", "new_receiver", "new_whole"]

cdef enum:
    ROOM = 458752
    FIRST = 65536
    KEPT = 4194304

# PERF: glibc returns the top of its heap to the system when more is free there than twice the largest block that was ever
# mapped and freed. After this one it keeps the pages of the pieces that come and go: an upload of 20 MiB makes 5 page
# faults, not 60 to 350, and takes 3.6 ms and seldom more, not 4 to 7.
PyBytes_FromStringAndSize(NULL, KEPT)


cdef class Whole:
    """A body that is wanted as one."""

    def __dealloc__(self):
        Py_XDECREF(self._data)

    cdef char *reserve(self, Py_ssize_t count) except NULL:
        """Make room for so many bytes more, and tell where.

        What has come is what counts: a client may announce much and send little.
        """
        cdef Py_ssize_t capacity = 0 if self._data is NULL else PyBytes_GET_SIZE(<object>self._data)
        cdef Py_ssize_t wanted = self._size + count
        cdef bytes data
        if wanted > capacity or self._data is NULL:
            if self._expected >= wanted:
                capacity = min(8 * wanted, self._expected)
            else:
                capacity = max(wanted, 2 * capacity, FIRST)
            if self._data is NULL:
                data = PyBytes_FromStringAndSize(NULL, capacity)
                Py_INCREF(data)
                self._data = <PyObject *>data
            else:
                try:
                    _PyBytes_Resize(&self._data, capacity)
                except MemoryError:
                    self._size = 0  # what was there is gone
                    raise
        return PyBytes_AS_STRING(<object>self._data) + self._size

    cpdef object add(self, bytes piece):
        """So much has come."""
        memcpy(self.reserve(len(piece)), PyBytes_AS_STRING(piece), len(piece))
        self._size += len(piece)

    cpdef bytes take(self):
        """All that has come. There is no other call after this one."""
        cdef bytes data
        if self._size == 0:
            return b""
        if PyBytes_GET_SIZE(<object>self._data) != self._size:
            _PyBytes_Resize(&self._data, self._size)
        data = <bytes>self._data
        Py_XDECREF(self._data)
        self._data = NULL
        self._size = 0
        return data


cdef class Receiver:
    """Stands in for a connection that takes bytes by `data_received`."""

    cdef object _protocol
    cdef bytes _piece  # read into, until it is handed on
    cdef Whole _whole  # read into instead, where the parser need not see the content
    cdef char *_start
    cdef Py_ssize_t _room

    def __init__(self, protocol):
        self._protocol = protocol

    def get_buffer(self, sizehint):
        """Where the next bytes belong."""
        cdef Py_ssize_t left = self._protocol.content_left()
        if left > 0:
            self._whole = self._protocol.collected
            self._room = min(left, ROOM)
            self._start = self._whole.reserve(self._room)
        else:
            self._whole = None
            if self._piece is None:
                self._piece = PyBytes_FromStringAndSize(NULL, ROOM)
            self._room = ROOM
            self._start = PyBytes_AS_STRING(self._piece)
        return memoryview(self)

    def __getbuffer__(self, Py_buffer *view, int flags):
        if self._room == 0:
            raise BufferError("there is no room before get_buffer() is called")
        PyBuffer_FillInfo(view, self, self._start, self._room, 0, flags)

    def buffer_updated(self, Py_ssize_t count):
        """So many bytes have come. Raises ValueError for more than get_buffer() had room for."""
        if not 0 <= count <= self._room:
            raise ValueError(f"{count} bytes can't have come: there was room for {self._room}")
        cdef bint is_full = count == self._room
        self._room = 0
        if self._whole is not None:
            self._whole._size += count
            self._whole = None
            self._protocol.content_received(count)
        else:
            self._protocol.data_received(self._take(count))
        if is_full:
            self._protocol.filled()

    cdef bytes _take(self, Py_ssize_t count):
        """What was read. The rest of the piece is given back: slow clients shall not cost one each."""
        cdef PyObject *piece
        cdef bytes data
        if 2 * count < ROOM:  # cut off, it would leave more than half a piece that no other one fits into
            data = PyBytes_FromStringAndSize(self._start, count)
            self._piece = None
            return data
        piece = <PyObject *>self._piece
        Py_INCREF(self._piece)
        self._piece = None
        _PyBytes_Resize(&piece, count)
        data = <bytes>piece
        Py_XDECREF(piece)
        return data

    def eof_received(self):
        return self._protocol.eof_received()

    def connection_lost(self, error):
        self._protocol.connection_lost(error)

    def pause_writing(self):
        self._protocol.pause_writing()

    def resume_writing(self):
        self._protocol.resume_writing()


class _Buffered(Receiver, asyncio.BufferedProtocol):
    """asyncio knows a protocol that is read into by its class."""

    __slots__ = ()


cpdef object new_receiver(object protocol):
    """What takes in a large body for `protocol`."""
    return _Buffered(protocol)


cpdef Whole new_whole(Py_ssize_t expected):
    """What puts a body together, of which nothing has come. Its size is expected to be this; -1 if it is not known."""
    cdef Whole whole = Whole.__new__(Whole)
    whole._expected = expected
    return whole
