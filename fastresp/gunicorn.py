"""fastresp below gunicorn: `gunicorn -k fastresp.gunicorn.Worker app:app`.

gunicorn opens the sockets and looks after the processes; each of these runs one event loop, and a server for each
socket. Signals, time-outs and the log are gunicorn's.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import signal
import socket
import sys
from functools import partial
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from gunicorn.sock import ssl_context
from gunicorn.workers.base import Worker as Base

from fastresp.config import Config
from fastresp.core.faults import report
from fastresp.core.observer import Observer
from fastresp.listening import Listening
from fastresp.loops import comes_first, complete
from fastresp.server import Server
from fastresp.target import Failure, adapt, recognise

__all__ = ["Worker"]

_LOOK = 1.0
"""Seconds between two looks at the parent, and words to it."""


class Worker(Base):  # type: ignore[misc]
    """A worker of gunicorn. It serves ASGI and WSGI applications, and handlers of fastresp's own.

    A subclass may have a `config` of its own, of which gunicorn's settings replace `keep_alive_timeout` (--keep-alive)
    and `access_log` (--access-logfile), and an `interface` where it can't be told apart ("native", "asgi", "wsgi").
    --threads is how many requests a WSGI application works on at once; --graceful-timeout the grace of an end.
    """

    config: ClassVar[Config] = Config()
    interface: ClassVar[str] = "auto"

    def init_process(self) -> None:
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._failed = False
        for name, log in (("fastresp", self.log.error_log), ("fastresp.access", self.log.access_log)):
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = log.handlers, False
            logger.setLevel(log.level)
        super().init_process()

    def init_signals(self) -> None:
        super().init_signals()
        signal.set_wakeup_fd(-1)  # the loop's, from its start on

    def run(self) -> None:
        try:
            handler = self._handler()
        except Failure as failure:
            self.log.error("%s", failure)
            sys.exit(Arbiter.APP_LOAD_ERROR)
        settings = {"keep_alive_timeout": self.cfg.keepalive, "access_log": bool(self.cfg.accesslog)}
        config = dataclasses.replace(self.config, **settings)
        servers = [(Server(handler, config=config), self._where(each)) for each in self.sockets]
        complete(lambda: self._serve(servers), None, self._left, self._hurry)
        if self._failed:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

    def _handler(self) -> Any:
        kind = recognise(self.wsgi, self.interface)
        options: dict[str, Any] = {"threads": self.cfg.threads} if kind == "wsgi" else {}
        if kind != "native":
            options["root_path"] = os.environ.get("SCRIPT_NAME", "")
        return adapt(self.wsgi, kind, self.cfg.workers > 1, **options)

    def _where(self, listening: Any) -> Listening:
        # its own descriptor, which it closes: gunicorn's is the parent's, and a copy of it does not end its listening
        sock = socket.socket(fileno=os.dup(listening.sock.fileno()))
        return Listening(sock=sock, ssl=ssl_context(self.cfg) if self.cfg.is_ssl else None, backlog=self.cfg.backlog)

    async def _serve(self, servers: list[tuple[Server, Listening]]) -> None:
        loop = asyncio.get_running_loop()
        for number, quick in ((signal.SIGTERM, False), (signal.SIGINT, True), (signal.SIGQUIT, True)):
            loop.add_signal_handler(number, self._end, quick)
        self._look(loop)
        started: list[Server] = []
        try:
            for server, where in servers:
                if self.max_requests != sys.maxsize:
                    server._observed = partial(_Count, self)
                if not await comes_first(server.start_at(where), self._stop):
                    break
                started.append(server)
            await self._stop.wait()
        except Exception as error:
            self._failed = True
            report("the worker can't start: %s", error, error=error)
        finally:
            await self._close(started)

    async def _close(self, servers: list[Server]) -> None:
        loop = asyncio.get_running_loop()
        grace = 0.0 if self._hurry.is_set() else float(self.cfg.graceful_timeout)
        closing = [asyncio.Task(server.close(grace), loop=loop) for server in servers]
        hurry = asyncio.Task(self._hurry.wait(), loop=loop)
        while waiting := [each for each in closing if not each.done()]:
            await asyncio.wait((hurry, *waiting), return_when=asyncio.FIRST_COMPLETED)
            if hurry.done():
                await asyncio.gather(*(server.close(0) for server in servers))
        hurry.cancel()

    def _left(self) -> float:
        return float(self.cfg.graceful_timeout)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell the parent that the loop turns, and look whether it is there, and has not told this one to end."""
        self.notify()
        if self.ppid != os.getppid():
            report("the parent has ended, and so does this worker", level=logging.INFO)
            self.alive = False
        if not self.alive:
            self._stop.set()
        loop.call_later(_LOOK, self._look, loop)

    def _end(self, quick: bool = False) -> None:
        if quick and not self._hurry.is_set():
            self.cfg.worker_int(self)
            self._hurry.set()
        self.alive = False
        self._stop.set()

    def count(self) -> None:
        """A request is done: the last of --max-requests ends the worker, behind those that still run."""
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            report("--max-requests: the worker ends behind %d", self.nr, level=logging.INFO)
            self._end()


class _Count(Observer):
    """Counts the requests for a worker, and tells another observer of all that it hears."""

    def __init__(self, worker: Worker, other: Observer | None) -> None:
        self._worker = worker
        self._other = Observer() if other is None else other
        self.opened = self._other.opened  # type: ignore[method-assign]
        self.closed = self._other.closed  # type: ignore[method-assign]
        self.refused = self._other.refused  # type: ignore[method-assign]
        self.asked = self._other.asked  # type: ignore[method-assign]

    def done(self, request: Any, status: int, sent: int, seconds: float) -> None:
        self._worker.count()
        self._other.done(request, status, sent, seconds)
