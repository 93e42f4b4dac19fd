"""A stage for one handler: a server that runs it, connections that show each byte of what it answers.

What the handler raises (an assertion among it) fails the test, unless the test says that the handler may fail.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

import pytest
from client import TIMEOUT, Client
from conftest import Twin
from responder import recorder
from responder.messages import GET, PING, PONG

from fastresp import Server


class Stage:
    """One server at a time, started by calling it with a handler, and its connections."""

    server: Server

    def __init__(self, serve: Callable[..., Server], connect: Callable[[Server], Client]) -> None:
        self._serve = serve
        self._connect = connect
        self._errors: list[BaseException] = []

    def __call__(self, handler: Callable[..., object], *, may_fail: bool = False, **config: object) -> Stage:
        errors = [] if may_fail else self._errors
        config.setdefault("date_header", False)
        self.server = self._serve(_watched(handler, errors), **config)
        return self

    def client(self) -> Client:
        return self._connect(self.server)

    def kept(self, request: bytes = GET) -> bytes:
        """What answers `request`, to the byte. The connection is kept, as another request on it shows."""
        client = self.client()
        client.send(request + PING)
        return self._checked(lambda: client.until(PONG))[: -len(PONG)]

    def ended(self, request: bytes = GET) -> bytes:
        """What answers `request`, to the end of the connection, which the server closes."""
        client = self.client()
        client.send(request)
        return self._checked(client.rest)

    def serves(self) -> bool:
        """Whether a request on a connection of its own is answered."""
        client = self.client()
        client.send(PING)
        return client.exactly(len(PONG)) == PONG

    def _checked(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        finally:
            self.check()

    def check(self) -> None:
        """Raises what the handler raised."""
        if self._errors:
            raise self._errors.pop(0)


def _watched(handler: Callable[..., object], errors: list[BaseException]) -> Callable[..., object]:
    if inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__):

        async def watched(request, responder):
            if request.target == b"/ping":
                responder.write(b"pong", "text/plain")
                return
            try:
                await handler(request, responder)
            except BaseException as error:
                errors.append(error)
                if isinstance(error, Exception | SystemExit):
                    raise
                raise AssertionError(str(error)) from error

    else:

        def watched(request, responder):
            if request.target == b"/ping":
                responder.write(b"pong", "text/plain")
                return
            try:
                handler(request, responder)
            except BaseException as error:
                errors.append(error)
                if isinstance(error, Exception | SystemExit):
                    raise
                raise AssertionError(str(error)) from error

    return watched


@pytest.fixture
def stage(serve, connect) -> Iterator[Stage]:
    stage = Stage(serve, connect)
    yield stage
    stage.check()


class Faults(logging.Handler):
    """What the logger "fastresp" is told of faults: each line's text, with its traceback if it has one."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._lines: list[str] = []
        self._more = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self._more:
            self._lines.append(self.format(record))
            self._more.notify_all()

    def __call__(self, count: int) -> list[str]:
        """All lines, as soon as there are `count`."""
        with self._more:
            assert self._more.wait_for(lambda: len(self._lines) >= count, TIMEOUT), self._lines
            return self._lines.copy()


@pytest.fixture
def faults() -> Iterator[Faults]:
    faults = Faults()
    logger = logging.getLogger("fastresp")
    logger.addHandler(faults)
    yield faults
    logger.removeHandler(faults)


@pytest.fixture
def play(twin: Twin) -> Callable[..., None]:
    """Runs `scene(dispatch)` in a loop; `dispatch(handler, method, lines)` returns the recorder of a request."""

    def run(scene: Callable[..., Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            loop = asyncio.get_running_loop()
            await scene(partial(recorder.dispatched, twin, loop))

        asyncio.run(main())

    return run
