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


cdef inline object steps_of(object awaitable):
    return awaitable if fastresp_takes(awaitable) else awaitable.__await__()


cdef inline object advance(object steps, object over):
    return fastresp_step(steps, over)
