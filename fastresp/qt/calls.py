"""A call into a server's loop from another thread, which waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["call_in_loop"]


def call_in_loop(loop: asyncio.AbstractEventLoop, thread: int, call: Callable[[], object]) -> bool:
    """Has `call` made in `thread`, which is that of `loop`, and waits for it. Raises what it raises; false if the loop
    has ended.
    """
    if threading.get_ident() == thread:  # one thread may run both loops
        call()
        return True
    done = threading.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    ended = True
    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(run)
        ended = False
    while not ended and not done.wait(1.0):
        ended = loop.is_closed()
    if errors:
        raise errors.pop()
    return done.is_set()
