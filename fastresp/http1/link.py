"""A connection that has been upgraded (RFC 9110, section 7.8): its bytes are a session's, and no longer HTTP's."""

from __future__ import annotations

from typing import Any

from fastresp.core import link as links
from fastresp.net.sockopts import FULL

__all__ = ["Http1Link", "new_link"]


class Http1Link(links.Link):
    """The link over a connection, whose last exchange stays in the pipeline until it is closed."""

    __slots__ = ("connection", "is_ended")

    connection: Any
    is_ended: bool  # the session knows that the client has closed its side

    # -- what the session calls

    def send(self, data: bytes) -> None:
        exchange = self.exchange
        exchange.data(data)

    def waiter(self) -> Any:
        exchange = self.exchange
        return None if exchange.gone else exchange.waiter()

    def pause_reading(self) -> None:
        connection = self.connection
        self.paused = True
        if connection.transport is not None and not connection.output.closing:
            connection.pause_reading()

    def resume_reading(self) -> None:
        self.paused = False
        self.read_on()

    def close(self) -> None:
        exchange = self.exchange
        exchange.finish(b"", None)

    def abort(self) -> None:
        connection = self.connection
        connection.abort()

    # -- what the connection calls

    def read_on(self) -> None:
        """Have the transport read, unless the session wants nothing, or what it has sent waits."""
        connection = self.connection
        if connection.read_paused and not (self.paused or self.is_full() or connection.output.closing):
            connection.resume_reading()

    def received(self, data: bytes) -> None:
        """Hand bytes to the session; what it sends meanwhile leaves in one write."""
        connection = self.connection
        session = self.session
        output = connection.output
        if session is None:
            return
        if len(data) >= FULL:
            connection.filled()
        is_outer = not output.batching
        output.batching = True
        try:
            session.received(data)
        except BaseException as error:
            self.fail_with(error)
        if is_outer:
            output.batching = False
            output.flush(True)
        if self.is_full() and not output.closing:
            connection.pause_reading()  # what the session sends for what comes would have no bound

    def is_full(self) -> bool:
        """Return whether what the session has sent waits, for the client or for the answers before it."""
        connection = self.connection
        pipeline = connection.pipeline
        is_full: bool = connection.output.paused or pipeline.is_full()
        return is_full

    def proceed(self, data: bytes) -> None:
        """Go on behind HTTP, behind which these bytes have come, or behind a pause."""
        connection = self.connection
        if data:
            self.received(data)
        session = self.session
        if connection.eof and not self.is_ended and session is not None:
            self.is_ended = True
            try:
                session.ended()
            except BaseException as error:
                self.fail_with(error)
        self.read_on()

    def sweep(self, now: float) -> None:
        """Once a tick."""
        connection = self.connection
        if connection.service.draining:
            self.drain()
        session = self.session
        if session is not None:
            session.sweep(now)

    def drain(self) -> None:
        """The server is about to stop."""
        session = self.session
        if session is not None:
            session.drain()


def new_link(connection: Any, exchange: Any, session: links.Session) -> Http1Link:
    """The link that `exchange` becomes, for `session`."""
    link = Http1Link.__new__(Http1Link)
    link.connection = connection
    link.exchange = exchange
    link.session = session
    link.paused = link.is_ended = False
    return link
