"""An exchange's place on its connection: what it holds until its turn comes, and how it ends.

A channel is what an exchange needs of its connection: a way for its bytes, and the order among the exchanges.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from threading import get_ident
from typing import TYPE_CHECKING, Any

from fastresp.http import responder as responders
from fastresp.http.names import describe
from fastresp.http.pump import start_pump
from fastresp.response import EMPTY

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastresp.http import service as services
    from fastresp.http.device import Source

__all__ = ["Channel", "Turn"]

log = logging.getLogger("fastresp")


class Channel:
    """What an exchange needs of its connection."""

    __slots__ = ()

    def put(self, exchange: Any, data: bytes) -> None:
        """Takes bytes of this exchange's answer."""
        raise NotImplementedError

    def put_head(self, exchange: Any, line: bytes, content_type: Any, length: int, tail: bytes, data: bytes) -> int:
        """Takes a whole answer in the parts that format_head joins, and returns its size; 0 where it has to be put."""
        raise NotImplementedError

    def done(self, exchange: Any) -> None:
        """The answer is complete, or broken off."""
        raise NotImplementedError

    def must_close(self, exchange: Any) -> bool:
        """Whether this answer is to be the last: for what is unread of its request, or because the server ends."""
        raise NotImplementedError

    def is_turn(self, exchange: Any) -> bool:
        """Whether all earlier answers are complete."""
        raise NotImplementedError

    def waiter(self, exchange: Any) -> Any:
        """A future that is done when this exchange may write on; None if it may now."""
        raise NotImplementedError


class Turn(responders.Exchange):
    """A request that waits for its answer, or whose answer is under way. What the answer looks like is said below."""

    # fmt: off
    __slots__ = (
        "begun", "broken", "callbacks", "channel", "chunked", "close", "dropped_content", "ended", "held", "incoming",
        "is_connect", "is_head", "keep", "minor", "next", "plain", "pump", "request", "reset", "sent", "service",
        "source", "status", "trailer_names", "unsafe",
    )
    # fmt: on

    service: services.Service

    def set_up(self, service: Any) -> None:
        """What an exchange is made with, and has again when it was answered by one message, and is `plain`."""
        self.gone = False
        self.service = service
        self.broken = False
        self.chunked = False
        self.reset = False
        self.dropped_content = False
        self.plain = True
        self.next: Any = None
        self.held: list[bytes] | None = None
        self.callbacks: list[Callable[[], object]] | None = None
        self.source: Source | None = None
        self.pump: Any = None
        self.trailer_names: Any = None

    def open(self, channel: Any, request: Any, minor: int, keep_alive: bool) -> None:
        """Makes the exchange ready for an answer, also when it has served before."""
        self.channel = channel
        self.request = request
        self.minor = minor
        self.close = not keep_alive
        self.keep = keep_alive and minor == 0
        self.is_head = False
        self.is_connect = False
        self.unsafe = False
        self.incoming = False
        self.begun = False
        self.ended = False
        self.status = 0
        self.sent = 0

    def fail(self) -> None:
        if self.begun:
            self.break_off()
        else:
            self.answer(500, None, EMPTY, b"", True)

    def drop(self) -> None:
        service = self.service
        if get_ident() != service.thread:
            # the last reference went in another thread, which the collector may choose; the wire is the loop's
            with suppress(RuntimeError):  # a closed loop has no clients
                service.loop.call_soon_threadsafe(self.drop)
            return
        if self.gone or self.ended:
            return
        log.error(
            "the responder of %s was dropped %s",
            describe(self.request),
            "in the middle of its answer" if self.begun else "without an answer",
        )
        self.fail()

    def waiter(self) -> Any:
        return None if self.ended else self.channel.waiter(self)

    def on_close(self, callback: Callable[[], object]) -> None:
        if self.gone or self.ended:
            callback()
        elif self.callbacks is None:
            self.callbacks = [callback]
        else:
            self.callbacks.append(callback)

    def break_off(self) -> None:
        """Ends the connection in the middle of the answer: what was cut must never look complete."""
        self.pump = None
        self.ended = True
        self.broken = True
        self.close = True
        self.channel.done(self)

    def turn(self) -> None:
        """All earlier answers are complete: what was held goes out, and the device is read."""
        if self.held is not None:
            held, self.held = self.held, None
            for data in held:
                self.channel.put(self, data)
        if self.source is not None and self.pump is None:
            self.pump = start_pump(self, self.source)

    def hold(self, data: bytes) -> None:
        """Keeps bytes until all earlier answers are complete."""
        if self.held is None:
            self.held = []
        self.held.append(data)

    def release(self) -> None:
        """The exchange is over: answered whole, or given up."""
        self.request = None
        if self.held is not None:
            self.held = None
        if not self.plain:
            if self.pump is not None:
                self.pump.cancel()
            elif self.source is not None:
                self.source.close()
            self.pump = None
            self.source = None
        if self.callbacks is not None:
            callbacks, self.callbacks = self.callbacks, None
            for callback in callbacks:
                # not now: it may answer, or swap, while neither the line nor the responder knows that this is over
                self.service.loop.call_soon(_call_back, callback)

    def cancel(self) -> None:
        """The client is gone."""
        if not self.gone:
            self.gone = True
            self.release()

    def _put(self, data: bytes) -> None:
        self.sent += len(data)
        self.channel.put(self, data)

    def _begin(self, status: int) -> None:
        self.begun = True
        self.status = status


def _call_back(callback: Callable[[], object]) -> None:
    try:
        callback()
    except Exception:
        log.exception("a callback of on_close() failed")
