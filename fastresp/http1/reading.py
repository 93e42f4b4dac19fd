"""The reading of requests: bytes to requests, and requests to the handler.

What one read brings is parsed, handled and answered in one go, up to a budget, and leaves in one write; the rest of it
waits for the loop's next turn. Nothing grows without bound: reading pauses while answers are pending, while the client
reads slowly, and while a body waits for its handler.
A request that is not safe (RFC 9110, section 9.2.1), or has a body, waits until the answers before it are complete.
These are functions over a connection.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from fastresp.core.dispatch import dispatch
from fastresp.core.request import empty
from fastresp.core.service import PENDING, SHARE
from fastresp.http1 import content, refusal, states, timeouts
from fastresp.http1.codes import BODY, CONNECT, END, HEAD, HEAD_METHOD, NEED_DATA
from fastresp.http1.refusal import SAFE
from fastresp.http1.requests import cost_of_query, new_request
from fastresp.http1.states import (
    ANSWERED,
    ASK,
    ASKED,
    CONTENT,
    HANDLE,
    HEADS,
    HELD,
    HOLD,
    OVERDUE,
    STOP,
    STOPPED,
    UPGRADED,
)
from fastresp.net.deadlines import IDLE, IN_HEAD, NOTHING
from fastresp.net.sockopts import FULL

__all__ = ["begin_turn", "drop", "filled", "other", "proceed"]

REQUESTS = 16
"""Requests of one connection that are handled in one turn of the loop."""
LONG = 0.01
"""Seconds after which a turn of the loop is long: then a request that is not answered at once counts for REQUESTS."""
PIECES = 256
"""Pieces of content that are taken in one turn, where they are small: a client may send a byte in each chunk."""
LONG_HEAD = 512
"""Bytes of a head from which on it is charged with what its query becomes, too."""


def proceed(connection: Any) -> None:
    """Read requests and call the handler until there is nothing to read or something to wait for."""
    if connection.due:
        _look_at_clock(connection)
    if connection.output.batching or connection.output.closing:
        return
    if connection.parser is None:
        connection.take_parser()
    parser = connection.parser
    requests = REQUESTS
    counted = REQUESTS
    pieces = PIECES
    until = 0.0
    connection.output.batching = True
    is_idle = completed = False
    try:
        while connection.reading != STOPPED:
            if (connection.output.paused and not connection.discarding) or (
                (connection.pipeline.count > 1 or connection.body is not None) and refusal.is_full(connection)
            ):
                if connection.read_paused:
                    break
                connection.pause_reading()
                continue  # what the collector ran there may have answered
            if requests != counted and parser.buffered > 0:
                latest = connection.pipeline.last
                if latest is not None and not latest.ended and not latest.incoming:
                    requests -= connection.service.pending - 1
                counted = requests
                if until == 0:
                    until = monotonic() + SHARE
                elif monotonic() > until:
                    requests = counted = 0
            if (requests <= 0 or pieces <= 0) and parser.buffered > 0:
                connection.pause_reading()
                connection.ask_for_turn()
                connection.asked = monotonic()
                break
            if connection.reading >= HELD:
                if connection.reading >= ASKED:
                    if _may_read_on(connection, parser):
                        continue
                    break
                if connection.pipeline.first is not None or not refusal.may_handle(connection):
                    if connection.read_paused:
                        break
                    connection.pause_reading()
                    continue
                requests -= 1
                _head(connection)
                continue
            # PERF: behind the last request of a read the parser has nothing to tell: 35 instructions less
            is_idle = requests != counted and parser.is_idle()
            event = NEED_DATA if is_idle else parser.next()
            if event == HEAD:
                # RFC 9112, section 9.3.2: only safe requests may be handled side by side
                if (connection.pipeline.first is None and not connection.at_work) or refusal.may_handle(connection):
                    requests -= 1
                    _head(connection)
                else:
                    states.read(connection, HOLD)
            elif event == NEED_DATA:
                if connection.eof:
                    states.read(connection, STOP)
                    connection.discarding = 0  # the rest of a body that nobody reads will not come
                    if connection.incoming is not None:
                        reason = "the connection was closed before the end of the request's body"
                        refusal.refuse(connection, 400, reason, None)
                    break
                if connection.incoming is not None:
                    content.starved(connection)
                if connection.read_paused:
                    connection.resume_reading()
                break
            elif event == BODY:
                pieces -= 1
                content.piece(connection, parser.piece)
            elif event == END:
                content.end(connection)
            else:
                refusal.refuse(connection, parser.status, parser.reason, None)
        completed = True
    finally:
        connection.output.batching = False
        if not completed:
            # PERF: in an `except` it would cost each read 40 instructions
            connection.output.lost = connection.output.closing = (
                True  # something of the message, or of an answer, may be missing
            )
        request = connection.service.request
        if request is not None:
            empty(request)
        connection.output.flush(True)
    if connection.reading == HELD or connection.reading == OVERDUE:
        timeouts.arm_behind_work(connection)
        return
    if is_idle or parser.is_idle():
        connection.service.parser = parser
        connection.parser = None
    elif (
        requests == REQUESTS
        and not (parser.buffered or connection.reading == STOPPED)
        and connection.deadlines.waits_for in (IDLE, IN_HEAD)
    ):
        parser.trim()
        return  # an empty line before the next request gives nobody more time
    else:
        _keep_rest(connection, parser, requests)
    timeouts.arm(connection)


def _may_read_on(connection: Any, parser: Any) -> bool:
    """Another protocol has been asked for: return whether what follows is to be looked at (again)."""
    if connection.reading == ASKED:
        if connection.pipeline.first is None:
            states.read(connection, ANSWERED)  # with HTTP, which goes on
            return True
        if connection.read_paused and parser.buffered == 0:
            connection.resume_reading()  # to see the client leave
        elif parser.buffered > 0 and not connection.read_paused:
            connection.pause_reading()
            return True  # what the collector ran there may have answered
        return False
    link = connection.link()
    if link is not None:
        link.proceed(parser.take_unparsed())
    return False


def _look_at_clock(connection: Any) -> None:
    """A turn that was asked for has come."""
    connection.due = False
    if connection.asked != 0:
        connection.service.pending = REQUESTS if monotonic() - connection.asked > LONG else PENDING
        connection.asked = 0.0


def _keep_rest(connection: Any, parser: Any, requests: int) -> None:
    """Part of a message has come, or of its successor, and `requests` are left of the budget of this turn."""
    if connection.reading == STOPPED and connection.incoming is None and not connection.discarding:
        connection.unread = connection.unread or parser.buffered > 0
        connection.parser = None  # nothing of the rest is read, however long the answer takes
    elif not connection.due and not connection.output.closing:
        parser.trim()
        if requests < REQUESTS:
            connection.deadlines.waits_for = NOTHING  # the time of the next head begins anew


def _head(connection: Any) -> None:
    """A request's head is complete."""
    parser = connection.parser
    service = connection.service
    request = new_request(parser, connection.peer, service.request)
    service.request = None
    exchange = connection.pipeline.enter(connection, request, parser.minor, parser.keep_alive)
    method = parser.method
    exchange.unsafe = parser.has_body or not SAFE >> method & 1
    exchange.is_head = method == HEAD_METHOD
    exchange.is_connect = method == CONNECT
    exchange.weight = parser.fields_end - parser.method_start
    exchange.decoded = cost_of_query(parser) if exchange.weight > LONG_HEAD else 0
    if parser.has_body:
        exchange.incoming = True
        states.read(connection, CONTENT)
        connection.incoming = exchange
        connection.collected = None
        connection.seen = 0
        connection.deadlines.coming_since = 0.0
        connection.expecting = parser.expect_continue
        request._body = None
        return
    if not parser.keep_alive:
        states.read(connection, STOP)
    elif parser.upgrade:
        states.read(connection, ASK)
    elif connection.reading != HEADS:
        states.read(connection, HANDLE)
    if service.rate_limit:
        connection.handle(exchange, request)
    else:
        dispatch(service, exchange, request)


def other(connection: Any, data: bytes) -> None:
    """Something has come that is no request's."""
    if connection.reading != UPGRADED or connection.output.closing:
        drop(connection, data)
        return
    parser = connection.parser
    if parser is None:
        link = connection.link()
        if link is not None:
            link.received(data)
    else:  # it has what has come before
        parser.feed(data)
        proceed(connection)


def drop(connection: Any, data: bytes) -> None:
    """Nothing is made of what comes now."""
    connection.unread = True
    if not connection.output.closing:
        connection.pause_reading()
    elif len(data) >= FULL:
        _end_turn(connection)


def filled(connection: Any) -> None:
    """A read was as large as can be. Others may follow in this turn of the loop, until their time is over."""
    now = monotonic()
    if connection.reads_until == 0:
        connection.reads_until = now + SHARE
    elif now > connection.reads_until:
        _end_turn(connection)  # PERF: not each time, as it costs 11 us


def _end_turn(connection: Any) -> None:
    """Read no more in this turn of the loop."""
    if _may_read(connection):
        connection.reads_until = 0.0
        connection.transport.pause_reading()
        connection.begin_turn_soon()


def begin_turn(connection: Any) -> None:
    if _may_read(connection):
        connection.transport.resume_reading()


def _may_read(connection: Any) -> bool:
    return not connection.read_paused and connection.transport is not None and not connection.transport.is_closing()
