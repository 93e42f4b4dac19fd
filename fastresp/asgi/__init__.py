"""ASGI applications as handlers: what the specification calls a server, on top of Request and Responder.

An application is called in the event loop, by the coroutine that a handler is; nothing of WSGI is imported here.
"""

from fastresp.asgi.errors import ClientDisconnected
from fastresp.asgi.handler import AsgiHandler

__all__ = ["AsgiHandler", "ClientDisconnected"]
