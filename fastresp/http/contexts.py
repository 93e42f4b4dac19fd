"""Calls in a context of their own: what one sets in a ContextVar is not seen by the next.

Never compiled: contexts_c.pxd enters the context by itself. Here Context.run does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from typing import Any

__all__ = ["call_in_copy"]


def call_in_copy(context: Context, function: Callable[[Any, Any], object], first: Any, second: Any) -> object:
    """What `function(first, second)` returns or raises, called in a copy of `context`."""
    return context.copy().run(function, first, second)
