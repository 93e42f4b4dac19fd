"""The content of the request that is being read: collected for a plain handler, handed on to a coroutine, or dropped.

These are functions over a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastresp.core.body import Body
from fastresp.http1 import states
from fastresp.http1.states import ANSWERED, COMPLETE, STOP, STOPPED
from fastresp.net.receiver import new_receiver, new_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["awaited", "discard", "end", "gather", "left", "piece", "received", "send_continue", "starved"]

LARGE = 262144
"""Bytes of a body that are worth a receiver."""
DISCARDED = 262144
"""Bytes of an unread body that are read and dropped to keep a connection; for more it is closed."""


def piece(connection: Any, data: bytes) -> None:
    """Some content has come."""
    connection.seen += len(data)
    if connection.incoming is None:
        connection.discarding -= len(data)
        if connection.discarding <= 0:
            connection.unread = True
            connection.close_gracefully()
    elif connection.collected is not None:
        whole = _whole(connection)
        whole.add(data)
    elif connection.body is not None:
        connection.body.feed(data)
    else:
        connection.collected = data


def _whole(connection: Any) -> Any:
    """What has come, as one that grows."""
    first = connection.collected
    if first is not None and type(first) is not bytes:
        return first
    parser = connection.parser
    whole = connection.collected = new_whole(parser.content_length)
    if first is not None:
        whole.add(first)
    return whole


def gather(connection: Any, pieces: Iterable[bytes]) -> None:
    """The handler wants the rest of the body whole: its end will bring it, with these pieces before it."""
    whole = _whole(connection)
    for data in pieces:
        whole.add(data)


def left(connection: Any) -> int:
    """Return how much content may come behind what is collected, and past the parser."""
    if connection.reading == STOPPED or connection.collected is None or type(connection.collected) is bytes:
        return 0
    parser = connection.parser
    count: int = parser.content_left()
    return count


def received(connection: Any, count: int) -> None:
    """So much has come there."""
    parser = connection.parser
    connection.seen += count
    parser.skip(count)
    if parser.content_left():
        connection.arm_deadline()
    else:
        connection.proceed()


def starved(connection: Any) -> None:
    """All that was read is used up, and the body is not complete: a plain handler's body is collected, a coroutine
    handler is called now, and reads the rest itself.
    """
    exchange = connection.incoming
    service = connection.service
    parser = connection.parser
    seen = connection.seen
    if (seen >= LARGE or parser.content_length - seen >= LARGE) and connection.receiver is None and not service.secure:
        connection.receive_by(new_receiver(connection))
        if not service.is_async:
            _whole(connection)
    if connection.body is not None or exchange is not connection.incoming:
        return
    if not service.is_async:
        send_continue(connection)
        return
    request = exchange.request
    body = connection.body = request._stream = Body(connection)
    if connection.collected is not None:
        whole = connection.collected
        connection.collected = None
        body.feed(whole if type(whole) is bytes else whole.take())
    connection.handle(exchange, request)


def end(connection: Any) -> None:
    """The content is complete."""
    parser = connection.parser
    if connection.receiver is not None:
        connection.receive_by(None)
    exchange = connection.incoming
    connection.incoming = None
    connection.discarding = 0
    connection.expecting = False
    states.read(connection, COMPLETE if parser.keep_alive else STOP)
    if exchange is None:
        return
    exchange.incoming = False
    request = exchange.request
    if parser.trailers_end > parser.trailers_start:
        request._trailers = parser.trailers_data[parser.trailers_start : parser.trailers_end]
    whole = connection.collected
    connection.collected = None
    if whole is not None and type(whole) is not bytes:
        whole = whole.take()
    if connection.body is not None:
        body, connection.body = connection.body, None
        body.end(whole)
        return
    request._body = whole or b""
    connection.handle(exchange, request)


def awaited(connection: Any) -> None:
    """The handler waits for more of the request's body."""
    send_continue(connection)
    if connection.read_paused:
        connection.proceed_soon()


def send_continue(connection: Any) -> None:
    """The body is wanted: say so to a client that waits for that (RFC 9110, section 10.1.1)."""
    exchange = connection.incoming
    if connection.expecting:
        connection.expecting = False
        if exchange is not None and not exchange.begun:
            exchange.interim(100, None)
        connection.arm_deadline()


def discard(connection: Any, exchange: Any) -> None:
    """A request has been answered before its body was read: the rest is dropped, if it is not much."""
    states.read(connection, ANSWERED)
    connection.incoming = None
    connection.expecting = False
    connection.discarding = DISCARDED + 1
    connection.unread = exchange.close
    connection.collected = None
    body, connection.body = connection.body, None
    if body is not None:
        body.fail("the request was answered before its body was read")
    exchange.incoming = False
