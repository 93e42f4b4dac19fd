"""Handlers in a context of their own: what one sets in a ContextVar is not seen by the next.

Never compiled: isolation_c.pxd enters the context by itself. Here Context.run does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["call_in_copy"]


def call_in_copy(service: services.Service, request: Any, responder: Any) -> object:
    """What the handler returns or raises, called in a copy of the server's context."""
    return service.context.copy().run(service.handler, request, responder)
