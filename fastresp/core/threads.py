"""Which thread this is.

Never compiled: threads_c.pxd asks the system. Here threading is asked.
"""

from __future__ import annotations

from threading import get_ident

__all__ = ["is_current"]


def is_current(thread: int) -> bool:
    """Whether `thread` is the identifier of the thread that asks."""
    return get_ident() == thread
