"""The connection: bytes to requests, answers to bytes. The engine is of the twin that fastresp.wire has chosen."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from fastresp.wire import compiled

__all__ = ["Engine", "Request", "Responder", "engine"]

if TYPE_CHECKING or not compiled:
    from fastresp.http.protocol import new_protocol
    from fastresp.http.request import Request
    from fastresp.http.responder import Responder
    from fastresp.http.service import new_service
    from fastresp.http.tls import new_tls
else:
    from fastresp.http.protocol_c import new_protocol
    from fastresp.http.request_c import Request
    from fastresp.http.responder_c import Responder
    from fastresp.http.service_c import new_service
    from fastresp.http.tls_c import new_tls


class Engine(NamedTuple):
    """The doors into a twin: its shared state, and a protocol for each connection, a plain one or one of TLS."""

    new_service: Callable[..., Any]
    new_protocol: Callable[..., Any]
    new_tls: Callable[..., Any]


engine = Engine(new_service, new_protocol, new_tls)
