# The function of references.py in C. There is no module of this name: it is compiled into whoever cimports it.
from cpython.ref cimport PyObject

cdef extern from *:
    """
    static int fastresp_weak(PyObject *thing, PyObject *mark) {
        Py_ssize_t offset = Py_TYPE(thing)->tp_weaklistoffset;
        PyObject *first;
        if (offset <= 0) return mark != Py_None;
        first = *(PyObject **)((char *)thing + offset);
        return first != (mark == Py_None ? NULL : mark) || (first != NULL && ((PyWeakReference *)first)->wr_next != NULL);
    }
    """
    bint fastresp_weak(PyObject *thing, PyObject *mark)

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject *thing)
    PyObject **_PyObject_GetDictPtr(PyObject *thing)


cdef enum:
    TASK = 3
    COROUTINE = 2
    CONTEXT = 3


cdef inline bint is_shared(object thing) noexcept:
    return Py_REFCNT(<PyObject *>thing) > 1


cdef inline bint is_left(object thing, Py_ssize_t references, object mark) noexcept:
    return Py_REFCNT(<PyObject *>thing) == references and not fastresp_weak(<PyObject *>thing, <PyObject *>mark)


cdef inline bint has_attributes(object task) noexcept:
    cdef PyObject **place = _PyObject_GetDictPtr(<PyObject *>task)
    return place != NULL and place[0] != NULL
