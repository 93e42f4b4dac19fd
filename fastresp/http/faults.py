"""Exceptions of code that is not ours: what is logged of them, and which of them goes on.

Never compiled: nothing of it is on the hot path.
"""

from __future__ import annotations

import gc
import logging
import signal
import threading
from typing import Any

__all__ = ["passes_on", "report", "warn_of_cycle"]

log = logging.getLogger("fastresp")


def passes_on(error: BaseException) -> bool:
    """Whether an exception has to go on after its request has failed: a KeyboardInterrupt that may be a Ctrl-C, as
    nothing in this program handles SIGINT. Any other exception ends the request that it came from, and nothing else.
    """
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )


def report(
    text: str,
    *arguments: Any,
    error: BaseException | None = None,
    level: int = logging.ERROR,
    logger: logging.Logger = log,
) -> None:
    """Log a line, with the traceback of `error`. A logging handler that raises costs the line, not the caller."""
    try:
        logger.log(level, text, *arguments, exc_info=error)
    except BaseException as failure:
        if passes_on(failure):
            raise


_warned = False


def warn_of_cycle(callback: Any, responder: Any) -> None:
    """Log, once, that a callback of on_close() refers to its responder."""
    global _warned
    if _warned:
        return
    found = gc.get_referents(callback)
    for thing in list(found):
        if isinstance(thing, tuple):  # the cells of a closure, or the arguments of a partial
            found += [value for cell in thing for value in (cell, *gc.get_referents(cell))]
    if any(thing is responder for thing in found):
        _warned = True
        report(
            "%r, a callback of on_close(), refers to its responder and keeps it alive: if that is dropped unanswered, "
            "nothing answers the client",
            callback,
            level=logging.INFO,
        )
