"""A protocol without a socket: a transport that notes each call, so that writes and pauses can be counted, and that
refuses what no loop would be asked to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fastresp import Config


class Transport(asyncio.Transport):
    """Notes what the protocol does to it, and asserts that it makes sense."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 50000), "sockname": ("127.0.0.1", 80)})
        self.writes: list[bytes] = []
        self.reading = True
        self.ended = self.closed = self.aborted = False
        self.deaf = False  # lost, and the protocol not yet told
        self.unsent = 0

    def write(self, data: Any) -> None:
        if self.deaf or self.aborted:
            return  # as the loops do
        assert not self.closed, "a write after close()"
        assert not self.ended, "a write after write_eof()"
        assert type(data) is bytes, "a loop keeps a view of what may change"
        self.writes.append(data)

    def writelines(self, list_of_data: Any) -> None:
        assert all(type(data) is bytes for data in list_of_data), "a loop keeps a view of what may change"
        self.write(b"".join(list_of_data))

    def set_protocol(self, protocol: Any) -> None:
        """What comes is fed to the connection itself."""

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.closed, "resume_reading() after close()"
        self.reading = True

    def is_reading(self) -> bool:
        return self.reading

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.high = high

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def has_encrypted(self) -> bool:
        """As that of TLS, where the service is secure."""
        return False

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        assert not self.closed, "write_eof() after close()"
        self.ended = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = self.closed = True

    @property
    def sent(self) -> bytes:
        return b"".join(self.writes)


class Wire:
    """A connection of the twin under test, to a `Transport`; to be made where a loop runs."""

    def __init__(
        self,
        twin: Callable[[str], Any],
        handler: Callable[..., object],
        loop: Any = None,
        transport: Any = None,
        **config: Any,
    ) -> None:
        config.setdefault("date_header", False)
        loop = loop or asyncio.get_running_loop()
        config.setdefault("connect", True)
        self.service = twin("core.service").new_service(handler, Config(**config), loop, False, True)
        self._reading = twin("http1.reading")
        self.protocol = twin("http1.connection").new_connection(self.service)
        self.transport = transport or Transport()
        self.protocol.connection_made(self.transport)

    def feed(self, data: bytes) -> None:
        """As the loop would, in no time: how much of a burst is handled at once is a matter of that, too."""
        assert self.transport.reading, "data came to a paused connection"
        clock, self._reading.monotonic = self._reading.monotonic, float
        try:
            self.protocol.data_received(data)
        finally:
            self._reading.monotonic = clock

    def lose(self) -> None:
        self.protocol.connection_lost(None)


async def turns(count: int = 20) -> None:
    """Lets the loop do what it has ready."""
    for _ in range(count):
        await asyncio.sleep(0)
