"""What of a connection's requests has to wait, or is refused: order, bounds, errors of the client.

These are functions over a connection.
"""

from __future__ import annotations

from typing import Any

from fastresp.core import answer as answers
from fastresp.core.names import address
from fastresp.http1 import states, work
from fastresp.http1.codes import GET, HEAD_METHOD, OPTIONS, TRACE
from fastresp.http1.content import DISCARDED
from fastresp.http1.pipeline import HELD
from fastresp.http1.states import OVERDUE, STOP
from fastresp.response import TEXT
from fastresp.wire.headers import format_fields

__all__ = ["SAFE", "is_full", "may_handle", "must_close", "refuse"]

# The safe methods (RFC 9110, section 9.2.1), a bit for each of the parser's numbers.
SAFE = 1 << GET | 1 << HEAD_METHOD | 1 << OPTIONS | 1 << TRACE

MAX_CALLS = 4
"""Calls in threads of one connection that may be at work at once; from half of them on its answers say close."""
MAX_PIPELINE = 64
"""Requests of one connection that may be unanswered at once."""
MAX_WORK = 256
"""Coroutine handlers and devices of one connection that may be at work at once, most of them behind their answers."""


def may_handle(connection: Any) -> bool:
    """Return whether the request whose head has come may be handled: others may be unanswered, or worked on."""
    pipeline = connection.pipeline
    first = pipeline.first
    parser = connection.parser
    most = MAX_WORK
    if connection.service.in_turn:
        if first is not None or work.is_free(connection) or connection.reading != OVERDUE:  # most calls end in a moment
            return first is None and not connection.at_work
        most = MAX_CALLS
    if connection.at_work >= most // 2:
        parser.keep_alive = False  # the next request had better come on another connection than wait on this one
        if connection.at_work >= most:
            return False
    if first is None:
        return True
    is_last = first.begun and first.close
    return SAFE >> parser.method & 1 and not parser.has_body and not first.unsafe and not is_last


def is_full(connection: Any) -> bool:
    """Return whether no more may be read: of requests that wait for their answers, of answers that wait for others,
    of a body that waits for its handler.
    """
    pipeline = connection.pipeline
    count = pipeline.count
    if count > 1 and (count >= MAX_PIPELINE or pipeline.kept() >= HELD):
        return True
    body = connection.body
    return body is not None and body.full()


def must_close(connection: Any, exchange: Any) -> bool:
    """Return whether this answer is to be the last: for what is unread of its request, or because the server ends."""
    parser = connection.parser
    pipeline = connection.pipeline
    if exchange.incoming and connection.expecting:
        return True  # the client may or may not send the body now
    if exchange.incoming and not parser.chunked and parser.content_length - connection.seen > DISCARDED:
        return True
    if (
        not connection.service.closes
        or exchange is not pipeline.last
        or connection.is_held()
        or connection.discarding > 0
    ):
        return False  # what has been asked before is still answered
    return exchange.incoming or parser is None or not parser.has_begun()


def refuse(connection: Any, status: int, reason: str, fields: Any) -> None:
    """Answer with an error of the client's, after all earlier answers, and read nothing more."""
    states.read(connection, STOP)
    connection.unread = True
    completed = False
    try:
        if connection.transport is not None:
            _refuse(connection, status, reason, fields)
        completed = True
    finally:
        if not completed:
            connection.output.lost = connection.output.closing = True  # nobody else would answer


def _refuse(connection: Any, status: int, reason: str, fields: Any) -> None:
    exchange = connection.incoming
    has_status = exchange.begun if exchange is not None else connection.discarding > 0
    peer = connection.peer
    remote = peer.remote()
    client = address(remote)
    observer = connection.service.observer
    if observer is not None and not has_status:
        observer.refused(remote, status)
    connection.service.remark(f"a request of {client} was cut" if has_status else f"{status} to {client}", reason)
    if connection.transport is not None:
        _answer(connection, status, reason, fields)


def _answer(connection: Any, status: int, reason: str, fields: Any) -> None:
    # read anew: what the log has called may have answered the request
    exchange = connection.incoming
    pipeline = connection.pipeline
    request = None
    since = 0.0
    parser = connection.parser
    is_head = parser is not None and parser.is_head()
    connection.incoming = None
    body, connection.body = connection.body, None
    if body is not None:
        body.fail(reason, True)
    if exchange is not None:
        is_head = exchange.is_head  # RFC 9110, section 9.3.2: no content, not even a reason
        exchange.incoming = False
        exchange.close = True
        if exchange.begun:
            return
        # the handler's responder has nothing to answer any more; it is alone in the line
        pipeline.clear()
        request = exchange.request  # for the access log
        if connection.service.observer is not None:
            since = exchange.since
        exchange.cancel()
    elif connection.discarding:
        connection.close_gracefully()
        return
    exchange = pipeline.enter(connection, request, 1, False)
    if since:
        exchange.since = since
    exchange.is_head = is_head
    exchange.is_connect = exchange.unsafe = False
    head = None if fields is None else format_fields(fields)
    answers.respond(exchange, status, head, TEXT, reason.encode() + b"\n", False)
