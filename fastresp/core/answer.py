"""What an answer may look like, whatever protocol carries it: lengths, statuses without content, trailers, devices,
responders that are dropped, callbacks (RFC 9110).

These are functions over an exchange. What they note of an answer in pieces is its `progress`.
"""

from __future__ import annotations

from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from fastresp.core import exchange as exchanges
from fastresp.core import threads
from fastresp.core.device import PIECE
from fastresp.core.exchange import CHUNKED, UNSTATED
from fastresp.core.faults import pass_on, report
from fastresp.core.names import describe
from fastresp.core.pages import FAULT
from fastresp.core.pump import start_measuring, start_pump
from fastresp.errors import HeaderError, ResponderStateError
from fastresp.headers import HAS_CONTENT_TYPE, HAS_TRAILER, HAS_TRANSFER_ENCODING, trailer_fields
from fastresp.response import EMPTY, TEXT
from fastresp.status import CONTENT_FREE
from fastresp.wire.blocks import announced_in, without_field
from fastresp.wire.headers import format_fields, format_head

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from fastresp.core.device import Source

__all__ = [
    "begin",
    "drop",
    "dropped",
    "fail",
    "finish",
    "interim",
    "on_close",
    "refuse_device",
    "release",
    "respond",
    "respond_with",
    "send",
    "send_device",
    "tell_closed",
]


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
    if _is_empty(exchange, status):
        data = b""
        if _is_unmeasured(exchange, status):
            length = UNSTATED
            if declared != -1:
                fields, declared = _without_length(fields), -1
        elif status == 205:
            length = 0
        elif status == 304 and bare:
            # what a 304 says of the content replaces what caches have stored: nothing is said in the handler's name
            length = UNSTATED
            if content_type == EMPTY:
                content_type = None
    if facts:
        _check_facts(facts)
        if declared != -1:
            _check_length(exchange, declared, length, bare)
    exchange.respond(status, fields, content_type, length, data)


def respond_with(exchange: exchanges.Exchange, response: Any, status: int, fields: Any, data: bytes) -> None:
    """Send a Response of this status, these fields and these data."""
    if _is_empty(exchange, status):
        respond(exchange, status, fields, None, data, not data)
        return
    exchange.check_thread()
    _, facts, declared = fields
    if declared != -1:
        _check_length(exchange, declared, len(data), False)
    _check_facts(facts)
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
            _check_length(exchange, -2, 0, False)
    elif declared != -1:
        raise ValueError("a chunked answer has no content-length: its end is its last chunk")
    _check_facts(facts)
    progress.trailer_names = announced_in(trailer_names, block if facts & HAS_TRAILER else b"")
    length = declared if sized else CHUNKED
    if _is_empty(exchange, status):
        # nor need the next answer wait for what nothing would tell that it is over
        progress.is_empty = True
        _respond_empty(exchange, status, fields, content_type, length, trailer_names)
        return
    exchange.start(status, fields, content_type, length, trailer_names)
    progress.remaining = declared


def _respond_empty(
    exchange: exchanges.Exchange, status: int, fields: Any, content_type: Any, length: int, trailer_names: list[bytes]
) -> None:
    """Send the head of an answer whose content this status, or the method, forbids."""
    if _is_unmeasured(exchange, status):
        length = UNSTATED
        fields = _without_length(fields)
    elif status == 205:
        length = 0
        fields = _without_length(fields)
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
            if name.lower() not in progress.trailer_names:
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


# -- devices


def send_device(exchange: exchanges.Exchange, status: int, fields: Any, content_type: Any, source: Source) -> None:
    """Send what a source holds, and close it in every outcome."""
    exchange.check_thread()
    progress = exchange.progress = exchanges.Progress()
    facts, declared = 0, -1
    if fields is not None:
        _, facts, declared = fields
        if facts & HAS_CONTENT_TYPE:
            content_type = None
    _check_facts(facts)
    if declared == -2:
        _check_length(exchange, declared, 0, False)
    if source.is_measured:
        _send_source(exchange, status, fields, content_type, source)
        return
    format_head(b"", b"", content_type, -1, b"", b"")  # a bad type must be found before the handler has returned
    progress.source = source
    progress.pump = start_measuring(
        source, partial(_measured, exchange, status, fields, content_type, source), partial(_unmeasured, exchange)
    )


def _measured(exchange: exchanges.Exchange, status: int, fields: Any, content_type: Any, source: Source) -> None:
    progress = exchange.progress
    progress.pump = progress.source = None
    _send_source(exchange, status, fields, content_type, source)


def _unmeasured(exchange: exchanges.Exchange, error: Exception) -> None:
    """The device failed as it was measured, or the answer with it as it began."""
    progress = exchange.progress
    if progress is not None:
        progress.pump = progress.source = None
    if exchange.gone:
        return
    if not exchange.begun:
        refuse_device(exchange, error)
        return
    exchange.abort()
    report("an answer was broken off: %s", error)


def _send_source(exchange: exchanges.Exchange, status: int, fields: Any, content_type: Any, source: Source) -> None:
    """As `send_device`, when the device is measured."""
    progress = exchange.progress
    declared = -1 if fields is None else fields[2]
    try:
        if source.size is None and declared >= 0:
            source.size = declared
        length = CHUNKED if source.size is None else source.size
        if declared != -1:
            _check_length(exchange, declared, length, False)
        is_empty = _is_empty(exchange, status)
        first = b"" if length == 0 else None
        if 0 < length <= PIECE and not is_empty and exchange.is_next():
            first = source.read_now(length)  # not before its turn: it would be held
        if is_empty:
            progress.is_empty = True
            _respond_empty(exchange, status, fields, content_type, length, [])
        elif first is not None and len(first) == length:
            exchange.respond(status, fields, content_type, length, first)
        else:
            exchange.start(status, fields, content_type, length, [])
            if first:
                source.size = length - len(first)
                exchange.data(first)
    except BaseException:
        if exchange.begun:
            exchange.lost = True  # without a call, which the stack may not hold
        close_source(source)
        raise
    if exchange.ended or exchange.gone:
        close_source(source)
        return
    progress.source = source
    started = False
    try:
        progress.pump = start_pump(exchange, source)
        started = True
    finally:
        if not started:
            exchange.lost = True


def refuse_device(exchange: exchanges.Exchange, error: Exception | None) -> None:
    """Answer for a device that can't be read: 500, and a line in the log."""
    what = describe(exchange.request)
    respond(exchange, 500, None, TEXT, FAULT, False)
    report("%s can't be answered: %s", what, error)


def close_source(source: Source) -> None:
    """Close a source; what its device raises goes to the log."""
    try:
        source.context.copy().run(source.close)
    except BaseException as error:
        report("closing a device failed", error=error)
        pass_on(error)


# -- the end


def fail(exchange: exchanges.Exchange) -> None:
    """Answer in place of the handler: 500, or the end of the connection where an answer has begun."""
    progress = exchange.progress
    completed = False
    try:
        if not exchange.begun:
            respond(exchange, 500, None, TEXT, FAULT, False)
        elif progress is not None and progress.remaining == 0 and not (exchange.ended or exchange.lost):
            exchange.finish(b"", None)  # the client has all of it
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


def call_back(callback: Callable[[], object]) -> None:
    """Call a callback of on_close(); what it raises goes to the log."""
    try:
        callback()
    except BaseException as error:
        report("a callback of on_close() failed", error=error)
        pass_on(error)


def release(exchange: exchanges.Exchange) -> None:
    """The exchange is over, answered or given up: let go of its request and its device, and tell its callbacks."""
    exchange.request = None
    progress = exchange.progress
    if progress is not None:
        pump, source = progress.pump, progress.source
        progress.pump = progress.source = None
        if pump is not None:
            pump.cancel(exchange)
        elif source is not None:
            close_source(source)
    if exchange.callbacks is not None:
        tell_closed(exchange)


# -- lengths


def _is_empty(exchange: exchanges.Exchange, status: int) -> bool:
    """Whether an answer of this status to this request has no content (RFC 9110, section 6.4.1)."""
    return exchange.is_head or status in CONTENT_FREE or _is_unmeasured(exchange, status)


def _is_unmeasured(exchange: exchanges.Exchange, status: int) -> bool:
    """Whether it states no content-length, to GET either (RFC 9110, sections 8.6, 15.3.5 and 9.3.6)."""
    return status == 204 or (exchange.is_connect and 200 <= status < 300)


def _without_length(fields: Any) -> Any:
    if fields is None or fields[2] == -1:
        return fields
    return without_field(fields[0], b"content-length"), fields[1], -1


def _check_length(exchange: exchanges.Exchange, declared: int, length: int, bare: bool) -> None:
    """The handler's own content-length has to be right; where only a head is sent, it knows best."""
    if declared == -2:
        raise ValueError("the content-length among the headers is not one whole number")
    if declared != length and not (bare and (exchange.is_head or length < 0)):
        raise ValueError(f"the content-length among the headers is {declared}, but the content has {length} bytes")


def _check_facts(facts: int) -> None:
    if facts & HAS_TRANSFER_ENCODING:
        raise ValueError("transfer-encoding is fastresp's to choose: leave it out of the headers")
