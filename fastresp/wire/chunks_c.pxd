"""What other compiled modules call in chunks_c without going through Python.

The signatures and results are those of chunks.py.
"""

cpdef bytes format_chunk(object data)
cpdef bytes format_last_chunk(object trailers=*)
cpdef bytes as_bytes(object data)
cpdef bytes size_line(Py_ssize_t size)
cpdef bytes last_chunk(bytes lines)
