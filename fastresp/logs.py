"""Logging of the command line: our own loggers to standard error, unless the program says otherwise."""

from __future__ import annotations

import logging
import sys

__all__ = ["FORMAT", "set_up"]

FORMAT = "%(asctime)s %(levelname)s %(name)s[%(process)d]: %(message)s"
OURS = ("fastresp", "asyncio")
"""asyncio's: what the loop says of exceptions that come to no one else, on uvloop, too."""


def set_up() -> None:
    """Gives each of our loggers that has no handler one, and the level INFO if it has no level.

    The root logger is the program's: where it has handlers, by then or later, these get our lines, and ours write
    nothing, so that no line comes twice.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(_is_alone)
    for name in OURS:
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(handler)
    ours = logging.getLogger("fastresp")
    if ours.level == logging.NOTSET:
        ours.setLevel(logging.INFO)


def _is_alone(record: logging.LogRecord) -> bool:
    return not logging.getLogger().handlers
