"""Handlers in a context of their own: what one sets in a ContextVar is not seen by the next.

Never compiled: isolation_c.pxd enters the context by itself. Here Context.run does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastresp.core import steps

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["call_in", "call_in_copy", "is_as_copied", "step_in"]

FEW = 4
"""Variables, of which each is looked at."""


def call_in_copy(service: services.Service, request: Any, responder: Any) -> object:
    """What the handler returns or raises, called in a copy of the server's context."""
    return service.context.copy().run(service.handler, request, responder)


def call_in(context: Any, function: Any, argument: object) -> object:
    """What a function returns, called in this context."""
    return context.run(function, argument)


def step_in(context: Any, coroutine: Any, over: object) -> Any:
    """`steps.advance`, in this context."""
    return context.run(steps.advance, coroutine, over)


def is_as_copied(copy: Any, original: Any) -> bool:
    """Whether each variable of a context is what it was when it was copied; False, too, where that are many, or where
    the server has ended, and there is no original any more.
    """
    if original is None or len(copy) != len(original) or len(copy) > FEW:
        return False
    return all(original.get(variable, copy) is value for variable, value in copy.items())
