"""A server that runs an application behind an adapter, and what its log is told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest
from client import TIMEOUT, Client

from fastresp.asgi import AsgiHandler
from fastresp.asgi.remarks import remarks
from fastresp.wsgi import WsgiHandler


class Log(logging.Handler):
    """The lines of the logger "fastresp"."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self._more = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self._more:
            self.lines.append(self.format(record))
            self._more.notify_all()

    def wait_for(self, text: str) -> str:
        """The first line with this text, as soon as there is one."""

        def found() -> str | None:
            return next((line for line in self.lines if text in line), None)

        with self._more:
            assert self._more.wait_for(found, TIMEOUT), self.lines
            return found()


@pytest.fixture
def log(monkeypatch) -> Iterator[Log]:
    monkeypatch.setattr(remarks, "_count", 0)  # other tests of this second may have used it up
    log = Log()
    logger = logging.getLogger("fastresp")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(log)
    yield log
    logger.removeHandler(log)
    logger.setLevel(level)


@pytest.fixture
def asgi(serve, connect) -> Callable[..., Client]:
    """A connection to a server of this ASGI application."""
    return lambda app, **config: connect(serve(AsgiHandler(app), date_header=False, **config))


@pytest.fixture(params=[2, 0], ids=["threads", "loop"])
def threads(request) -> int:
    """How many threads a WSGI application has."""
    return request.param


@pytest.fixture
def wsgi(serve, connect, threads) -> Callable[..., Client]:
    """A connection to a server of this WSGI application."""
    return lambda app, **config: connect(serve(WsgiHandler(app, threads=threads), date_header=False, **config))
