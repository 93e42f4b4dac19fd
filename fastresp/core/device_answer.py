"""Answers whose content is a device's: whole where it is small and no answer comes before it, else piece by piece.

These are functions over an exchange, as those of `answer.py`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from fastresp.core import answer as answers
from fastresp.core import exchange as exchanges
from fastresp.core import lengths
from fastresp.core.closing import close_source
from fastresp.core.device import PIECE
from fastresp.core.exchange import CHUNKED
from fastresp.core.faults import report
from fastresp.core.names import describe
from fastresp.core.pages import FAULT
from fastresp.core.pump import start_measuring, start_pump
from fastresp.headers import HAS_CONTENT_TYPE
from fastresp.response import TEXT
from fastresp.wire.headers import format_head

if TYPE_CHECKING:
    from fastresp.core.device import Source

__all__ = ["refuse", "send"]


def send(exchange: exchanges.Exchange, status: int, fields: Any, content_type: Any, source: Source) -> None:
    """Send what a source holds, and close it in every outcome."""
    exchange.check_thread()
    progress = exchange.progress = exchanges.Progress()
    facts, declared = 0, -1
    if fields is not None:
        _, facts, declared = fields
        if facts & HAS_CONTENT_TYPE:
            content_type = None
    lengths.check_framing(facts)
    if declared == -2:
        lengths.check(exchange, declared, 0, False)
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
        refuse(exchange, error)
        return
    exchange.abort()
    report("an answer was broken off: %s", error)


def _send_source(exchange: exchanges.Exchange, status: int, fields: Any, content_type: Any, source: Source) -> None:
    """As `send`, when the device is measured."""
    progress = exchange.progress
    declared = -1 if fields is None else fields[2]
    try:
        if source.size is None and declared >= 0:
            source.size = declared
        length = CHUNKED if source.size is None else source.size
        if declared != -1:
            lengths.check(exchange, declared, length, False)
        is_empty = lengths.is_empty(exchange, status)
        first = b"" if length == 0 else None
        if 0 < length <= PIECE and not is_empty and exchange.is_next():
            first = source.read_now(length)  # not behind others: it would be held
        if is_empty:
            answers.respond_empty(exchange, status, fields, content_type, length, [])
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


def refuse(exchange: exchanges.Exchange, error: Exception | None) -> None:
    """Answer for a device that can't be read: 500, and a line in the log."""
    what = describe(exchange.request)
    answers.respond(exchange, 500, None, TEXT, FAULT, False)
    report("%s can't be answered: %s", what, error)
