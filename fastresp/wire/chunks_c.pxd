cpdef bytes format_chunk(object data)
cpdef bytes format_last_chunk(object trailers=*)
cpdef bytes as_bytes(object data)
