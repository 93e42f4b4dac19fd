"""The end of a process that is ours alone: in order, but within a time."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from fastresp import standard
from fastresp.core.faults import report

__all__ = ["LEAST", "MOST", "limit"]

LEAST = 1.0
"""Seconds that the interpreter has at the least to end."""
MOST = 1e9
"""Seconds that can be waited for: the system refuses to sleep for threading.TIMEOUT_MAX."""
_LAST = 1.0
"""Seconds that functions of `atexit`, the log's own among them, have when its threads or processes are given up."""


def limit(status: int, seconds: float) -> None:
    """End the process with `status` in `seconds`, if it has not ended by then, and name in the log what held it up.

    Called where the program is over: the interpreter waits for threads, and `multiprocessing` for processes, for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a traceback out of the interpreter's end helps nobody
    exiting, given_up, done = threading.Event(), threading.Event(), threading.Event()
    atexit.register(exiting.set)  # the last one registered, so the first one called
    seconds = min(max(seconds, LEAST), MOST)
    # both by now: some versions make no threads once the interpreter waits for the others
    with suppress(RuntimeError):  # the system gives no thread
        threading.Thread(target=_call_exit_functions, args=(given_up, done), daemon=True).start()
        arguments = (status, seconds, exiting, given_up, done)
        threading.Thread(target=_watch, args=arguments, name="fastresp-exit", daemon=True).start()


def _call_exit_functions(given_up: threading.Event, done: threading.Event) -> None:
    given_up.wait()
    atexit._run_exitfuncs()
    done.set()


def _watch(
    status: int, seconds: float, exiting: threading.Event, given_up: threading.Event, done: threading.Event
) -> None:
    time.sleep(seconds)
    report("given up at the end: %s", _what_is_left(), level=logging.WARNING)
    if not exiting.is_set():
        given_up.set()
        done.wait(_LAST)
    for stream in (sys.stdout, sys.stderr):
        with suppress(BaseException):
            stream.flush()
    standard.flush()
    if children := _children():  # nobody would take what they do, or end them
        for process in children:
            with suppress(BaseException):
                process.terminate()
        time.sleep(_LAST)  # `multiprocessing` has waited for them: the other functions are called behind it
    os._exit(status)


def _children() -> list[Any]:
    """Processes of `multiprocessing`, whose end waits for those that are no daemons, and ends the others."""
    multiprocessing = sys.modules.get("multiprocessing")
    return [] if multiprocessing is None else list(multiprocessing.active_children())


def _what_is_left() -> str:
    main = threading.main_thread()
    names = [f"the thread {each.name}" for each in threading.enumerate() if not each.daemon and each is not main]
    names += [f"the process {each.name}" for each in _children() if not each.daemon]
    return ", ".join(names) or "functions of atexit"
