# The function of isolation.py in C. There is no module of this name: it is compiled into whoever cimports it.
#
# PERF: the copy is entered without Context.run, which would pack and unpack the arguments, and used again if nobody keeps
# it and nothing was set in it.
from cpython.ref cimport PyObject

from fastresp.core.service_c cimport Service
from fastresp.core.steps_c cimport advance

cdef extern from *:
    """
    /* What function(first, second) returns, called in the context; NULL where it raises. */
    static PyObject *fastresp_call(PyObject *context, PyObject *function, PyObject *first, PyObject *second) {
        PyObject *arguments[3] = {NULL, first, second};
        PyObject *result;
        if (PyContext_Enter(context) < 0) return NULL;
        if (PyFunction_Check(function))
            result = ((PyFunctionObject *)function)->vectorcall(
                function, arguments + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        else
            result = PyObject_Vectorcall(function, arguments + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        if (PyContext_Exit(context) < 0) Py_CLEAR(result);
        return result;
    }

    static Py_ssize_t fastresp_length(PyObject *context) {
        return Py_TYPE(context)->tp_as_mapping->mp_length(context);
    }
    """
    object fastresp_call(object context, object function, object first, object second)
    Py_ssize_t fastresp_length(object context)

cdef extern from "Python.h":
    object PyContext_Copy(object context)
    int PyContext_Enter(object context) except -1
    int PyContext_Exit(object context) except -1
    Py_ssize_t Py_REFCNT(PyObject *thing)


cdef enum:
    FEW = 4


cdef inline bint is_as_copied(object copy, object original) except -1:
    cdef Py_ssize_t count
    cdef object variable
    if original is None:
        return False
    count = fastresp_length(copy)
    if count != fastresp_length(original) or count > FEW:
        return False
    if count:
        for variable in copy:
            if original.get(variable, copy) is not copy[variable]:
                return False
    return True


cdef inline object call_in_copy(Service service, object first, object second):
    cdef object copy = service.copy
    cdef object result
    if copy is None:
        copy = PyContext_Copy(service.context)
    else:
        service.copy = None
    result = fastresp_call(copy, service.handler, first, second)
    if Py_REFCNT(<PyObject *>copy) == 1 and is_as_copied(copy, service.context):
        service.copy = copy
    return result


cdef inline object call_in(object context, object function, object argument):
    PyContext_Enter(context)
    try:
        return function(argument)
    finally:
        PyContext_Exit(context)


cdef inline object step_in(object context, object coroutine, object over):
    PyContext_Enter(context)
    try:
        return advance(coroutine, over)
    finally:
        PyContext_Exit(context)
