"""A connection on a clock that the test turns, with handlers of both kinds, and a client that may stop taking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from connection.fake import Transport, Wire
from connection.test_clock import Clock


class Holding(Transport):
    """Passes on what is written, until `hold`: from then on the client takes only what `take` says."""

    protocol: Any = None
    paused = False

    def hold(self, protocol: Any) -> None:
        self.protocol = protocol

    def write(self, data: Any) -> None:
        super().write(data)
        if self.protocol is not None:
            self.unsent += len(data)
            if self.unsent > 65536 and not self.paused:
                self.paused = True
                self.protocol.pause_writing()

    def take(self, count: int) -> None:
        self.unsent = max(0, self.unsent - count)
        if self.unsent <= 16384 and self.paused:
            self.paused = False
            self.protocol.resume_writing()


class HeldWire(Wire):
    """A connection that was just made, to a Holding."""

    def __init__(self, twin: Callable[[str], Any], handler: Callable[..., object], **config: Any) -> None:
        super().__init__(twin, handler, **config)
        self.lose()
        self.transport = Holding()
        self.protocol = twin("http1.connection").new_connection(self.service)
        self.protocol.connection_made(self.transport)

    def hold(self) -> Holding:
        """The client stops taking."""
        self.transport.hold(self.protocol)
        return self.transport


def play(twin: Any, handler: Callable[..., object], scene: Callable[..., Any], **config: Any) -> None:
    """Runs `scene(wire, clock)` on a connection that has just been made, on asyncio's own loop."""

    async def main() -> None:
        clock = Clock()
        wire = HeldWire(twin, handler, **config)
        wire.service.open()
        await scene(wire, clock)
        wire.service.close()
        wire.lose()
        await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(main())
