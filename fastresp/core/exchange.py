"""The waist: one request and its answer, as a protocol carries them. All that stands above knows this, and no protocol.

What an answer may look like is decided above, in `answer.py`; what it looks like on the wire is the protocol's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastresp.core import link as links
from fastresp.core import threads

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from fastresp.core import service as services
    from fastresp.core.device import Source

__all__ = ["CHUNKED", "UNSTATED", "Exchange", "Progress"]

UNSTATED = -1
"""The length of an answer that says nothing of one."""
CHUNKED = -2
"""The length of content that is complete when `finish` is called. Where a protocol has no chunks, its end, or that of
the connection, delimits it.
"""


class Progress:
    """How far an answer in pieces has come."""

    __slots__ = ("pump", "remaining", "source", "trailer_names")

    def __init__(self) -> None:
        self.remaining = -1  # bytes of content that are still to come; -1 where nothing states how many
        self.trailer_names: Any = None  # those that are announced, in lower case; None if none are
        self.source: Source | None = None  # the device that it is read from
        self.pump: Any = None  # what reads it


class Exchange:
    """One request and its answer. A protocol implements the methods below; each is called in the loop's thread alone.

    `fields` is what format_fields returns, or None; `length` the bytes of the content, UNSTATED or CHUNKED. All of them
    have been checked. A call that fails marks the exchange as `lost`, or leaves it as it was.
    """

    # fmt: off
    __slots__ = (
        "begun",      # the head of its answer is on its way
        "callbacks",  # of on_close(), each with its context
        "dropped",    # its responder is gone, and nothing could be done then: the next sweep calls answer.dropped
        "ended",      # the answer is complete, or broken off
        "gone",       # the answer can no longer reach the client
        "is_connect", "is_head",  # the request's method
        "left",       # the client has closed its side
        "link",       # what the exchange has become, where another protocol has followed
        "lost",       # memory or the stack ran out within a call: the protocol ends it without another byte
        "progress",   # of an answer in pieces
        "reason",     # a status and the phrase that is to stand behind it, where a protocol has one; None: the usual
        "request", "service",
    )
    # fmt: on

    begun: bool
    callbacks: list[tuple[Context, Callable[[], object]]] | None
    dropped: bool
    ended: bool
    gone: bool
    is_connect: bool
    is_head: bool
    left: bool
    link: Any
    lost: bool
    progress: Any
    reason: tuple[int, bytes] | None
    request: Any
    service: services.Service

    def check_thread(self) -> None:
        """Raise RuntimeError in another thread than the loop's."""
        service = self.service
        if not threads.is_current(service.thread):
            raise RuntimeError(
                "a responder belongs to the thread of its server's event loop: from another thread, use "
                "loop.call_soon_threadsafe(responder.write, ...)"
            )

    # -- what a protocol implements

    def interim(self, status: int, fields: Any) -> None:
        """Send an informational response (RFC 9110, section 15.2)."""
        raise NotImplementedError

    def respond(self, status: int, fields: Any, content_type: Any, length: int, data: bytes) -> None:
        """Send a whole answer. `length` is of the content that it describes, of which `data` is all or nothing."""
        raise NotImplementedError

    def respond_ready(self, response: Any, status: int, fields: Any, length: int, data: bytes) -> None:
        """Send a Response, as `respond`. What is made of its fields may be kept with it for the next time."""
        raise NotImplementedError

    def start(self, status: int, fields: Any, content_type: Any, length: int, trailer_names: list[bytes]) -> None:
        """Send the head of an answer whose content follows in pieces, and behind it, maybe, these trailers."""
        raise NotImplementedError

    def data(self, data: bytes) -> None:
        """Send a piece of the content."""
        raise NotImplementedError

    def finish(self, data: bytes, trailers: Any) -> None:
        """Send the last piece, which may be empty, and the trailers, as `fields`, or None."""
        raise NotImplementedError

    def may_upgrade(self) -> bool:
        """Return whether the client has asked for another protocol, and nothing of its request is left to be read."""
        raise NotImplementedError

    def upgrade(self, protocol: bytes, fields: Any, session: links.Session) -> links.Link:
        """Change to this protocol. Return the link over which `session` goes on; the exchange ends with it."""
        raise NotImplementedError

    def abort(self) -> None:
        """Break the answer off, so that nobody takes it for a whole one. Do nothing to one that is complete."""
        raise NotImplementedError

    def is_next(self) -> bool:
        """Return whether what is sent now waits for no other answer."""
        raise NotImplementedError

    def waiter(self) -> Any:
        """Return a future that is done when the client may have caught up; None if it has."""
        raise NotImplementedError

    def wake(self) -> None:
        """Have what waits for the client look again, in the loop's next turn."""
        raise NotImplementedError

    def occupy(self, future: Any) -> bool:
        """Count what is done for the request, behind its answer or its client, until `future` is done. Return whether
        there is a connection to count it for.
        """
        raise NotImplementedError

    def begin_work(self) -> Any:
        """Count a handler's task as `occupy` does. Return what has `end_work()` called behind it; None where there is
        no connection to count it for.
        """
        raise NotImplementedError

    def occupied_by(self, end: Any) -> None:
        """As `occupy`, for what is done in a thread: `end.wait()` returns a future, or None where it is done."""
        raise NotImplementedError
