cpdef object new_intake(object protocol)
