"""WSGI applications as handlers: what PEP 3333 calls a server, on top of Request and Responder.

An application may block, so it is called in a thread; nothing of ASGI is imported here.
"""

from fastresp.wsgi.files import FileWrapper
from fastresp.wsgi.handler import WsgiHandler

__all__ = ["FileWrapper", "WsgiHandler"]
