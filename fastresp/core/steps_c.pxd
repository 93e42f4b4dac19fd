# The functions of steps.py in C. There is no module of this name: they are compiled into whoever cimports them.
#
# PERF: a coroutine, which can be sent to, needs no iterator around it, and its end no exception.
from cpython.ref cimport PyObject

cdef extern from *:
    """
    /* Whether it takes what is sent without a call of its method. */
    static int fastresp_takes(PyObject *thing) {
        PyAsyncMethods *methods = Py_TYPE(thing)->tp_as_async;
        return methods != NULL && methods->am_send != NULL;
    }

    /* A step: what is yielded, or `over`; NULL where it raises. */
    static PyObject *fastresp_step(PyObject *steps, PyObject *over) {
        PyObject *result = NULL;
        PySendResult found = PyIter_Send(steps, Py_None, &result);
        if (found == PYGEN_NEXT) return result;
        if (found == PYGEN_ERROR) return NULL;
        if (result == Py_None) {
            Py_DECREF(result);
            Py_INCREF(over);
            return over;
        }
        {
            PyObject *end = PyObject_CallOneArg(PyExc_StopIteration, result);
            Py_DECREF(result);
            if (end != NULL) {
                PyErr_SetObject(PyExc_StopIteration, end);
                Py_DECREF(end);
            }
            return NULL;
        }
    }
    """
    bint fastresp_takes(object thing)
    object fastresp_step(object steps, object over)


cdef extern from "Python.h":
    bint PyIter_Check(object thing)


cdef inline bint is_coroutine(object awaitable) noexcept:
    return fastresp_takes(awaitable)


cdef inline object steps_of(object awaitable):
    cdef object steps
    if fastresp_takes(awaitable):
        return awaitable
    try:
        steps = type(awaitable).__await__(awaitable)
    except StopIteration as error:
        raise RuntimeError("__await__() raised StopIteration") from error
    if not PyIter_Check(steps):
        raise TypeError(f"__await__() returned no iterator, but {type(steps).__name__}")
    return steps


cdef inline object advance(object steps, object over):
    return fastresp_step(steps, over)
