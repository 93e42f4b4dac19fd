"""How far a connection's reading is, and its writing: two tables of states, and which event leads from one to another.

A connection keeps its states in `reading` and `writing`; `read` and `write` are the ways from one to another. What is
NEVER in the tables can't happen; a test tries every pair.
"""

from __future__ import annotations

from typing import Any

__all__ = ["READING", "WRITING", "read", "write"]

NEVER = 255

# Heads come; one has come whose turn has not, and has waited for a tick behind work that goes on; the content of a
# request comes, or what nobody reads of one; no more requests are read.
HEADS, HELD, OVERDUE, BODY, DISCARDING, STOPPED = range(6)
# A head has to wait; a tick has passed; a request is handled, without content or before it; the content is complete, or
# its request is answered before; the last request has been read, refused, or cut.
HOLD, TICK, HANDLE, CONTENT, COMPLETE, ANSWERED, STOP = range(7)
READING = bytes(
    # HOLD  TICK     HANDLE CONTENT COMPLETE ANSWERED   STOP
    (HELD, NEVER, HEADS, BODY, NEVER, NEVER, STOPPED)  # HEADS
    + (NEVER, OVERDUE, HEADS, BODY, NEVER, NEVER, STOPPED)  # HELD
    + (NEVER, OVERDUE, HEADS, BODY, NEVER, NEVER, STOPPED)  # OVERDUE
    + (NEVER, NEVER, NEVER, NEVER, HEADS, DISCARDING, STOPPED)  # BODY
    + (NEVER, NEVER, NEVER, NEVER, HEADS, NEVER, STOPPED)  # DISCARDING
    + (STOPPED,) * 7  # STOPPED, by any code that was called meanwhile
)
READ_EVENTS = 7

# Answers go out; the last one has been written, and we close, or linger while the client reads; it is over.
OPEN, CLOSING, LINGERING, CLOSED = range(4)
# We close behind what is written, or only our side; or at once.
CLOSE, HALF_CLOSE, ABORT = range(3)
WRITING = bytes(
    # CLOSE  HALF_CLOSE ABORT
    (CLOSING, LINGERING, CLOSED)  # OPEN
    + (NEVER, NEVER, CLOSED)  # CLOSING
    + (NEVER, NEVER, CLOSED)  # LINGERING
    + (CLOSED,) * 3  # CLOSED, by any code that was called meanwhile
)
WRITE_EVENTS = 3


def read(connection: Any, event: int) -> None:
    """Go on to the reading state that `event` leads to. Raises RuntimeError for one that can't happen."""
    state = READING[connection.reading * READ_EVENTS + event]
    if state == NEVER:
        raise RuntimeError(f"reading: event {event} in state {connection.reading}")
    connection.reading = state


def write(connection: Any, event: int) -> None:
    """Go on to the writing state that `event` leads to. Raises RuntimeError for one that can't happen."""
    state = WRITING[connection.writing * WRITE_EVENTS + event]
    if state == NEVER:
        raise RuntimeError(f"writing: event {event} in state {connection.writing}")
    connection.writing = state
