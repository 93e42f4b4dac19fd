"""What other compiled modules call in status_c without going through Python.

The signatures and results are those of status.py.
"""

cpdef bytes status_line(object status)
cpdef bytes line_of(int status)
cpdef bytes line_with(int status, bytes phrase)
