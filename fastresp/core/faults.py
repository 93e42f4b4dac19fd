"""Exceptions of code that is not ours: what is logged of them, and which of them goes on.

Never compiled: nothing of it is on the hot path.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import threading
import traceback
from functools import partial
from types import CellType, CodeType, FunctionType
from typing import Any

__all__ = ["NO_THREAD", "has_begun", "may_raise", "pass_on", "passes_on", "report", "warn_of_cycle"]

log = logging.getLogger("fastresp")

NO_THREAD = "can't start a thread: the system gives none, raise its limits (ulimit -u, pids.max of a container)"


def passes_on(error: BaseException) -> bool:
    """Whether an exception has to go on after its request has failed: a KeyboardInterrupt that a Ctrl-C may have
    raised, where nothing in this program handles SIGINT, or from within a handler, as asyncio.run() has one for the
    second Ctrl-C. Any other exception ends the request that it came from, and nothing else.
    """
    if not issubclass(type(error), KeyboardInterrupt):
        return False
    if threading.current_thread() is not threading.main_thread():
        return False
    handler = signal.getsignal(signal.SIGINT)
    return handler is signal.default_int_handler or _is_in(_code_of(handler), error)


def may_raise(handler: Any, number: int, error: BaseException) -> bool:
    """Whether an exception comes from this handler of a signal, as far as can be told."""
    if not callable(handler):
        return False
    if handler is signal.default_int_handler:
        return isinstance(error, KeyboardInterrupt)
    code = _code_of(handler)
    if code is not None:
        return _is_in(code, error)
    # of add_signal_handler(): what it has the loop call is any callback; a hangup is no stop
    return number != getattr(signal, "SIGHUP", None)


def _is_in(code: CodeType | None, error: BaseException) -> bool:
    return code is not None and any(frame.f_code is code for frame, _ in traceback.walk_tb(error.__traceback__))


def _code_of(handler: Any) -> CodeType | None:
    """Of what a handler of a signal is; None where that is no function of the program's, nor asyncio.run()'s."""
    if not callable(handler):
        return None  # SIG_DFL, SIG_IGN, or one that was not installed from Python
    while isinstance(handler, partial):
        handler = handler.func
    function = handler if isinstance(handler, FunctionType) else handler.__call__
    function = getattr(handler, "__func__", getattr(function, "__func__", function))  # of a bound method
    if isinstance(function, FunctionType):
        module = function.__module__ or ""
        if module == "asyncio.runners" or not module.startswith("asyncio."):
            return function.__code__
    return None


def pass_on(error: BaseException) -> None:
    """Raise an exception that goes on in the next turn of the loop that runs: what is raised in a transport's call of
    its protocol goes no further than uvloop's transports. Raises it where no loop runs.
    """
    if passes_on(error):
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise error from None
        loop.call_soon(_raise, error)


def _raise(error: BaseException) -> None:
    raise error


def has_begun(thread: threading.Thread) -> bool:
    """Start a thread. False if the system gives none now. Raises what a signal's handler raises meanwhile."""
    try:
        thread.start()
    except RuntimeError as error:
        # start() waits with a lock, and makes "release unlocked lock" of what is raised at the wrong moment
        if isinstance(error.__context__, SystemExit | KeyboardInterrupt):
            raise error.__context__ from None
        return False
    return True


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
        pass_on(failure)


MOST = 64
"""Of the cells of a callback, or the arguments of a partial, so many are looked at."""
_warned = False


def _is_full(thing: Any) -> bool:
    return type(thing) is CellType and bool(gc.get_referents(thing))


def warn_of_cycle(callback: Any, responder: Any) -> None:
    """Log, once, that a callback of on_close() refers to its responder."""
    global _warned
    if _warned:
        return
    found = gc.get_referents(callback)
    for thing in found[:]:
        if type(thing) is tuple:  # the cells of a closure, or the arguments of a partial: never what these refer to
            found += [value.cell_contents if _is_full(value) else value for value in thing[:MOST]]
    if any(thing is responder for thing in found):
        _warned = True
        report(
            "%r, a callback of on_close(), refers to its responder and keeps it alive: if that is dropped unanswered, "
            "nothing answers the client",
            callback,
            level=logging.INFO,
        )
