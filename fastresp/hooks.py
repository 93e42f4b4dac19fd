"""What a handler that is an object may have beside its call: `start_up` and `shut_down`, coroutine methods.

A server awaits the first before it listens, and the second when the last answer is over.
"""

from __future__ import annotations

import logging

__all__ = ["StartUpError", "shut_down", "start_up"]

log = logging.getLogger("fastresp")


class StartUpError(RuntimeError):
    """What a handler's `start_up` raises to say why it can't be served; the text is for people."""


async def start_up(handler: object) -> bool:
    """Has the handler make itself ready. Whether it wants to be shut down; raises what it raises."""
    method = getattr(handler, "start_up", None)
    if method is not None:
        await method()
    return hasattr(handler, "shut_down")


async def shut_down(handler: object) -> None:
    """Has the handler put its things away. What it raises goes to the log."""
    try:
        await handler.shut_down()  # type: ignore[attr-defined]
    except Exception:
        log.exception("the handler failed to shut down")
