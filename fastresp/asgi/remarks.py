"""Lines of the log on applications that their clients have left: bounded, for a client can make any number of them."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

from fastresp.core.faults import report

__all__ = ["Remarks", "remarks"]

MOST = 20
"""Lines in a second, as for other faults of clients."""


class Remarks:
    """Counts them."""

    def __init__(self) -> None:
        self._second = 0
        self._count = 0

    def make(self, text: str, *arguments: Any) -> None:
        """A line at INFO, or none; the next line of a later second says how many were left out."""
        second = int(monotonic())
        if second != self._second:
            more = self._count - MOST
            self._second = second
            self._count = 0
            if more > 0:
                report("and %d more applications whose client had left in one second", more, level=logging.INFO)
        self._count += 1
        if self._count <= MOST:
            report(text, *arguments, level=logging.INFO)


remarks = Remarks()
