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


async def _pump(exchange: Any, source: Source) -> None:
    left = source.size
    try:
        while left is None or left > 0:
            count = PIECE if left is None else min(PIECE, left)
            data = source.read_now(count)
            if data is None:
                data = await source.read(count)
            else:
                await asyncio.sleep(0)  # the others' turn: a cached file would never let go
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
        log.error(
            "an answer was broken off: reading its device failed: %s",
            error,
            exc_info=not isinstance(error, DeviceError),
        )
        exchange.break_off()
    else:
        exchange.finish()
