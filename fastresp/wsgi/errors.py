"""`wsgi.errors` of PEP 3333: what the application writes there goes line by line to a logger."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterable

from fastresp.core.faults import report

__all__ = ["ErrorStream"]

log = logging.getLogger("fastresp.wsgi.errors")

LONGEST = 65536
"""Characters of a line, from which on it is logged in parts."""

_here = threading.local()


class ErrorStream:
    """A text stream, of one request. Each line is a record of the logger "fastresp.wsgi.errors", of level ERROR.

    The standard error stream itself would have every thread of the application wait for a reader that has stalled.
    """

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = ""

    def write(self, text: str) -> int:
        """Log the lines that `text` ends, keep what follows. Returns its length; raises TypeError if it is no str."""
        if not isinstance(text, str):
            raise TypeError(f"wsgi.errors is a text stream: write() takes str, not {type(text).__name__}")
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            _log(line)
        if len(self._rest) > LONGEST:
            end = (len(self._rest) - 1) // LONGEST * LONGEST
            _log(self._rest[:end])
            self._rest = self._rest[end:]
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of them."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Log what no line's end has come for."""
        if self._rest:
            rest, self._rest = self._rest, ""
            _log(rest)

    def isatty(self) -> bool:
        """False: it is none."""
        return False


def _log(line: str) -> None:
    if getattr(_here, "is_logging", False):
        # the application has a handler of its own that writes here, as Flask's documentation shows: logging this would
        # call that handler again
        if sys.stderr is not None:
            sys.stderr.write(line + "\n")
        return
    _here.is_logging = True
    try:
        for start in range(0, len(line) or 1, LONGEST):
            report("%s", line[start : start + LONGEST], logger=log)
    finally:
        _here.is_logging = False
