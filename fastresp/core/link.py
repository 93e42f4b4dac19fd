"""What becomes of an exchange whose answer is another protocol (RFC 9110, section 7.8): a link, and a session over it.

A session speaks the protocol, and knows of no version of HTTP; a link carries its bytes, and knows of no session but
the methods below. All of them are called in the loop's thread alone.
"""

from __future__ import annotations

from typing import Any

from fastresp.core.faults import pass_on, report

__all__ = ["Link", "Session"]


class Session:
    """What has taken over from HTTP. Its class implements the methods; what they raise is logged, and ends the
    connection, as from a handler. What a signal's handler raises goes on.
    """

    __slots__ = ()

    def received(self, data: bytes) -> None:
        """Take bytes of the client's, in the order in which it has sent them."""
        raise NotImplementedError

    def ended(self) -> None:
        """The client has closed its side: nothing more will be received."""
        raise NotImplementedError

    def over(self) -> None:
        """Nothing more can be sent: the link is closed, or the client is gone. The last call."""
        raise NotImplementedError

    def failed(self) -> None:
        """The handler has raised, which is logged."""
        raise NotImplementedError

    def drain(self) -> None:
        """End soon: the server is about to. Called at each tick from then on."""
        raise NotImplementedError

    def sweep(self, now: float) -> None:
        """Look whether the client is too slow: `now` is the service's clock, in seconds. Called once a tick."""
        raise NotImplementedError


class Link:
    """A stream of bytes in both directions, made from an exchange. A protocol implements the methods."""

    # fmt: off
    __slots__ = (
        "exchange",
        "paused",   # the session wants nothing for the moment
        "session",  # None once it is over
    )
    # fmt: on

    exchange: Any
    paused: bool
    session: Session | None

    def send(self, data: bytes) -> None:
        """Send bytes; nothing once the link is closed. They leave with all that is sent in the same turn."""
        raise NotImplementedError

    def waiter(self) -> Any:
        """Return a future that is done when the client may have caught up; None if it has."""
        raise NotImplementedError

    def pause_reading(self) -> None:
        """Receive no more than has been read already."""
        raise NotImplementedError

    def resume_reading(self) -> None:
        """Receive again."""
        raise NotImplementedError

    def close(self) -> None:
        """Close behind what has been sent."""
        raise NotImplementedError

    def abort(self) -> None:
        """Close now."""
        raise NotImplementedError

    # -- what the waist calls

    def fail(self) -> None:
        """The handler has raised."""
        session = self.session
        if session is not None:
            try:
                session.failed()
            except BaseException as error:
                self.fail_with(error)

    def end(self) -> None:
        """The exchange is over."""
        session, self.session = self.session, None
        if session is not None:
            try:
                session.over()
            except BaseException as error:
                self.fail_with(error)

    def fail_with(self, error: BaseException) -> None:
        """The session has raised this."""
        report("the session of another protocol failed", error=error)
        self.abort()
        pass_on(error)
