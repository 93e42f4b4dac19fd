"""A connection's answers in the order of their requests.

The exchanges that are not complete stand in a line. What the first one sends goes out; what the others send waits with
them until they are first (RFC 9112, section 9.3.2).
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from fastresp.core import answer as answers
from fastresp.core.body import OVERHEAD
from fastresp.core.faults import pass_on, report
from fastresp.http1.exchange import new_exchange

if TYPE_CHECKING:
    from fastresp.core import service as services

__all__ = ["Pipeline", "complete", "new_pipeline"]

CROWD = 16
"""Requests of all connections that stand behind another one, from which on each connection has few of them."""
HELD = 262144
"""Bytes of answers that wait for others, above which no further request of the connection is handled."""
LEFT = 499  # in the access log, as in nginx's: the client has left before its answer began


class Pipeline:
    """The exchanges of a connection that are not complete, linked by their `next`."""

    __slots__ = ("count", "first", "held_size", "last", "output", "service")

    def __init__(self, service: services.Service, output: Any) -> None:
        self.service = service
        self.output = output
        self.first: Any = None
        self.last: Any = None
        self.count = 0
        self.held_size = 0  # bytes that they hold

    def enter(self, connection: Any, request: Any, minor: int, keep_alive: bool) -> Any:
        """Return a new exchange at the end of the line."""
        service = self.service
        exchange = service.exchange
        if exchange is None:
            exchange = new_exchange(service)
        else:
            service.exchange = None
        exchange.open(connection, request, minor, keep_alive)
        exchange.left = connection.eof
        if service.observer is not None:
            exchange.since = monotonic()
        last = self.last
        if last is None:
            self.first = exchange
        else:
            last.next = exchange
            service.behind += 1
        self.last = exchange
        self.count += 1
        return exchange

    def clear(self) -> None:
        """Take the only exchange out of the line."""
        self.first = self.last = None
        self.count = 0

    def leave(self) -> Any:
        """Take the first exchange out of the line. Return the one behind it, or None."""
        first = self.first
        following = first.next
        first.next = None
        self.first = following
        self.count -= 1
        if following is None:
            self.last = None
        else:
            self.service.behind -= 1
        return following

    def put(self, exchange: Any, pieces: Any) -> bool:
        """Take bytes, or a list of them between which nothing may come. Return whether they are on their way;
        else the exchange holds them, or nobody will get them.
        """
        output = self.output
        if exchange is not self.first or exchange.held is not None or output.writing:
            return self._hold(exchange, [pieces] if type(pieces) is bytes else pieces)
        output.writing = True
        if type(pieces) is bytes:
            output.gather(pieces)
        else:
            for data in pieces:
                output.gather(data)
        output.writing = False
        if exchange.held is not None:  # what it got meanwhile
            self.write_held(exchange)
        return True

    def _hold(self, exchange: Any, pieces: list[bytes]) -> bool:
        output = self.output
        if output.closing or not exchange.hold(pieces):
            return False
        for data in pieces:
            self.held_size += len(data) + OVERHEAD
            output.note_size(len(data))
        if exchange is not self.first or output.writing:
            return False
        self.write_held(exchange)  # it has become the first meanwhile
        return True

    def write_held(self, exchange: Any) -> None:
        """This exchange has become the first: what it holds, and what it gets meanwhile, is written."""
        output = self.output
        output.writing = True
        completed = False
        try:
            while exchange.held:
                fresh: list[bytes] = []
                held, exchange.held = exchange.held, fresh
                for data in held:
                    self.held_size -= len(data) + OVERHEAD
                    output.gather(data)
            completed = True
        finally:
            if not completed:
                output.lost = output.closing = True
            exchange.held = None  # nothing may run between the last look at it and this
            output.writing = False

    def waiter(self, exchange: Any) -> Any:
        """Return a future that is done when this exchange may write on; None if it may now."""
        output = self.output
        if exchange is self.first and output.has_room():
            return None
        output.flush_to_wait()
        future = output.new_waiter()
        if output.closing or (exchange is self.first and not output.paused):
            # a client that takes everything at once must not keep the others waiting; or it has become the first
            output.wake_soon()
        return future

    def cancel_all(self) -> None:
        """Give up all exchanges: nothing can reach the client any more."""
        service = self.service
        exchange = self.first
        behind = self.count - 1
        self.clear()
        while exchange is not None:
            following = exchange.next
            exchange.next = None
            request = exchange.request
            status = exchange.status if exchange.begun and exchange.held is None else LEFT
            try:
                exchange.cancel()
                if service.observer is not None:
                    sent = 0 if status == LEFT else exchange.sent
                    service.observer.done(request, status, sent, monotonic() - exchange.since)
            except BaseException as error:  # as memory, or the stack, has run out: the others are given up all the same
                report("giving up an answer failed", error=error)
                pass_on(error)
            exchange = following
        if behind > 0:
            service.behind -= behind

    def leave_all(self) -> None:
        """The client has closed its side: its exchanges are told."""
        for exchange in self.line():
            exchange.leave()

    def answer_dropped(self) -> None:
        """Answer for responders that are gone, which nothing could be done about when they went."""
        for exchange in self.line():
            if exchange.dropped:
                answers.dropped(exchange)

    def line(self) -> list[Any]:
        """Return the exchanges that are not complete, in order."""
        line: list[Any] = []
        exchange = self.first
        while exchange is not None:
            line.append(exchange)
            exchange = exchange.next
        return line

    def unanswered(self) -> list[Any]:
        """Return the requests whose answers are not complete."""
        requests = []
        for exchange in self.line():
            if exchange.request is not None and not exchange.ended:
                requests.append(exchange.request)
        return requests

    def is_full(self) -> bool:
        """Return whether so much waits for other answers that nothing is to be added."""
        return self.held_size >= HELD

    def kept(self) -> int:
        """Return the bytes that the exchanges behind the first hold, or may come to: each as much as the largest answer
        of late, or as all may where there are many on all connections.
        """
        service = self.service
        largest = service.largest if service.behind < CROWD else HELD
        first = self.first
        exchange = first.next
        size = self.held_size
        while exchange is not None:
            size += exchange.weight
            if not exchange.ended:
                size += largest + exchange.decoded
            progress = exchange.progress
            if progress is not None and progress.source is not None:  # a descriptor, which those behind it wait for
                size += HELD
            exchange = exchange.next
        return size


def complete(connection: Any, exchange: Any) -> None:
    """The first answer is complete, or broken off: take it out of the line, and all that are complete behind it."""
    pipeline = connection.pipeline
    output = pipeline.output
    completed = False
    try:
        # first the line and its bytes, then what may run foreign code, which may answer any exchange
        finished = _take_complete(connection, exchange)
        over = _release(pipeline.service, finished)
        if not output.closing:
            if output.waiters is not None:
                output.wake()
            if not output.batching:
                if pipeline.first is None:
                    output.flush(False)
                else:
                    connection.proceed_soon()  # the next answer may be ready in this turn, too, and leave with this one
                connection.resume_requests()
            if over is not None:
                # not before: where a write fails, its responder still has this exchange, and nobody else may get it
                over.connection = None
                pipeline.service.exchange = over
        completed = True
    finally:
        if not completed:
            output.lost = output.closing = True


def _take_complete(connection: Any, exchange: Any) -> Any:
    """Return the exchanges that have left the line, linked by their `next`."""
    pipeline = connection.pipeline
    finished: Any = None
    latest: Any = None
    close = False
    while exchange is not None and exchange.ended and exchange.held is None and not (close or exchange.lost):
        following = pipeline.leave()
        if finished is None:
            finished = exchange
        else:
            latest.next = exchange
        latest = exchange
        if exchange.incoming:
            connection.discard_body(exchange)
        close = exchange.close
        if following is not None and following.held is not None and not close:
            pipeline.write_held(following)
        exchange = pipeline.first
    if close:
        connection.close_behind(latest)
    return finished


def _release(service: services.Service, exchange: Any) -> Any:
    """Release these exchanges, which are over. Return one that may serve again, or None."""
    over = None
    while exchange is not None:
        following = exchange.next
        exchange.next = None
        if service.observer is not None:
            seconds = monotonic() - exchange.since
            service.observer.done(exchange.request, exchange.status or LEFT, exchange.sent, seconds)
        exchange.release()
        if exchange.progress is None:
            over = exchange
        exchange = following
    return over


def new_pipeline(service: services.Service, output: Any) -> Pipeline:
    """The line of a new connection of the server whose state is `service`."""
    return Pipeline(service, output)
