"""What kind of function a handler is."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

__all__ = ["is_coroutine_function"]


def is_coroutine_function(function: Any) -> bool:
    """Whether calling it makes a coroutine: an `async def`, an object with such a `__call__`, a partial of either."""
    while isinstance(function, partial):
        function = function.func
    call = getattr(function, "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)
