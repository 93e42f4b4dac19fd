"""What all connections of a server share: the handler, the limits, the clock, the ready bytes of every head."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import logging
import os
import time
from contextlib import suppress
from operator import methodcaller
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any

from fastresp.core.faults import pass_on, report
from fastresp.core.handlers import is_coroutine_function
from fastresp.core.observer import AccessLog
from fastresp.headers import HAS_CONNECTION, HAS_DATE, HAS_SERVER, field_value
from fastresp.wire.buffer import new_buffer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastresp.config import Config

__all__ = ["Service", "new_service"]

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CLOSE_LINE = b"connection: close\r\n"
KEEP_LINE = b"connection: keep-alive\r\n"
TICK = 1.0
STOPPED = 10 * TICK
"""Seconds without a tick after which the clock is started again: memory may have run out as the next was asked for."""
BUFFER = 131072
"""Bytes of answers to one read that are gathered in place."""
REFUSED = 64
"""Connections at once, at the most, that are told why they are refused."""
PENDING = 4
"""What a request counts for, in the budget of a turn, that is not answered at once: its handler may take its time in a
later turn.
"""
SHARE = 0.002
"""Seconds that one connection, or a look at all of them, may take in one turn of the loop beyond the first step."""
LIKELY = 28672
"""Bytes that an answer may have, where no larger one was seen: eleven requests of a connection are in progress then."""
REMARKS = 20
"""Lines a second, at the most, on what clients did wrong; one more line counts the rest."""
# Seconds between the word that the server ends and the end of connections that are idle.
LAST_CALL = 0.05


def http_date() -> str:
    """This second, as RFC 9110, section 5.6.7 writes it (email.utils would too, but takes a while to import)."""
    now = time.gmtime()
    day, month = DAYS[now.tm_wday], MONTHS[now.tm_mon - 1]
    return f"{day}, {now.tm_mday:02} {month} {now.tm_year:04} {now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02} GMT"


class Service:
    """One server's shared state. `new_service` makes it; `open` and `close` start and stop its clock."""

    # fmt: off
    __slots__ = (
        "_admitted", "_empty", "_hosts", "_is_full", "_rates", "_refused", "_remarks", "_second", "_server_line",
        "_ticked", "_timer", "_told_of_value", "_unswept", "aborted", "behind", "body_timeout", "buffer",
        "closes", "config", "connections", "context", "copy", "date_header", "date_line", "devices", "draining",
        "early_hints", "ends_streams", "exchange", "forked", "gather", "handler", "head_timeout", "in_turn", "is_async",
        "keep_alive_timeout", "largest", "left", "loop", "max_connections", "max_per_host", "min_body_rate",
        "min_write_rate", "now", "observer", "pace", "parking", "parser", "pending", "rate_limit", "request",
        "responder", "room", "secure", "spares", "tail", "tail_close", "tail_keep", "tasks", "thread", "write_timeout",
    )
    # fmt: on

    def __init__(
        self, handler: Callable[[Any, Any], object], config: Config, loop: Any, secure: bool, gather: bool
    ) -> None:
        self.handler: Any = getattr(handler, "server_calls", handler)
        self.is_async = is_coroutine_function(handler) or getattr(handler, "server_awaits", False) is True
        self.in_turn = bool(getattr(handler, "in_turn", False))
        self.config = config
        self.loop = loop
        self.secure = secure
        self.gather = gather
        self.context: Any = contextvars.copy_context()
        self.connections: set[Any] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.devices: set[asyncio.Future[Any]] = set()  # what those that are not closed yet wait for
        self.draining = False
        self.ends_streams = False  # draining, which the handlers of streams are told
        # the last answer that a connection has under way says close: the server ends, or keeps none that is idle
        self.closes = config.keep_alive_timeout == 0
        self.aborted = False
        self.forked = False  # this is a child that a handler, say, has forked
        self.largest = LIKELY  # bytes of the largest answer of late, or a guess
        self.behind = 0  # requests of all connections that stand behind another one
        self.pending = PENDING  # what a request counts for, in the budget of a turn, that is not answered at once
        # PERF: what the last request has left for the next one, on whatever connection: it is in the processor's cache
        self.parser: Any = None  # in the middle of nothing
        self.request: Any = None  # empty
        self.exchange: Any = None  # over
        self.responder: Any = None  # done
        self.copy: Any = None  # of the context, with nothing in it
        self.spares: list[Any] = []  # what coroutine handlers can begin in, and
        self.parking: list[Any] = []  # those that are about to come
        self.buffer = new_buffer(BUFFER)
        self.observer: Any = AccessLog() if config.access_log else None
        self.head_timeout = config.head_timeout
        self.body_timeout = config.body_timeout
        self.min_body_rate = config.min_body_rate
        self.min_write_rate = config.min_write_rate
        self.early_hints = config.early_hints
        self.write_timeout = config.write_timeout
        self.keep_alive_timeout = config.keep_alive_timeout
        self.max_connections = config.max_connections
        self.max_per_host = config.max_connections_per_host
        self.rate_limit = config.rate_limit_per_second
        self.date_header = config.date_header
        self._admitted = 0
        self.left: dict[Any, float] = {}  # connections that are closed and keep their place, and until when they may
        self._refused: set[Any] = set()  # connections that are told so, and not closed yet
        self._is_full = False  # the process has no descriptor left
        self._told_of_value = False
        self._unswept: list[Any] = []  # connections that the sweep has not come to
        self.room: memoryview | None = None  # that bodies are read into
        self._remarks = 0
        self._hosts: dict[str, int] = {}
        self._rates: dict[str, int] = {}
        self._server_line = b""
        if config.server_header is not None:
            self._server_line = b"server: " + field_value("server", config.server_header) + b"\r\n"
        shortest = min(
            config.head_timeout, config.body_timeout, config.write_timeout, config.keep_alive_timeout or TICK
        )
        self.pace = min(TICK, max(shortest / 2, 0.02))
        self._timer: Any = None
        self._empty: asyncio.Future[None] | None = None
        self.thread = get_ident()
        self._second = -1
        self.now = self._ticked = loop.time()
        self._renew()

    def open(self) -> None:
        """Start the clock: the date, and the sweep for connections whose time is over."""
        self.thread = get_ident()
        self._ticked = self.loop.time()
        self._renew()
        self._timer = self.loop.call_later(self.pace, self.tick)

    def close(self) -> None:
        """Stop the clock, and let go of the handler: a responder that it has kept refers to this service, and the
        collector does not see compiled responders.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._count_remarks()
        self.handler = self.context = None
        for each in self.parking:
            each.give_up()
        self.parking.clear()
        self.spares.clear()

    def tick(self) -> None:
        """Once a second, or more often where a time-out is that short: renews the date, and has everybody sweep."""
        self._timer = self.loop.call_later(self.pace, self.tick)
        time = self.loop.time()
        # A loop that was held up has served nobody meanwhile: that time is not the clients'.
        self.now += min(time - self._ticked, self.pace)
        self._ticked = time
        self.largest = max(LIKELY, self.largest - (self.largest >> 10))
        self._renew()
        # A loop that was held up looks at its clock before its sockets: what has come in time is read before the sweep.
        self.loop.call_soon(self.loop.call_soon, self.sweep)

    def sweep(self) -> None:
        """Call each connection's `sweep`."""
        late: list[Any] = []
        for connection, until in self.left.items():
            if self.now > until:
                late.append(connection)
        self._each(late, methodcaller("lose_place"))
        unswept = self._unswept
        if not unswept:  # the last sweep is over
            unswept = self._unswept = list(self.connections)
            self._each(unswept, methodcaller("sweep", self.now))

    def _each(self, waiting: list[Any], look: Callable[[Any], object]) -> None:
        """Call `look` with each of these, over as many turns of the loop as it takes. What it raises is logged, and
        costs that connection, and no other.
        """
        until = monotonic() + SHARE
        while waiting:
            connection = waiting.pop()
            try:
                look(connection)
            except BaseException as error:
                report("looking after a connection failed", error=error)
                with suppress(Exception):
                    connection.abort()
                pass_on(error)
            if waiting and monotonic() > until:
                with suppress(MemoryError):  # then all of them in this turn
                    self.loop.call_soon(self._each, waiting, look)
                    return

    def _renew(self) -> None:
        date = http_date()
        second = hash(date)
        if second == self._second:
            return
        self._second = second
        self._rates.clear()
        self._count_remarks()
        self._look_for_descriptors()
        self.date_line = f"date: {date}\r\n".encode() if self.date_header else b""
        self.tail = self.date_line + self._server_line + b"\r\n"
        self.tail_close = self.date_line + self._server_line + CLOSE_LINE + b"\r\n"
        self.tail_keep = self.date_line + self._server_line + KEEP_LINE + b"\r\n"

    def tail_without(self, facts: int, close: bool, keep: bool) -> bytes:
        """The fields that close every head, and the blank line, without those that the handler gave itself."""
        connection = CLOSE_LINE if close else KEEP_LINE if keep else b""
        return (
            (b"" if facts & HAS_DATE else self.date_line)
            + (b"" if facts & HAS_SERVER else self._server_line)
            + (b"" if facts & HAS_CONNECTION else connection)
            + b"\r\n"
        )

    def _look_for_descriptors(self) -> None:
        """Once a second: log that there are none left, as the loops accept no connection then, and not all say so."""
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
        except OSError as error:
            if not self._is_full and error.errno in (errno.EMFILE, errno.ENFILE):
                self._is_full = True
                # asyncio's own waits for a descriptor; libuv accepts with one that it keeps for this, and closes
                what = "and new connections have to wait"
                if not isinstance(self.loop, asyncio.SelectorEventLoop):
                    name = type(self.loop).__module__.partition(".")[0]
                    what = f"so that {name} ends new connections without a word"
                report(
                    "no file descriptor is left, %s: raise the limit (ulimit -n), or set max_connections below it", what
                )
        else:
            self._is_full = False

    def admit(self, connection: Any, host: Any) -> int:
        """Take a connection in. 0, or the status that refuses it: 503 at the limit of all, 429 at that of its host; -1
        where so many are being refused that it is to be closed without a word.

        One that is refused takes nobody's place.
        """
        self.connections.add(connection)
        if self._timer is not None and self.loop.time() - self._ticked > STOPPED:
            self._timer.cancel()
            self._timer = self.loop.call_soon(self.tick)
        refusal = 0
        if self.max_connections and self._admitted >= self.max_connections:
            refusal = 503
        elif host is not None and self.max_per_host and self._hosts.get(host, 0) >= self.max_per_host:
            refusal = 429
        if refusal:
            if len(self._refused) >= REFUSED:
                return -1
            self._refused.add(connection)
            return refusal
        if host is not None and self.max_per_host:
            self._hosts[host] = self._hosts.get(host, 0) + 1
        self._admitted += 1
        return 0

    def dismiss(self, connection: Any, host: Any, admitted: bool) -> None:
        """Forget a connection that is closed. `admitted`: it gives up its place."""
        self.connections.discard(connection)
        if admitted:
            self.vacate(host)
        self._refused.discard(connection)
        if not self.connections and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    def vacate(self, host: Any) -> None:
        """Give up a place among the connections, and among those of `host`."""
        self._admitted -= 1
        if host is not None and self.max_per_host:
            left = self._hosts.pop(host) - 1
            if left:
                self._hosts[host] = left

    def over_rate(self, host: Any) -> bool:
        """Count a request of `host`; whether it is one too many in this second."""
        count = self._rates[host] = self._rates.get(host, 0) + 1
        return count > self.rate_limit

    def remark(self, subject: str, reason: object) -> None:
        """A line of the log on what a client did wrong; of a flood only the first lines of each second."""
        self._remarks += 1
        if self._remarks <= REMARKS:
            report("%s: %s", subject, reason, level=logging.INFO)

    def _count_remarks(self) -> None:
        more = self._remarks - REMARKS
        self._remarks = 0
        if more > 0:
            report("and %d more faults of clients in that second", more, level=logging.INFO)

    def drain(self) -> None:
        """Close every connection after its next answer, and those that are still idle a moment later.

        A client that is about to send, on a connection it has just opened or kept, gets an answer that says close
        instead of a reset.
        """
        if not self.draining:
            self.draining = self.closes = True
            config = self.config
            if config.disconnect_at_drain:
                self.ends_streams = True
                self._each(list(self.connections), methodcaller("tell_streams"))
            self.call_behind_reads(LAST_CALL, self._close_idle)

    def call_behind_reads(self, seconds: float, callback: Callable[[], object]) -> Any:
        """Schedule a callback in so many seconds, behind what has come till then: a loop that was held up looks at
        its clock before its sockets.
        """
        loop = self.loop
        return loop.call_later(seconds, loop.call_soon, loop.call_soon, callback)

    def _close_idle(self) -> None:
        self._each(list(self.connections), methodcaller("drain"))

    def abort(self) -> None:
        """Drop all connections, and cancel the handlers that still run."""
        self.aborted = self.draining = self.closes = True
        for connection in list(self.connections):
            connection.abort()
        for task in list(self.tasks):
            task.cancel()

    def forget(self) -> None:
        """In a forked child: what comes back from the handler ends it."""
        self.forked = True

    async def closed(self) -> None:
        """Return when no connection is left."""
        while self.connections:
            if self._empty is None or self._empty.done():
                self._empty = self.loop.create_future()
            await self._empty

    def tell_of_value(self, value: Any) -> None:
        """A handler has returned something: log, once, that it is of no use."""
        if not self._told_of_value:
            self._told_of_value = True
            report(
                "the handler returned %.80r, which is ignored: answer with responder.write()",
                value,
                level=logging.WARNING,
            )

    async def settled(self, callers: set[Any]) -> None:
        """Return when no connection is left, and no coroutine handler works on behind its answer or its client, other
        than `callers`: tasks that wait for this.
        """
        while self.connections or not self.tasks <= callers:
            if self.connections:
                await self.closed()
            else:
                await asyncio.wait(self.tasks - callers)

    def unanswered(self) -> list[Any]:
        """The requests that wait for their answers, or for the end of those."""
        requests: list[Any] = []
        for connection in list(self.connections):
            if hasattr(connection, "unanswered"):  # one that shakes hands has no requests
                requests += connection.unanswered()
        return requests

    def untaken(self) -> list[str]:
        """What clients have not taken of answers that are complete, for the log."""
        found: list[str] = []
        for connection in list(self.connections):
            text = connection.untaken() if hasattr(connection, "untaken") else ""
            if text:
                found.append(text)
        return found


def new_service(
    handler: Callable[[Any, Any], object], config: Config, loop: Any, secure: bool = False, gather: bool = True
) -> Service:
    """The shared state of a server on `loop`. `secure`: its connections are TLS. `gather`: whether the loop's
    `writelines` can be trusted with flow control."""
    return Service(handler, config, loop, secure, gather)
