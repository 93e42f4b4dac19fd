"""The states of a responder, and what is wrong with a call that does not fit one. Never compiled.

    READY      write, send_response with 1xx -> READY; with a final status -> DONE; write_begin_chunked -> STREAMING
    STREAMING  write_chunk -> STREAMING; write_end_chunked -> DONE
Any other call is a ResponderStateError, and the wire is untouched. Once the client is gone every call does nothing.
"""

from __future__ import annotations

__all__ = ["DONE", "DROPPED", "NAMES", "READY", "STREAMING", "UPGRADED", "fault"]

# Nothing but informational responses is sent; an answer in chunks has begun; the request is answered; another protocol
# has taken over; the responder was dropped, by its last reference, or the collector, and answered without it.
READY, STREAMING, DONE, UPGRADED, DROPPED = range(5)
NAMES = ("ready", "streaming", "done", "upgraded", "dropped")


def fault(call: str, state: int, status: int) -> str:
    """Return why `call` is refused in this state, which the answer with this status has led to."""
    if state == DONE:
        return f"{call}: the request has already been answered, with status {status}"
    if state == UPGRADED:
        return f"{call}: the request has already been answered, with another protocol (status {status})"
    if state == DROPPED:
        return f"{call}: this responder was dropped, and the request answered without it"
    if state == STREAMING:
        return f"{call}: a chunked answer (status {status}) has begun; write_end_chunked() has to end it first"
    return f"{call}: no chunked answer has begun; write_begin_chunked() has to come first"
