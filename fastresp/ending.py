"""The end of a server: what it waits for, until when, and a line of the log for each step and each loss."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fastresp import hooks
from fastresp.core.closing import all_closed, open_in
from fastresp.core.faults import report
from fastresp.core.names import describe

__all__ = ["Ending"]

# How long connections may take to report their end once they were dropped; they do so in the next turns of the loop.
_LAST_TURNS = 2.0
# Calls in threads, behind that: those that the drop has let go of a client, say, have something to put away.
_LAST_CALLS = 1.0
_LEAST = 5.0  # what a handler has at least to put its things away
_MOST = 20
"""Lines on what was cut."""
# Idle connections are closed a moment after the begin: what is left then is worth a line.
_NOTICE = 0.2
_CALLS = "the handler's calls in threads, which go on"


class Ending:
    """The end of one server, on its loop: `finish` and then `shut_down`, both within the grace that `limit` says."""

    def __init__(self, loop: asyncio.AbstractEventLoop, handler: object) -> None:
        self._loop = loop
        self._handler = handler
        self.callers: set[Any] = set()  # tasks that wait for the end: a handler among them would wait for itself
        self._deadline = math.inf
        self._until = math.inf  # the same of time.monotonic(), which is there behind the loop's end
        self._patience: asyncio.Timeout | None = None
        self._is_hastened = False  # it ends before it would have
        self._drains = False  # it waits for the handler's calls outside the loop

    def limit(self, grace: float) -> None:
        """End the waiting after so many seconds, if it does not end before."""
        end = self._loop.time() + grace
        self._deadline = min(self._deadline, end)
        self._until = min(self._until, time.monotonic() + grace)
        patience = self._patience
        # the handler's shutdown may have more time than the grace that is over
        if patience is not None and not patience.expired() and end < (patience.when() or math.inf):
            self._is_hastened = True
            patience.reschedule(end)

    def left(self) -> float:
        """Seconds that are left."""
        return max(self._until - time.monotonic(), 0.0)

    async def finish(
        self,
        service: Any,
        stop_accepting: Callable[[], Awaitable[None]],
        accept_no_more: Callable[[], Awaitable[None]],
    ) -> None:
        """Wait for connections, coroutine handlers and calls in threads; drop what is left at the end of grace.

        `stop_accepting` takes in first who waits in the queue, `accept_no_more` does not.
        """
        notice = self._loop.call_later(_NOTICE, self._tell_what_is_left, service)
        try:
            async with asyncio.timeout_at(self._deadline) as self._patience:
                await stop_accepting()
                service.drain()
                await service.settled(self.callers)
                self._drains = hasattr(self._handler, "drained")
                await hooks.drained(self._handler)
                self._drains = False
                await all_closed(service)
        except TimeoutError:
            await accept_no_more()
            service.tasks.difference_update(self.callers)
            self._tell_what_is_cut(service)
            service.abort()
            try:
                async with asyncio.timeout(_LAST_TURNS):
                    await service.settled(self.callers)
                    await all_closed(service)
            except TimeoutError:
                if service.tasks:
                    report(
                        "%s did not end when cancelled", _count(len(service.tasks), "handler"), level=logging.WARNING
                    )
                if left := len(open_in(service)):
                    what = _count(left, "device")
                    report("given up at the end of grace: %s, not closed", what, level=logging.WARNING)
            if not self._drains:  # else that is told
                await self._drain_at_last()
        except asyncio.CancelledError:
            self._tell_what_is_cut(service, "as close() was cancelled")
            raise
        finally:
            service.tasks.difference_update(self.callers)
            self._patience = None
            notice.cancel()

    async def _drain_at_last(self) -> None:
        try:
            async with asyncio.timeout(_LAST_CALLS):
                await hooks.drained(self._handler)
        except TimeoutError:
            report("given up at the end of grace: %s", _CALLS, level=logging.WARNING)

    async def shut_down(self, grace: float | None = None) -> None:
        """Call the handler's shut_down(), within `grace` or what is left of it, but for 5 seconds at the least."""
        if grace is not None:
            self.limit(grace)
        ends = self._loop.time() + max(self._deadline - self._loop.time(), _LEAST)
        self._is_hastened = False
        try:
            async with asyncio.timeout_at(ends) as self._patience:
                await hooks.shut_down(self._handler)
        except TimeoutError:
            reason = "a second signal, or close(), said so" if self._is_hastened else "it took too long"
            report("the handler's shutdown is given up: %s", reason, level=logging.WARNING)
        except asyncio.CancelledError:
            report("close() was cancelled in the middle of the handler's shutdown", level=logging.WARNING)
            raise
        finally:
            self._patience = None

    def _tell_what_is_left(self, service: Any) -> None:
        requests = len(service.unanswered())
        if service.connections or service.tasks:
            report(
                "waiting for %s, %s and %s",
                _count(len(service.connections), "connection"),
                _count(requests, "request"),
                _count(len(service.tasks), "coroutine handler"),
                level=logging.INFO,
            )
        elif self._drains:
            report("waiting for the handler's calls in threads", level=logging.INFO)
        elif left := len(open_in(service)):
            report("waiting for %s to be closed", _count(left, "device"), level=logging.INFO)

    def _tell_what_is_cut(self, service: Any, when: str = "at the end of grace") -> None:
        cut = [*map(describe, service.unanswered()), *service.untaken()]
        for text in cut[:_MOST]:
            report("cut %s: %s", when, text, level=logging.WARNING)
        if len(cut) > _MOST:
            report("and %s more cut", _count(len(cut) - _MOST, "answer"), level=logging.WARNING)
        if service.tasks:
            report("cancelled %s: %s", when, _count(len(service.tasks), "coroutine handler"), level=logging.WARNING)
        if self._drains:
            report("given up %s: %s", when, _CALLS, level=logging.WARNING)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
