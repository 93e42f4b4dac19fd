"""An exchange's place on its connection: what it holds until its turn comes, and how it ends.

A channel is what an exchange needs of its connection: a way for its bytes, and the order among the exchanges.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from fastresp.core import exchange as exchanges
from fastresp.core import threads
from fastresp.core.faults import pass_on, report
from fastresp.core.names import describe
from fastresp.core.pages import FAULT, names_html
from fastresp.core.pump import start_pump
from fastresp.response import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from fastresp.core import service as services
    from fastresp.core.device import Source

__all__ = ["Channel", "Turn", "close_source"]


class Channel:
    """What an exchange needs of its connection."""

    __slots__ = (
        "closing",  # no more answers
        "lost",  # of an answer, as memory or the stack ran out: nothing follows, and the next sweep aborts
    )
    closing: bool
    lost: bool

    def put(self, exchange: Any, pieces: list[bytes]) -> None:
        """Takes bytes that follow each other, and between which nothing may come."""
        raise NotImplementedError

    def put_response(self, exchange: Any, line: bytes, content_type: Any, length: int, tail: bytes, data: bytes) -> int:
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

    def handles(self, task: Any) -> None:
        """The task of a coroutine handler goes on."""
        raise NotImplementedError

    def call_begins(self, end: Any) -> None:
        """A thread works on one of its requests until this end."""
        raise NotImplementedError

    def occupy(self, future: Any) -> None:
        """What is done for one of its requests goes on until then, behind the answer or the client."""
        raise NotImplementedError

    def waiter(self, exchange: Any) -> Any:
        """A future that is done when this exchange may write on; None if it may now."""
        raise NotImplementedError

    def wake(self) -> None:
        """Lets all who wait look again."""
        raise NotImplementedError


class Turn(exchanges.Exchange):
    """A request that waits for its answer, or whose answer is under way. What the answer looks like is said below."""

    # fmt: off
    __slots__ = (
        "broken", "callbacks", "channel", "chunked", "close", "decoded", "dropped_content", "ending", "held",
        "incoming", "is_connect", "is_head", "keep", "left", "minor", "next", "plain", "pump", "remaining",
        "request", "reset", "sent", "service", "source", "status", "trailer_names", "unsafe", "weight",
    )
    # fmt: on

    service: services.Service
    is_connect: bool
    is_head: bool
    left: bool
    unsafe: bool

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
        self.callbacks: list[tuple[Context, Callable[[], object]]] | None = None
        self.source: Source | None = None
        self.pump: Any = None
        self.trailer_names: Any = None
        self.remaining = -1  # bytes of content that are still to come; -1 where nothing states how many
        self.weight = (
            0  # bytes of its request that are kept for it, and that these come to, decoded, while it is handled
        )
        self.decoded = 0

    def open(self, channel: Any, request: Any, minor: int, keep_alive: bool) -> None:
        """Makes the exchange ready for an answer, also when it has served before; its caller says of what method."""
        self.channel = channel
        self.request = request
        self.minor = minor
        self.close = not keep_alive
        self.keep = keep_alive and minor == 0
        self.incoming = False
        self.begun = False
        self.ending = False  # what is put now is the last of it
        self.ended = False
        self.status = 0
        self.sent = 0

    def fail(self) -> None:
        channel = self.channel
        completed = False
        try:
            if self.begun and self.remaining == 0 and not self.ended:
                self.end(b"", None)  # the client has all of it
            elif self.begun:
                self.break_off()
            else:
                self.answer(500, None, TEXT, FAULT, False)
            completed = True
        finally:
            if not completed and channel is not None:
                channel.lost = channel.closing = True  # nobody else would end it

    def wants_page(self) -> bool:
        request = self.request
        return request is not None and names_html(request.headers.values("accept"))

    def abandon(self) -> None:
        self.break_off()

    def drop(self) -> None:
        # Not now: the last reference may go anywhere, wherever the collector runs, and in any thread.
        service = self.service
        loop = service.loop
        try:
            if threads.is_current(service.thread):
                loop.call_soon(self.dropped)
            else:
                loop.call_soon_threadsafe(self.dropped)
        except (RuntimeError, MemoryError):
            # a closed loop has no clients; but it may be the stack or memory that has run out
            service.dropped.append(self)

    def dropped(self) -> None:
        """Answer in place of a responder that is gone."""
        if self.gone or self.ended:
            return
        request = self.request
        how = "in the middle of its answer" if self.begun else "without an answer"
        self.fail()
        report("the responder of %s was dropped %s", describe(request), how)

    def check_thread(self) -> None:
        service = self.service
        if not threads.is_current(service.thread):
            raise RuntimeError(
                "a responder belongs to the thread of its server's event loop: from another thread, use "
                "loop.call_soon_threadsafe(responder.write, ...)"
            )

    def waiter(self) -> Any:
        self.check_thread()
        channel = self.channel
        return None if self.ended else channel.waiter(self)

    def moved(self) -> None:
        self.check_thread()
        channel = self.channel
        if channel is not None:
            channel.wake()

    def on_close(self, callback: Callable[[], object]) -> None:
        fresh: list[tuple[Context, Callable[[], object]]] = []
        context = copy_context()
        self.check_thread()
        if self.gone or self.ended or self.left:
            callback()
        else:
            if self.callbacks is None:
                self.callbacks = fresh
            self.callbacks.append((context, callback))

    def complete(self) -> None:
        """All of the answer has been put."""
        channel = self.channel
        self.ended = True
        channel.done(self)

    def break_off(self) -> None:
        """Ends the connection in the middle of the answer: what was cut must never look complete."""
        channel = self.channel
        if self.ended:
            return  # the head was the whole answer
        self.pump = None
        self.ended = True
        self.broken = True
        self.close = True
        channel.done(self)

    def read_device(self) -> None:
        """Begins to read the source, if there is one, and its turn has come."""
        source = self.source
        if source is not None and self.pump is None and not self.ended:
            started = False
            try:
                self.pump = start_pump(self, source)
                started = True
            finally:
                if not started:
                    channel = self.channel
                    channel.lost = channel.closing = True  # without a call, which the stack may not hold

    def leave_request(self) -> None:
        """It is answered, and has to wait: its request need not, of which the handler may look at more yet."""
        request = self.request
        if request is not None and not self.incoming:
            service = self.service
            self.request = service.asked(request) if service.access_log else None

    def hold(self, pieces: list[bytes]) -> bool:
        """Keeps bytes until all earlier answers are complete. False if the answer is."""
        # made first, here and elsewhere: making a list may run the collector, and so code that holds something, too,
        # or ends the answer
        fresh: list[bytes] = []
        if self.ended or self.gone:
            return False
        if self.held is None:
            self.held = fresh
        self.held += pieces
        return True

    def leave(self) -> None:
        """The client has closed its side: whoever asked is told, and may still answer."""
        self.left = True
        self._call_back()

    def is_simple(self) -> bool:
        """Whether it was answered whole, at once, as the last in the line, and its end has nothing left to do."""
        return (
            self.ended
            and self.plain
            and not self.close
            and not self.incoming
            and self.next is None
            and self.held is None
            and self.callbacks is None
        )

    def occupy(self, future: Any) -> bool:
        service = self.service
        channel = self.channel
        if channel is None or not threads.is_current(service.thread):
            return False
        service.devices.add(future)
        future.add_done_callback(service.devices.discard)
        channel.occupy(future)
        return True

    def occupied_by(self, end: Any) -> None:
        channel = self.channel
        if channel is not None:
            channel.call_begins(end)

    def release(self) -> None:
        """The exchange is over: answered whole, or given up."""
        self.request = None
        if self.held is not None:
            self.held = None
        if not self.plain:
            pump, source = self.pump, self.source
            self.pump = None
            self.source = None
            if pump is not None:
                pump.cancel(self)
            elif source is not None:
                close_source(source)
        if self.callbacks is not None:
            self._call_back()

    def _call_back(self) -> None:
        callbacks, self.callbacks = self.callbacks, None
        if callbacks is not None:
            loop = self.service.loop
            for context, callback in callbacks:
                # not now: it may answer, or swap, while neither the line nor the responder knows that this is over
                loop.call_soon(call_back, callback, context=context)

    def cancel(self) -> None:
        """The client is gone."""
        if not self.gone:
            self.gone = True
            self.release()

    def _put(self, pieces: list[bytes]) -> None:
        channel = self.channel
        if channel is None or self.ended:
            return  # the collector, which making the pieces may run, has run what ended it
        for data in pieces:
            self.sent += len(data)
        channel.put(self, pieces)

    def _begin(self, status: int) -> None:
        self.begun = True
        self.status = status


def call_back(callback: Callable[[], object]) -> None:
    """Calls a callback of on_close(); what it raises goes to the log."""
    try:
        callback()
    except BaseException as error:
        report("a callback of on_close() failed", error=error)
        pass_on(error)


def close_source(source: Source) -> None:
    """Closes a source; what its device raises goes to the log."""
    try:
        source.context.copy().run(source.close)
    except BaseException as error:
        report("closing a device failed", error=error)
        pass_on(error)
