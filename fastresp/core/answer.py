"""What an answer may look like, whatever protocol carries it: statuses without content, trailers, responders that are
dropped, callbacks (RFC 9110). Lengths are in `lengths.py`, devices in `device_answer.py`.

These are functions over an exchange. What they note of an answer in pieces is its `progress`.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from fastresp.core import exchange as exchanges
from fastresp.core import lengths, threads
from fastresp.core import link as links
from fastresp.core.closing import close_source
from fastresp.core.exchange import CHUNKED, UNSTATED
from fastresp.core.faults import pass_on, report
from fastresp.core.names import describe
from fastresp.core.pages import FAULT
from fastresp.errors import HeaderError, ResponderStateError
from fastresp.headers import HAS_CONNECTION, HAS_CONTENT_TYPE, HAS_TRAILER, HAS_TRANSFER_ENCODING, trailer_fields
from fastresp.response import EMPTY, TEXT
from fastresp.wire.blocks import announced_in, without_field
from fastresp.wire.headers import format_fields

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

__all__ = [
    "begin", "drop", "dropped", "fail", "finish", "interim", "on_close", "release", "respond", "respond_empty",
    "respond_with", "send", "tell_closed", "tell_stream", "upgrade",
]  # fmt: skip


# -- whole answers


def interim(exchange: exchanges.Exchange, status: int, fields: Any) -> None:
    """Send an informational response. Raises ValueError for one that fastresp can't send."""
    exchange.check_thread()
    if status == 101:
        raise ValueError(
            "101 Switching Protocols would end HTTP on this connection, and fastresp speaks nothing else on it"
        )
    if fields is not None and (fields[2] != -1 or fields[1] & HAS_TRANSFER_ENCODING):
        raise ValueError(f"an informational response ({status}) has no content: leave out the fields that frame it")
    if status != 103 or exchange.service.early_hints:
        exchange.interim(status, fields)


def respond(exchange: exchanges.Exchange, status: int, fields: Any, content_type: Any, data: bytes, bare: bool) -> None:
    """Send a whole answer. `bare`: the handler gave no content, and nothing describes it.

    Raises ValueError for fields that contradict it.
    """
    if not threads.is_current(exchange.service.thread):  # PERF: no call where it is
        exchange.check_thread()
    if fields is None and status == 200 and not (exchange.is_head or exchange.is_connect):
        # PERF: nearly every answer, of which there is nothing to find out: 60 instructions less
        exchange.respond(200, None, content_type, len(data), data)
    else:
        _respond(exchange, status, fields, content_type, data, bare)


def _respond(
    exchange: exchanges.Exchange, status: int, fields: Any, content_type: Any, data: bytes, bare: bool
) -> None:
    length = len(data)
    facts, declared = 0, -1
    if fields is not None:
        _, facts, declared = fields
        if facts & HAS_CONTENT_TYPE:
            content_type = None
    if lengths.is_empty(exchange, status):
        data = b""
        if lengths.is_unmeasured(exchange, status):
            length = UNSTATED
            if declared != -1:
                fields, declared = lengths.without_length(fields), -1
        elif status == 205:
            length = 0
        elif status == 304 and bare:
            # what a 304 says of the content replaces what caches have stored: nothing is said in the handler's name
            length = UNSTATED
            if content_type == EMPTY:
                content_type = None
    if facts:
        lengths.check_framing(facts)
        if declared != -1:
            lengths.check(exchange, declared, length, bare)
    exchange.respond(status, fields, content_type, length, data)


def respond_with(exchange: exchanges.Exchange, response: Any, status: int, fields: Any, data: bytes) -> None:
    """Send a Response of this status, these fields and these data."""
    if lengths.is_empty(exchange, status):
        respond(exchange, status, fields, None, data, not data)
        return
    exchange.check_thread()
    _, facts, declared = fields
    if declared != -1:
        lengths.check(exchange, declared, len(data), False)
    lengths.check_framing(facts)
    exchange.respond_ready(response, status, fields, len(data), data)


# -- answers in pieces


def begin(
    exchange: exchanges.Exchange, status: int, fields: Any, content_type: Any, trailer_names: list[bytes], sized: bool
) -> None:
    """Send a head; the content follows in pieces: as many bytes as the fields state where it is `sized`, else until
    `finish`. Raises ValueError for a length that does not go with that.
    """
    exchange.check_thread()
    progress = exchange.progress = exchanges.Progress()
    facts, declared = 0, -1
    if fields is not None:
        block, facts, declared = fields
        if facts & HAS_CONTENT_TYPE:
            content_type = None
    if sized:
        if declared < 0:
            lengths.check(exchange, -2, 0, False)
    elif declared != -1:
        raise ValueError("a chunked answer has no content-length: its end is its last chunk")
    lengths.check_framing(facts)
    if trailer_names or facts & HAS_TRAILER:
        progress.trailer_names = announced_in(trailer_names, block if facts & HAS_TRAILER else b"")
    length = declared if sized else CHUNKED
    if lengths.is_empty(exchange, status):
        # nor need the next answer wait for what nothing would tell that it is over
        respond_empty(exchange, status, fields, content_type, length, trailer_names)
        return
    exchange.start(status, fields, content_type, length, trailer_names)
    progress.remaining = declared
    if exchange.service.ends_streams:
        tell_stream(exchange)


def respond_empty(
    exchange: exchanges.Exchange, status: int, fields: Any, content_type: Any, length: int, trailer_names: list[bytes]
) -> None:
    """Send the head of an answer whose content this status, or the method, forbids."""
    if lengths.is_unmeasured(exchange, status):
        length = UNSTATED
        fields = lengths.without_length(fields)
    elif status == 205:
        length = 0
        fields = lengths.without_length(fields)
    elif status == 304 and length == CHUNKED:
        length = UNSTATED
    exchange.start(status, fields, content_type, length, trailer_names)
    exchange.finish(b"", None)


def send(exchange: exchanges.Exchange, data: bytes) -> None:
    """Send a piece of the content. Raises ValueError for more than was stated."""
    exchange.check_thread()
    progress = _progress_of(exchange, "write_chunk()")
    _check_room(progress, len(data))
    if data and not exchange.ended and not exchange.gone and not exchange.lost:
        completed = False
        try:
            if progress.remaining >= 0:
                progress.remaining -= len(data)
            exchange.data(data)
            completed = True
        finally:
            if not completed:
                exchange.lost = True  # without a call, which the stack may not hold; its content has a gap


def finish(exchange: exchanges.Exchange, data: bytes, trailers: Any) -> None:
    """Send the last piece and the trailers. Raises HeaderError for one that was not announced, ValueError for another
    length than was stated.
    """
    exchange.check_thread()
    progress = _progress_of(exchange, "write_end_chunked()")
    fields = None
    if trailers is not None:
        for name, _ in trailers._fields:
            if progress.trailer_names is None or name.lower() not in progress.trailer_names:
                raise HeaderError(
                    f"the trailer {name.decode('latin-1')!r} was not announced: name it in write_begin_chunked()"
                )
        fields = format_fields(trailer_fields(trailers))
    if exchange.ended or exchange.lost:
        return
    _check_room(progress, len(data))
    if progress.remaining > len(data):
        raise ValueError(f"the content ends {progress.remaining - len(data)} bytes before its content-length says")
    completed = False
    try:
        progress.remaining = -1
        exchange.finish(data, fields)
        completed = True
    finally:
        if not completed:
            exchange.lost = True


def _progress_of(exchange: exchanges.Exchange, call: str) -> exchanges.Progress:
    progress: exchanges.Progress | None = exchange.progress
    if progress is None or not exchange.begun:
        raise ResponderStateError(f"{call}: write_begin_chunked() is still at work, and its head comes first")
    return progress


def _check_room(progress: exchanges.Progress, size: int) -> None:
    """Content whose length is stated may have so many bytes more."""
    if 0 <= progress.remaining < size:
        more = size - progress.remaining
        raise ValueError(f"the content is longer than its content-length says, by {more} bytes or more")


# -- another protocol


def upgrade(exchange: exchanges.Exchange, protocol: bytes, fields: Any, session: links.Session) -> links.Link:
    """Change to this protocol, which `session` speaks. Return its link.

    Raises ValueError where the client has not asked for another protocol, or for fields that contradict the answer.
    """
    exchange.check_thread()
    if fields is not None:
        block, facts, declared = fields
        framed = declared != -1 or facts & (HAS_CONNECTION | HAS_TRANSFER_ENCODING)
        if framed or without_field(block, b"upgrade") != block:
            raise ValueError(
                "an answer that changes the protocol says so itself, and has no content: leave out connection, upgrade "
                "and the fields that frame it"
            )
    if not exchange.may_upgrade():
        raise ValueError("the request does not ask for another protocol, or has content")
    exchange.progress = exchanges.Progress()
    return exchange.upgrade(protocol, fields, session)


# -- the end


def fail(exchange: exchanges.Exchange) -> None:
    """Answer in place of the handler: 500, or the end of the connection where an answer has begun."""
    progress = exchange.progress
    link = exchange.link
    completed = False
    try:
        if not exchange.begun:
            respond(exchange, 500, None, TEXT, FAULT, False)
        elif progress is not None and progress.remaining == 0 and not (exchange.ended or exchange.lost):
            exchange.finish(b"", None)  # the client has all of it
        elif link is not None:
            link.fail()
        else:
            exchange.abort()
        completed = True
    finally:
        if not completed:
            exchange.lost = True  # nobody else would end it


def drop(exchange: exchanges.Exchange) -> None:
    """The responder is gone without an answer: call `dropped` in the loop's next turn.

    Not now: the last reference may go anywhere, wherever the collector runs, and in any thread.
    """
    service = exchange.service
    loop = service.loop
    try:
        if threads.is_current(service.thread):
            loop.call_soon(dropped, exchange)
        else:
            loop.call_soon_threadsafe(dropped, exchange)
    except (RuntimeError, MemoryError):
        exchange.dropped = True  # a closed loop has no clients; but it may be the stack or memory that has run out


def dropped(exchange: exchanges.Exchange) -> None:
    """Answer in place of a responder that is gone, with a line in the log."""
    exchange.dropped = False
    if exchange.gone or exchange.ended:
        return
    request = exchange.request
    how = "in the middle of its answer" if exchange.begun else "without an answer"
    fail(exchange)
    report("the responder of %s was dropped %s", describe(request), how)


def on_close(exchange: exchanges.Exchange, callback: Callable[[], object]) -> None:
    """Call `callback` when the exchange is over, or the client has closed its side; now, if either has happened."""
    fresh: list[tuple[Context, Callable[[], object]]] = []
    context = copy_context()
    exchange.check_thread()
    if exchange.gone or exchange.ended or exchange.left:
        callback()
    else:
        if exchange.callbacks is None:
            exchange.callbacks = fresh
        exchange.callbacks.append((context, callback))


def tell_closed(exchange: exchanges.Exchange) -> None:
    """Have the callbacks of on_close() called in the loop's next turn."""
    callbacks, exchange.callbacks = exchange.callbacks, None
    if callbacks is not None:
        loop = exchange.service.loop
        for context, callback in callbacks:
            # not now: it may answer, or swap, while neither the line nor the responder knows that this is over
            loop.call_soon(call_back, callback, context=context)


def tell_stream(exchange: exchanges.Exchange) -> None:
    """The server ends: have the callbacks called of an answer that has begun, and whose length nothing states."""
    progress = exchange.progress
    if progress is None or not exchange.begun or exchange.ended or progress.remaining >= 0:
        return
    source = progress.source
    if source is None or source.size is None:
        exchange.left = True  # for callbacks to come
        tell_closed(exchange)


def call_back(callback: Callable[[], object]) -> None:
    """Call a callback of on_close(); what it raises goes to the log."""
    try:
        callback()
    except BaseException as error:
        report("a callback of on_close() failed", error=error)
        pass_on(error)


def release(exchange: exchanges.Exchange) -> None:
    """The exchange is over, answered or given up: let go of what it has, and tell its callbacks and its session."""
    exchange.request = None
    progress = exchange.progress
    link = exchange.link
    try:
        if exchange.callbacks is not None:
            tell_closed(exchange)
    finally:
        try:
            if progress is not None:
                _release_source(exchange, progress)
        finally:
            if link is not None:
                exchange.link = None
                link.end()


def _release_source(exchange: exchanges.Exchange, progress: exchanges.Progress) -> None:
    pump, source = progress.pump, progress.source
    progress.pump = progress.source = None
    if pump is not None:
        pump.cancel(exchange)
    elif source is not None:
        close_source(source)
