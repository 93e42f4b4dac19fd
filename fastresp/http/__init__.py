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
else:
    from fastresp.http.protocol_c import new_protocol
    from fastresp.http.request_c import Request
    from fastresp.http.responder_c import Responder
    from fastresp.http.service_c import new_service


class Engine(NamedTuple):
    """The two doors into a twin: its shared state, and a protocol for each connection."""

    new_service: Callable[..., Any]
    new_protocol: Callable[..., Any]


engine = Engine(new_service, new_protocol)
