"""The steps of what a coroutine handler returns, as a task takes them.

Never compiled: steps_c.pxd asks the interpreter, which need not raise a StopIteration at the end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from types import CoroutineType
from typing import Any

__all__ = ["advance", "is_coroutine", "steps_of"]


def is_coroutine(awaitable: object) -> bool:
    """Whether it has its steps itself, so that `steps_of` calls nothing."""
    return type(awaitable) is CoroutineType


def steps_of(awaitable: Awaitable[Any]) -> Generator[Any, None, Any]:
    """Return what `advance` takes. Raises what the awaitable's `__await__` raises, TypeError where that returns no
    iterator.
    """
    try:
        steps = type(awaitable).__await__(awaitable)
    except StopIteration as error:
        raise RuntimeError("__await__() raised StopIteration") from error
    if not hasattr(type(steps), "__next__"):
        raise TypeError(f"__await__() returned no iterator, but {type(steps).__name__}")
    return steps


def advance(steps: Generator[Any, None, Any], over: object) -> Any:
    """Take a step, and return what is yielded; `over` at the end. Raises what the step raises, and StopIteration at an
    end that returns anything but None.
    """
    try:
        return next(steps)
    except StopIteration as end:
        if end.value is None:
            return over
        raise
