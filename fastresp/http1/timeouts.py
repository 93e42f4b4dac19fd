"""What a connection waits for: requests that come too slowly, answers that nobody takes, idle clients.

These are functions over a connection, whose `deadlines` hold what they note.
"""

from __future__ import annotations

from typing import Any

from fastresp.core.service import LAST_CALL
from fastresp.http1 import states
from fastresp.http1.states import CLOSING, LINGERING, STOPPED, TICK
from fastresp.net import sockopts
from fastresp.net.deadlines import BEHIND, IDLE, IN_BODY, IN_HEAD, LAST, LINGER, NOTHING

__all__ = ["arm", "arm_behind_work", "drain", "last_call", "sweep"]


def arm(connection: Any) -> None:
    """Note what the connection waits for now, and until when."""
    if connection.output.closing:
        return
    if connection.incoming is not None or connection.discarding:
        body = connection.body
        if connection.read_paused or connection.expecting or not (body is None or body.wanted()):
            connection.deadlines.watch(NOTHING, 0.0)  # the client waits for us
        else:
            connection.deadlines.watch(IN_BODY, connection.service.body_timeout)
    elif connection.pipeline.first is not None:
        connection.deadlines.waits_for = NOTHING
    elif connection.reading == STOPPED:
        connection.close_gracefully()
    elif connection.service.draining and not connection.has_input():
        # The answer before may have begun too early to say close: its client may be about to send.
        if connection.deadlines.waits_for != LAST:
            connection.deadlines.watch(LAST, LAST_CALL)
            connection.ask_for_last_call(LAST_CALL)
    elif connection.has_input():
        if connection.read_paused:
            connection.deadlines.waits_for = NOTHING  # the client waits for us
        elif connection.deadlines.waits_for != IN_HEAD:
            connection.deadlines.watch(IN_HEAD, connection.service.head_timeout)
    else:
        connection.deadlines.watch(IDLE, connection.service.keep_alive_timeout)


def arm_behind_work(connection: Any) -> None:
    """As `arm`, where a request is held by work behind earlier answers that may go on for ever."""
    deadlines = connection.deadlines
    if connection.is_answering():
        deadlines.waits_for = NOTHING
    elif deadlines.waits_for != BEHIND and not connection.output.closing:
        deadlines.watch(BEHIND, connection.service.write_timeout)


def last_call(connection: Any) -> None:
    """The client has had its moment to send one more request."""
    deadlines = connection.deadlines
    if deadlines.waits_for == LAST:
        deadlines.waits_for = IDLE
        drain(connection)


def drain(connection: Any) -> None:
    """The server is about to stop: close now, if nothing is going on."""
    deadlines = connection.deadlines
    link = connection.link()
    if link is not None:
        link.drain()
        return
    busy = (
        connection.is_answering() or connection.is_held() or connection.incoming is not None or connection.has_input()
    )
    if busy or connection.output.closing or deadlines.waits_for == LAST:
        return
    if connection.service.secure and connection.transport.has_encrypted():
        deadlines.watch(IN_HEAD, connection.service.head_timeout)
    else:
        connection.close_gracefully()


def sweep(connection: Any, now: float) -> None:
    """Once a tick: end the connection if it has waited too long."""
    transport = connection.transport
    if transport is None:
        return
    output = connection.output
    deadlines = connection.deadlines
    service = connection.service
    pipeline = connection.pipeline
    if pipeline.first is not None:
        pipeline.answer_dropped()
        if connection.transport is None:
            return
    first = pipeline.first
    # one that is complete has left the line: where it has not, its last call failed
    if output.lost or (first is not None and (first.lost or first.ended)):
        sockopts.forget_reader(service.loop, transport.get_extra_info("socket"))
        connection.abort()
        return
    link = connection.link()
    if link is not None:
        link.sweep(now)  # also where the client takes nothing
        if connection.transport is None:
            return
    if connection.writing == LINGERING:
        _watch_lingering(connection, now)
        return
    if output.paused or connection.writing == CLOSING:
        _watch_writing(connection, now)
        return
    deadlines.taken_since = 0.0
    if (connection.eof or connection.read_paused) and (connection.is_answering() or connection.is_held()):
        _look(connection)
    waits_for = deadlines.waits_for
    if waits_for == NOTHING:
        deadlines.coming_since = 0.0
    elif now > deadlines.deadline:
        if waits_for == IN_BODY:
            connection.give_up(408, "the request's body did not come in time")
            arm(connection)  # an answer that has begun goes on, and the client may not be given up again
        elif waits_for == BEHIND:
            service.remark(connection.untaken(), "too much works on behind the answers before it")
            connection.close_gracefully()
        elif waits_for == IN_HEAD and connection.has_input():
            connection.give_up(408, "the request's head did not come in time")
        else:
            connection.close_gracefully()
    elif waits_for == BEHIND:
        states.read(connection, TICK)
        connection.proceed_soon()
    elif waits_for == IN_BODY and service.min_body_rate:
        exchange = connection.incoming
        # a client whose answer is under way may be in a conversation
        if deadlines.comes_too_slowly(now, connection.seen, exchange is not None and exchange.begun):
            connection.give_up(408, "the request's body comes too slowly")


def _watch_writing(connection: Any, now: float) -> None:
    output = connection.output
    deadlines = connection.deadlines
    transport = connection.transport
    left = output.unsent()
    taken = output.taken()  # not what is left alone: the handler may add to it
    if not deadlines.takes(now, taken):
        if deadlines.takes_nothing(now):
            connection.cut("it took nothing of its answer for too long")
            return
        if now > deadlines.deadline and transport.get_write_buffer_size() == 0:
            connection.abort()
            return
    if deadlines.takes_too_slowly(now, taken, left):
        connection.cut("it takes its answer too slowly")


def _watch_lingering(connection: Any, now: float) -> None:
    """The client knows that this is the end, and may not have read what came before: what it sends is dropped as long
    as it goes on reading, and a moment longer (RFC 9112, section 9.6).
    """
    output = connection.output
    deadlines = connection.deadlines
    takes = output.taken() > deadlines.most
    # what the system alone has it sends without us, as long as nothing unread comes, to one who no longer reads
    if output.unsent() and (takes or connection.unread or connection.transport.get_write_buffer_size() > 0):
        deadlines.deadline = now + LINGER
        _watch_writing(connection, now)
    elif now > deadlines.deadline:
        connection.abort()


def _look(connection: Any) -> None:
    """Look whether the client is still there, while nothing is read that would tell."""
    state = sockopts.state_of(connection.transport.get_extra_info("socket"))
    if state == sockopts.GONE:
        connection.abort()
    elif state == sockopts.SILENT:
        pipeline = connection.pipeline
        pipeline.leave_all()  # half-closed or gone
