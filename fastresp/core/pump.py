"""From a device to an exchange, piece by piece, never faster than the client reads.

What a device raises, of whatever kind, ends its answer and nothing else: SystemExit and KeyboardInterrupt must not
leave a task, for they would end the loop, and a CancelledError of the device's own must not pass for a client that has
left.
Async code gains nothing from compilation, so both twins use this one module as it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from fastresp.core.closing import keep_until_done, message_of
from fastresp.core.device import PIECE, DeviceError, refusal
from fastresp.core.faults import report

if TYPE_CHECKING:
    from fastresp.core.device import Source

__all__ = ["Pump", "start_measuring", "start_pump"]


class Pump:
    """The task that works for an exchange, until the exchange is over or cancels it."""

    __slots__ = ("_task", "is_cancelled", "is_over")

    _task: asyncio.Task[None]

    def __init__(self) -> None:
        self.is_cancelled = False
        self.is_over = False  # what it has done, or called, is the end of its work

    def run(self, work: Coroutine[Any, Any, None], source: Source) -> asyncio.Task[None]:
        """Start the work, in the loop's next turn and the source's context: it may be another request's turn now."""
        # not by the loop's factory: an eager one would run it before the exchange knows of it
        self._task = asyncio.Task(work, loop=asyncio.get_running_loop(), context=source.context)
        return self._task

    def cancel(self, exchange: Any) -> None:
        """`exchange` is over, its client gone: no more is read."""
        if not self.is_over:
            self.is_cancelled = True
            self._task.cancel()
            keep_until_done(self._task, exchange)  # not before: it may stream for as long as it takes


def start_pump(exchange: Any, source: Source) -> Pump:
    """Send what `source` holds as the content of `exchange`, and close it in every outcome."""
    pump = Pump()
    # not in the coroutine: one that is cancelled before its first step never runs
    pump.run(_send(pump, exchange, source), source).add_done_callback(lambda _: source.close(), context=source.context)
    return pump


def start_measuring(source: Source, measured: Callable[[], object], failed: Callable[[DeviceError], object]) -> Pump:
    """Find out the size of `source`, and call `measured`, which owns it from then on; or `failed`, where it, or the
    call, has failed.
    """
    pump = Pump()
    pump.run(_measure(pump, source, measured, failed), source).add_done_callback(
        lambda _: source.close() if pump.is_cancelled else None, context=source.context
    )
    return pump


async def _measure(
    pump: Pump, source: Source, measured: Callable[[], object], failed: Callable[[DeviceError], object]
) -> None:
    try:
        await source.measure()
    except BaseException as error:
        if pump.is_cancelled:
            _tell_late(error)
            return
        source.close()
        pump.is_over = True
        failed(refusal(error))
        return
    if pump.is_cancelled:
        return
    pump.is_over = True
    try:
        measured()
    except BaseException as error:
        failed(refusal(error))


async def _send(pump: Pump, exchange: Any, source: Source) -> None:
    left = source.size
    try:
        while left is None or left > 0:
            while (waiter := exchange.waiter()) is not None:
                await waiter
            count = PIECE if left is None else min(PIECE, left)
            data = source.read_now(count)
            if data is None:
                data = await source.read(count)
                if pump.is_cancelled:
                    return  # the device has swallowed the cancellation
            if not data:
                if left is None:
                    break
                raise DeviceError(f"the device ended {left} bytes before the length that was announced")
            if left is not None:
                data = data[:left]
                left -= len(data)
            exchange.data(data)
            if pump.is_cancelled:
                return  # while there was nothing to wait for
        pump.is_over = True
        exchange.finish(b"", None)
    except BaseException as error:
        if pump.is_cancelled:
            _tell_late(error)
            return
        pump.is_over = True
        exchange.abort()
        _tell(error)


def _tell(error: Any) -> None:
    known = issubclass(type(error), DeviceError)  # of the type: an instance may have a __class__ of its own making
    if not (known and error.told):
        cause = None if known else error
        report("an answer was broken off: reading its device failed: %s", message_of(error), error=cause)


def _tell_late(error: BaseException) -> None:
    """A device was cancelled, because its client is gone, and ended with this."""
    if not issubclass(type(error), asyncio.CancelledError):
        report("a device whose client was gone failed: %s", message_of(error), error=error, level=logging.WARNING)
