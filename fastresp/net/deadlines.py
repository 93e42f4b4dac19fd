"""What a connection waits for, and until when; how fast its client takes what it gets, and sends what it has begun.

No timer is set for a request: a connection notes its deadline, and the service's clock sweeps over all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = [
    "BEHIND", "IDLE", "IN_BODY", "IN_HEAD", "LAST", "LINGER", "NEVER", "NOTHING", "Deadlines",
    "new_deadlines",
]  # fmt: skip

# What a deadline is for: the next request; the rest of a head, of a body; one more request, where the server ends; work
# behind the answers before a request.
NOTHING, IDLE, IN_HEAD, IN_BODY, LAST, BEHIND = range(6)

LINGER = 2.0
"""Seconds that a client which is still sending has to read the answer that refuses it."""
NEVER = -(1 << 62)  # less than any client can have taken
PERIOD = 30.0
"""Seconds over which the rate of a body, or of the taking of an answer, is measured."""


class Deadlines:
    """A connection's patience: one deadline, and what was measured of its client."""

    # fmt: off
    __slots__ = (
        "coming", "coming_since", "deadline", "most", "progress", "service", "taken", "taken_since", "waits_for",
    )
    # fmt: on

    def __init__(self, service: services.Service) -> None:
        self.service = service
        self.waits_for = NOTHING
        self.deadline = 0.0
        self.most = NEVER  # of what was written, that the client has been seen to take
        self.progress = 0.0  # when it was last seen to take something
        self.taken_since = 0.0  # when the measuring of its taking began; 0 before
        self.taken = 0  # what it had taken then
        self.coming_since = 0.0  # when the measuring of a body's rate began; 0 before
        self.coming = 0  # what had come then

    def watch(self, waits_for: int, seconds: float) -> None:
        """Note what the connection waits for, and for how long it may."""
        self.waits_for = waits_for
        # the clock may be one tick behind
        self.deadline = self.service.now + self.service.pace + seconds if waits_for else 0.0

    def allow(self, seconds: float) -> None:
        """Give the end of the connection so much time: it waits for nothing else."""
        self.waits_for = NOTHING
        self.deadline = self.service.now + self.service.pace + seconds

    def takes(self, now: float, taken: int) -> bool:
        """Note that the client has taken so many bytes, ever. Return whether it is more than before."""
        if taken <= self.most:
            return False
        self.most = taken
        self.progress = now
        return True

    def takes_nothing(self, now: float) -> bool:
        """Return whether the client has taken nothing for too long."""
        return now - self.progress > self.service.write_timeout

    def takes_too_slowly(self, now: float, taken: int, left: int) -> bool:
        """Return whether the client takes less than it has to; `left` bytes are there for it."""
        if self.taken_since == 0.0 or left == 0:
            self.taken_since = now
            self.taken = taken
        elif now - self.taken_since >= PERIOD:
            if taken - self.taken < self.service.min_write_rate * (now - self.taken_since):
                return True
            self.taken_since = now
            self.taken = taken
        return False

    def comes_too_slowly(self, now: float, seen: int, excused: bool) -> bool:
        """Return whether a body, of which `seen` bytes have come, comes slower than it has to; never where it is
        `excused`. A byte now and then keeps body_timeout away, but not for ever.
        """
        if self.coming_since == 0.0 or excused:
            self.coming_since = now
            self.coming = seen
        elif now - self.coming_since >= PERIOD:
            if seen - self.coming < self.service.min_body_rate * (now - self.coming_since):
                return True
            self.coming_since = now
            self.coming = seen
        return False


def new_deadlines(service: services.Service) -> Deadlines:
    """Those of a new connection of the server whose state is `service`."""
    return Deadlines(service)
