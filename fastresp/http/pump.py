"""From a device to an exchange, piece by piece, never faster than the client reads.

Async code gains nothing from compilation, so both twins use this one module as it is.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from fastresp.http.device import PIECE, DeviceError

if TYPE_CHECKING:
    from fastresp.http.device import Source

__all__ = ["start_pump"]

log = logging.getLogger("fastresp")


def start_pump(exchange: Any, source: Source) -> asyncio.Task[None]:
    """A task that sends what `source` holds as the content of `exchange`, and closes it in every outcome."""
    task = asyncio.get_running_loop().create_task(_pump(exchange, source))
    # not in the coroutine: one that is cancelled before its first step never runs
    task.add_done_callback(lambda _: source.close())
    return task


def start_measuring(exchange: Any, source: Source, head: tuple[Any, ...]) -> asyncio.Task[None]:
    """A task that finds out the size of `source`, and then answers `exchange` with it."""
    task = asyncio.get_running_loop().create_task(_measure(exchange, source, head))
    task.add_done_callback(lambda task: source.close() if task.cancelled() else None)
    return task


async def _measure(exchange: Any, source: Source, head: tuple[Any, ...]) -> None:
    try:
        await source.measure()
    except Exception as error:
        source.close()
        exchange.unmeasured(error)
        return
    exchange.release_source()
    try:
        exchange.answer_source(*head, source)
    except Exception as error:
        exchange.unmeasured(error)


async def _pump(exchange: Any, source: Source) -> None:
    left = source.size
    try:
        while left is None or left > 0:
            count = PIECE if left is None else min(PIECE, left)
            data = source.read_now(count)
            if data is None:
                data = await source.read(count)
            if not data:
                if left is None:
                    break
                raise DeviceError(f"the device ended {left} bytes before the length that was announced")
            if left is not None:
                data = data[:left]
                left -= len(data)
            exchange.content(data)
            while (waiter := exchange.waiter()) is not None:
                await waiter
    except Exception as error:
        known = isinstance(error, DeviceError)
        log.error("an answer was broken off: reading its device failed: %s", error, exc_info=not known)
        exchange.break_off()
    else:
        exchange.finish()
