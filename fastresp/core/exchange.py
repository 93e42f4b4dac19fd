"""The waist: all that a responder, and what stands on it, knows of a protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastresp.headers import Headers

__all__ = ["Exchange"]


class Exchange:
    """One request's place on its connection: what a responder needs of a protocol, and nothing else.

    `gone`: the answer can no longer reach the client. `begun`: its head is on its way; `ended`: so is the rest. `head`
    is what format_fields has made of the fields, or None. Each method is given exact values, checks them before the
    first byte leaves, and runs no code but its own until then; a call from another thread than the loop's is a
    RuntimeError.
    """

    __slots__ = ("begun", "ended", "gone")

    begun: bool
    ended: bool
    gone: bool

    def interim(self, status: int, head: Any) -> None:
        """Sends an informational response (RFC 9110, section 15.2)."""
        raise NotImplementedError

    def answer(self, status: int, head: Any, content_type: Any, data: bytes, bare: bool) -> None:
        """Sends a whole answer. `bare`: there is no content to describe."""
        raise NotImplementedError

    def answer_response(self, response: Any, status: int, head: Any, data: bytes) -> None:
        """Sends a Response of this status, these fields and these data."""
        raise NotImplementedError

    def answer_device(self, status: int, head: Any, content_type: Any, source: Any) -> None:
        """Sends what a source holds, and closes it in every outcome."""
        raise NotImplementedError

    def wants_page(self) -> bool:
        """Whether the client shows what it gets to a person: its Accept field names text/html."""
        raise NotImplementedError

    def refuse_device(self, error: Exception) -> None:
        """Answers for a device that can't be read: 500, and a line in the log."""
        raise NotImplementedError

    def begin(self, status: int, head: Any, content_type: Any, trailer_names: list[bytes], sized: bool) -> None:
        """Send a head; the content follows in pieces: as many bytes as the fields state where it is `sized`, else in
        chunks, or until the connection closes. Raises ValueError for a length that does not go with that.
        """
        raise NotImplementedError

    def chunk(self, data: bytes) -> None:
        """Sends a piece of the content."""
        raise NotImplementedError

    def end(self, data: bytes, trailers: Headers | None) -> None:
        """Sends the last piece and the trailers."""
        raise NotImplementedError

    def fail(self) -> None:
        """There will be no answer from the handler: 500, or the end of the connection if an answer has begun."""
        raise NotImplementedError

    def drop(self) -> None:
        """The responder is gone without an answer: `fail` in the loop's next turn, and a line in the log."""
        raise NotImplementedError

    def abandon(self) -> None:
        """The client has left, and no answer will be made: the connection ends."""
        raise NotImplementedError

    def waiter(self) -> Any:
        """A future that is done when the client has caught up; None if it has."""
        raise NotImplementedError

    def occupy(self, future: Any) -> bool:
        """Count what is done for the request, behind its answer or its client, until `future` is done. False where that
        can't be said: in another thread than the loop's."""
        raise NotImplementedError

    def occupied_by(self, end: Any) -> None:
        """As `occupy`, for what is done in a thread: `end.wait()` is a future, made where somebody waits, or None."""
        raise NotImplementedError

    def moved(self) -> None:
        """Another responder is about to answer it: what waits for its client looks again, in the loop's next turn.

        Raises RuntimeError in another thread than the loop's.
        """
        raise NotImplementedError

    def on_close(self, callback: Callable[[], object]) -> None:
        """Calls `callback` when the exchange is over, or the client has closed its side."""
        raise NotImplementedError
