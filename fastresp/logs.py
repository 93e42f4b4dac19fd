"""Logging of the command line: our own loggers to standard error, unless the program says otherwise."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

__all__ = ["FORMAT", "enable", "set_up", "take_down"]

FORMAT = "%(asctime)s %(levelname)s %(name)s[%(process)d]: %(message)s"
OURS = ("fastresp", "asyncio")
"""asyncio's: what the loop says of exceptions that come to no one else, on uvloop, too."""


def set_up() -> None:
    """Give each of our loggers that has no handler one, and the level INFO if it has no level.

    The root logger is the program's: where it has handlers, by then or later, these get our lines, and ours write
    nothing, so that no line comes twice.
    """
    handler = _Handler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(_is_alone)
    for name in OURS:
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(handler)
    ours = logging.getLogger("fastresp")
    if ours.level == logging.NOTSET:
        ours.setLevel(logging.INFO)
    enable()


def take_down() -> None:
    """Take the handlers off again: in a worker, whose program is still to be imported."""
    for name in OURS:
        logger = logging.getLogger(name)
        for handler in [each for each in logger.handlers if type(each) is _Handler]:
            logger.removeHandler(handler)


def enable() -> None:
    """Bring back what logging.config.fileConfig() and dictConfig() take away by default: loggers that exist already."""
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and (name in OURS or name.startswith("fastresp.")):
            logger.disabled = False


class _Handler(logging.StreamHandler[TextIO]):
    """One of ours."""


def _is_alone(record: logging.LogRecord) -> bool:
    return not logging.getLogger().handlers
