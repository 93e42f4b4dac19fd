# What others cimport of intake_c.pyx.
cpdef object new_intake(object protocol)
