"""The connection: bytes to requests, answers to bytes. The engine is of the twin that fastresp.wire has chosen."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from fastresp.wire import compiled

__all__ = ["Engine", "Request", "Responder", "engine"]

if TYPE_CHECKING or not compiled:
    from fastresp.core.dispatch import prepare
    from fastresp.core.request import Request
    from fastresp.core.responder import Responder
    from fastresp.core.service import new_service
    from fastresp.http1.connection import new_connection
    from fastresp.net.tls import new_tls
else:
    from fastresp.core.dispatch_c import prepare
    from fastresp.core.request_c import Request
    from fastresp.core.responder_c import Responder
    from fastresp.core.service_c import new_service
    from fastresp.http1.connection_c import new_connection
    from fastresp.net.tls_c import new_tls


class Engine(NamedTuple):
    """The doors into a twin: its shared state, a connection for each client, TLS below it; a task made ready."""

    new_service: Callable[..., Any]
    new_connection: Callable[..., Any]
    new_tls: Callable[..., Any]
    prepare: Callable[..., Any]


engine = Engine(new_service, new_connection, new_tls, prepare)
