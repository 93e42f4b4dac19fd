"""What is told of a server's connections and requests to a log, or to a count. The access log is one of these."""

from __future__ import annotations

import logging
from typing import Any

from fastresp.core.faults import report
from fastresp.core.names import address
from fastresp.words import shown

__all__ = ["AccessLog", "Observer"]

access = logging.getLogger("fastresp.access")


class Observer:
    """Hears of connections and requests, and does nothing. What it raises costs the connection that it hears of."""

    def opened(self, remote: Any) -> None:
        """A client has connected from this address; None where it has left already."""

    def closed(self, remote: Any) -> None:
        """The connection of such a client is over."""

    def refused(self, remote: Any, status: int) -> None:
        """A client is refused, or a request of it: 429 or 503 at a limit, 400 and the like for what it sent."""

    def asked(self, request: Any) -> Any:
        """Return what `done` is to be told of a request that has to be let go before its answer is over."""
        return None

    def done(self, request: Any, status: int, sent: int, seconds: float) -> None:
        """An answer is over: of a request (or what was `asked`; None where nothing is known of it), the status (499
        where the client left before), the bytes that were written, and the time since the head of the request came.
        """


class AccessLog(Observer):
    """Writes a line for each request: who asked what, the status, the bytes of the answer."""

    def asked(self, request: Any) -> tuple[str, str]:
        line = f"{request.method} {shown(request.target.decode('ascii'))} HTTP/{request.http_version}"
        return address(request.remote_address), line

    def done(self, request: Any, status: int, sent: int, seconds: float) -> None:
        if request is not None:
            client, line = request if type(request) is tuple else self.asked(request)
            report('%s "%s" %d %d', client, line, status, sent, level=logging.INFO, logger=access)
