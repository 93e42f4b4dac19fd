"""How far a connection's reading is, and its writing: two tables of states, and which event leads from one to another.

A connection keeps its states in `reading` and `writing`; `read` and `write` are the ways from one to another. What is
NEVER in the tables can't happen; a test tries every pair.
"""

from __future__ import annotations

from typing import Any

__all__ = ["READING", "WRITING", "read", "write"]

NEVER = 255

# Heads come; the content of a request comes, or what nobody reads of one; a head has come that waits for the
# answers before it, or has waited for a tick behind work that goes on; a request that asks for another protocol has no
# answer yet, or has got it; no more requests are read. From HELD on nothing is parsed.
HEADS, BODY, DISCARDING, HELD, OVERDUE, ASKED, UPGRADED, STOPPED = range(8)
# A head has to wait; a tick has passed; a request is handled: one without content, one before it, one that asks for
# another protocol; the content is complete; the request is answered, before that or with HTTP; the protocol has
# changed; the last request has been read, refused, or cut.
HOLD, TICK, HANDLE, CONTENT, ASK, COMPLETE, ANSWERED, UPGRADE, STOP = range(9)
READING = bytes(
    # HOLD  TICK     HANDLE CONTENT ASK    COMPLETE ANSWERED  UPGRADE   STOP
    (HELD, NEVER, HEADS, BODY, ASKED, NEVER, NEVER, NEVER, STOPPED)  # HEADS
    + (NEVER, NEVER, NEVER, NEVER, NEVER, HEADS, DISCARDING, NEVER, STOPPED)  # BODY
    + (NEVER, NEVER, NEVER, NEVER, NEVER, HEADS, NEVER, NEVER, STOPPED)  # DISCARDING
    + (NEVER, OVERDUE, HEADS, BODY, ASKED, NEVER, NEVER, NEVER, STOPPED)  # HELD
    + (NEVER, OVERDUE, HEADS, BODY, ASKED, NEVER, NEVER, NEVER, STOPPED)  # OVERDUE
    + (NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, HEADS, UPGRADED, STOPPED)  # ASKED
    + (NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER, STOPPED)  # UPGRADED
    + (STOPPED,) * 9  # STOPPED, by any code that was called meanwhile
)
READ_EVENTS = 9

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
