"""What other compiled modules call in status_c without going through Python.

line_of checks nothing: its caller knows that the number is from 100 to 999.
"""

cpdef bytes status_line(object status)
cpdef bytes line_of(int status)
