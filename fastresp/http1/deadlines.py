"""What a connection waits for, and until when: requests that come too slowly, answers that nobody takes, idle clients.

No timer is set for a request: a connection notes its deadline, and the service's clock sweeps over all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastresp.core import answer as answers
from fastresp.core.names import address
from fastresp.core.service import LAST_CALL
from fastresp.http1 import pipeline as pipelines
from fastresp.http1.pipeline import BEHIND, CLOSING, IDLE, IN_BODY, IN_HEAD, LAST, LINGER, LINGERING, NOTHING
from fastresp.net import sockopts

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["Deadlines"]

PERIOD = 30.0
"""Seconds over which the rate of a body, or of the taking of an answer, is measured."""


class Deadlines(pipelines.Pipeline):
    """A connection's patience. How far the message that is read has come is noted here by the protocol."""

    # fmt: off
    __slots__ = (
        "discarding", "expecting", "held", "incoming", "measured", "measured_at", "overdue", "progress", "seen", "sent",
        "sent_at",
    )
    # fmt: on

    def __init__(self, service: services.Service) -> None:
        pipelines.Pipeline.__init__(self, service)
        self.held = False  # a head is complete whose turn has not come
        self.overdue = False  # and it has waited for a tick behind work that goes on
        self.incoming: Any = None  # the exchange whose request's body is not complete
        self.seen = 0  # of that body
        self.expecting = False  # its client waits for 100 Continue
        self.discarding = 0  # how much of a body that nobody reads may still come
        self.measured_at = 0.0  # when the measuring of the body's rate began; 0 before
        self.measured = 0  # what had been seen then
        self.progress = 0.0  # when the client was last seen to take something
        self.sent_at = 0.0  # when the measuring of its taking began; 0 before
        self.sent = 0  # what it had taken then

    def arm_deadline(self) -> None:
        """Notes what the connection waits for now, and until when."""
        if self.closing:
            return
        if self.incoming is not None or self.discarding:
            if self.read_paused or self.expecting or not self.wants_body():
                self.watch(NOTHING, 0.0)  # the client waits for us
            else:
                self.watch(IN_BODY, self.service.body_timeout)
        elif self.first is not None:
            self.waits_for = NOTHING
        elif self.stopped:
            self.close_gracefully()
        elif self.service.draining and not self.has_input():
            # The answer before may have begun too early to say close: its client may be about to send.
            if self.waits_for != LAST:
                self.watch(LAST, LAST_CALL)
                self.service.call_behind_reads(LAST_CALL, self.last_call)
        elif self.has_input():
            if self.read_paused:
                self.waits_for = NOTHING  # the client waits for us
            elif self.waits_for != IN_HEAD:
                self.watch(IN_HEAD, self.service.head_timeout)
        else:
            self.watch(IDLE, self.service.keep_alive_timeout)

    def arm_work_deadline(self) -> None:
        """As `arm_deadline`, where a request is held by work behind earlier answers that may go on for ever."""
        if self.first is not None:
            self.waits_for = NOTHING
        elif self.waits_for != BEHIND and not self.closing:
            self.watch(BEHIND, self.service.write_timeout)

    def last_call(self) -> None:
        """The client has had its moment to send one more request."""
        if self.waits_for == LAST:
            self.waits_for = IDLE
            self.drain()

    def drain(self) -> None:
        """The server is about to stop: closes now, if nothing is going on."""
        busy = self.first is not None or self.held or self.incoming is not None or self.has_input()
        if busy or self.closing or self.waits_for == LAST:
            return
        if self.service.secure and self.transport.has_rest():
            self.watch(IN_HEAD, self.service.head_timeout)
        else:
            self.close_gracefully()

    def sweep(self, now: float) -> None:
        """Once a tick: ends the connection if it has waited too long."""
        if self.transport is None:
            return
        if self.lost or (self.first is not None and self.first.lost):
            sockopts.forget_reader(self.service.loop, self.transport.get_extra_info("socket"))
            self.abort()
            return
        first = self.first
        if first is not None and first.dropped:
            answers.dropped(first)
        if self.waits_for == LINGERING:
            self._watch_lingering(now)
            return
        if self.write_paused or self.waits_for == CLOSING:
            self._watch_writing(now)
            return
        self.sent_at = 0.0
        if (self.eof or self.read_paused) and (self.first is not None or self.held):
            self._look()
        if self.waits_for == NOTHING:
            self.measured_at = 0.0
        elif now > self.deadline:
            if self.waits_for == IN_BODY:
                self.give_up(408, "the request's body did not come in time")
                self.arm_deadline()  # an answer that has begun goes on, and the client may not be given up again
            elif self.waits_for == BEHIND:
                self.service.remark(self.untaken(), "too much works on behind the answers before it")
                self.close_gracefully()
            elif self.waits_for == IN_HEAD and self.has_input():
                self.give_up(408, "the request's head did not come in time")
            else:
                self.close_gracefully()
        elif self.waits_for == BEHIND:
            self.overdue = True
            self.proceed_soon()
        elif self.waits_for == IN_BODY and self.service.min_body_rate:
            self._watch_rate(now)

    def untaken(self) -> str:
        """For the log: what the client has not taken of answers that are complete, or a request of its that waits for
        its turn; empty if there is nothing.
        """
        transport = self.transport
        if transport is None or self.first is not None:
            return ""
        client = address(transport.get_extra_info("peername"))
        if self.held:
            return f"a request of {client}, which the handler was not called for"
        size = self.out_size + transport.get_write_buffer_size()
        return f"{size} bytes of an answer to {client}" if size else ""

    def _watch_writing(self, now: float) -> None:
        transport = self.transport
        left = self.unsent()
        taken = self.taken_now()  # not what is left alone: the handler may add to it
        if taken > self.taken:
            self.taken = taken
            self.progress = now
        elif now - self.progress > self.service.write_timeout:
            self.cut("it took nothing of its answer for too long")
            return
        elif now > self.deadline and transport.get_write_buffer_size() == 0:
            self.abort()
            return
        if self.sent_at == 0.0 or left == 0:
            self.sent_at = now
            self.sent = taken
        elif now - self.sent_at >= PERIOD:
            if taken - self.sent < self.service.min_write_rate * (now - self.sent_at):
                self.cut("it takes its answer too slowly")
                return
            self.sent_at = now
            self.sent = taken

    def cut(self, reason: str) -> None:
        """Ends the connection in the middle of what its client is to get."""
        transport = self.transport
        if self.waits_for != LINGERING or transport.get_write_buffer_size() > 0:  # else the system sends all of it
            self.service.remark(f"an answer to {address(transport.get_extra_info('peername'))} was cut", reason)
        self.abort()

    def _watch_lingering(self, now: float) -> None:
        """The client knows that this is the end, and may not have read what came before: what it sends is dropped as
        long as it goes on reading, and a moment longer (RFC 9112, section 9.6).
        """
        left = self.unsent()
        takes = self.taken_now() > self.taken
        # what the system alone has it sends without us, as long as nothing unread comes, to one who no longer reads
        if left and (takes or self.unread or self.transport.get_write_buffer_size() > 0):
            self.deadline = now + LINGER
            self._watch_writing(now)
        elif now > self.deadline:
            self.abort()

    def _watch_rate(self, now: float) -> None:
        """A byte now and then keeps body_timeout away, but not for ever."""
        # a client whose answer is under way may be in a conversation
        if self.measured_at == 0.0 or (self.incoming is not None and self.incoming.begun):
            self.measured_at = now
            self.measured = self.seen
        elif now - self.measured_at >= PERIOD:
            if self.seen - self.measured < self.service.min_body_rate * (now - self.measured_at):
                self.give_up(408, "the request's body comes too slowly")
            else:
                self.measured_at = now
                self.measured = self.seen

    def _look(self) -> None:
        """Looks whether the client is still there, while nothing is read that would tell."""
        state = sockopts.state_of(self.transport.get_extra_info("socket"))
        if state == sockopts.GONE:
            self.abort()
        elif state == sockopts.SILENT:
            self.leave_all()  # half-closed or gone

    def wants_body(self) -> bool:
        """Whether there is something that waits for more of the request's body."""
        raise NotImplementedError

    def give_up(self, status: int, reason: str) -> None:
        """Refuses the request that did not come in time."""
        raise NotImplementedError
