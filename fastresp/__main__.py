"""`python -m fastresp` is the command line `fastresp`."""

from fastresp.cli import program

program()
