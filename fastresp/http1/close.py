"""How a connection ends: behind its answers, with a lingering close where the client is still sending, or at once.

These are functions over a connection.
"""

from __future__ import annotations

import math
from typing import Any

from fastresp.core.names import address
from fastresp.http1 import states, work
from fastresp.http1.states import ABORT, CLOSE, HALF_CLOSE, LINGERING, STOP
from fastresp.net import sockopts
from fastresp.net.deadlines import IDLE, LINGER, NEVER

__all__ = ["abort", "behind", "cut", "gracefully", "is_cut", "lost", "untaken"]


def behind(connection: Any, exchange: Any) -> None:
    """Close the connection behind this answer, which is complete, or broken off."""
    connection.delimits = exchange.reset
    if exchange.broken and exchange.reset:
        output = connection.output
        output.flush(False)  # the answers before it are whole
        output.lost = True
        abort(connection)
    gracefully(connection)


def gracefully(connection: Any) -> None:
    """Close the connection behind what has been written."""
    output = connection.output
    deadlines = connection.deadlines
    pipeline = connection.pipeline
    if output.closing:
        return
    output.flush(False)
    states.read(connection, STOP)
    if output.flushing:
        pipeline.cancel_all()
        connection.close_soon()  # not within a write
        return
    output.closing = True
    transport = connection.transport
    if transport is None:
        return
    output.lost = True  # until that is over: where it fails, the next sweep aborts
    pipeline.cancel_all()
    output.wake()
    connection.unread = connection.unread or connection.read_paused or connection.has_input() or output.unread() > 0
    lingers = ((connection.unread or output.unsent() > 0) and not connection.eof) or (
        connection.service.secure and transport.has_encrypted()
    )
    deadlines.most = NEVER
    if lingers and transport.can_write_eof() and not transport.is_closing():
        # Closing with unread bytes would reset the connection, and could take with it what of the answer is on its
        # way; more of them may come as long as it is (RFC 9112, section 9.6).
        try:
            transport.write_eof()
        except OSError:  # the client has reset the connection, and the loop has not said so yet
            abort(connection)
            return
        if connection.read_paused:
            connection.read_paused = False
            transport.resume_reading()
        states.write(connection, HALF_CLOSE)
        deadlines.allow(LINGER)
    else:
        transport.close()
        states.write(connection, CLOSE)
        # TLS waits for the client's close_notify, which an idle client may be in no hurry to send
        deadlines.allow(LINGER if deadlines.waits_for == IDLE else math.inf)
    output.lost = False


def abort(connection: Any) -> None:
    """Close now, whatever is going on."""
    output = connection.output
    transport = connection.transport
    if transport is None:
        return
    ends_short = is_cut(connection)
    if not ends_short and connection.delimits:
        ends_short = output.lost or output.out_size > 0 or transport.get_write_buffer_size() > 0
    if ends_short and not connection.service.secure:
        sockopts.reset_at_close(transport.get_extra_info("socket"))  # its end must not look like a whole
    states.read(connection, STOP)
    states.write(connection, ABORT)
    output.closing = True
    output.drop()
    transport.abort()
    # not only when the loop says that it is lost: an answer that never has to wait would keep the loop from it
    pipeline = connection.pipeline
    pipeline.cancel_all()
    output.wake()


def lost(connection: Any) -> None:
    """The transport is closed: let go of what came with the client, and tell all that wait for it.

    Each of these steps is taken, whatever the one before it raises, as memory may run out in any.
    """
    service = connection.service
    pipeline = connection.pipeline
    output = connection.output
    peer = connection.peer
    try:
        if peer is not None and (pipeline.first is not None or service.observer is not None):
            peer.remote()  # for the log
    finally:
        connection.transport = None
        states.read(connection, STOP)
        states.write(connection, ABORT)
        output.disconnect()
        if peer is not None:
            peer.transport = peer.connection = None
        # a handler may keep what leads here, and must not keep what has come with it
        connection.receiver = connection.collected = None
        connection.parser = None
        connection.incoming = None
        body, connection.body = connection.body, None
        try:
            service.dismiss(connection, connection.host, False)
            if body is not None:
                body.fail("the client left before the end of the request's body")
        finally:
            _tell_lost(connection)
    if service.observer is not None:
        service.observer.closed(None if peer is None else peer.remote())


def _tell_lost(connection: Any) -> None:
    output = connection.output
    pipeline = connection.pipeline
    try:
        pipeline.cancel_all()
    finally:
        try:
            output.wake()
        finally:
            try:
                work.is_free(connection)
            finally:
                work.vacate(connection)


def is_cut(connection: Any) -> bool:
    """Return whether an end of the connection now would look like that of the answer that is under way."""
    pipeline = connection.pipeline
    first = pipeline.first
    return first is not None and first.begun and first.reset


def cut(connection: Any, reason: str) -> None:
    """End the connection in the middle of what its client is to get."""
    transport = connection.transport
    if connection.writing != LINGERING or transport.get_write_buffer_size() > 0:  # else the system sends all of it
        connection.service.remark(f"an answer to {address(transport.get_extra_info('peername'))} was cut", reason)
    abort(connection)


def untaken(connection: Any) -> str:
    """Return, for the log, what the client has not taken of answers that are complete, or which request of its waits
    for others; "" if there is nothing.
    """
    output = connection.output
    pipeline = connection.pipeline
    transport = connection.transport
    if transport is None or pipeline.first is not None:
        return ""
    client = address(transport.get_extra_info("peername"))
    if connection.is_held():
        return f"a request of {client}, which the handler was not called for"
    size = output.out_size + transport.get_write_buffer_size()
    return f"{size} bytes of an answer to {client}" if size else ""
