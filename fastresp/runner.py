"""A server as the whole program: from its start to a signal."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Unpack

from fastresp import forks, wire
from fastresp.checks import Handler, check_grace
from fastresp.config import Config
from fastresp.core.faults import report
from fastresp.listening import HOST, PORT, Keywords, listening_of
from fastresp.loops import LoopFactory, comes_first, complete
from fastresp.server import GRACE, Server
from fastresp.signals import Stop

__all__ = ["run"]


def run(
    handler: Handler,
    *,
    host: str | None = HOST,
    port: int = PORT,
    config: Config | None = None,
    grace: float = GRACE,
    loop_factory: LoopFactory | None = None,
    on_start: Callable[[Server], object] | None = None,
    quiet: bool = False,
    **listening: Unpack[Keywords],
) -> None:
    """Serve until SIGINT or SIGTERM, then close with `grace` seconds and return: `run(handler, port=8080)`.

    An ASGI or WSGI application is served by an AsgiHandler or a WsgiHandler, where its arguments tell it apart; what
    takes any (*args) is taken for a handler.
    A second signal drops what still runs, a third does what it did before. `on_start` is called with the server once
    it listens; a line on standard error says where that is, unless `quiet`.
    Takes what `Server`, `Server.start` and `Server.background` take (uds, fd, sock, ssl, reuse_port, backlog), and
    raises what they raise; RuntimeError where an event loop already runs. Outside the main thread there are no signals
    to hear.
    """
    server = Server(_handler_of(handler), config=config)
    grace = check_grace(grace)
    where = listening_of("run", host, port, listening)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise RuntimeError("run() blocks; where an event loop already runs, use `await Server(handler).start()`")
    stop = Stop()

    async def serve() -> None:
        stop.listen()
        if not await comes_first(server.start_at(where), stop.first):
            report("%s: the start is given up", stop.name, level=logging.INFO)
            return
        stop.serves = True
        is_begun = False
        try:
            if not quiet:
                _announce(server)
            if on_start is not None:
                with forks.parents():
                    on_start(server)
            is_begun = True
            await stop.first.wait()
        except asyncio.CancelledError:
            if not is_begun:
                await server.close(0)
                raise
            # by an exit that is meant for the process, which `complete` raises behind the end
        except BaseException:
            await server.close(0)
            raise
        server._cause = stop.name
        loop = asyncio.get_running_loop()
        closing = asyncio.Task(server.close(grace), loop=loop)
        second = asyncio.Task(stop.second.wait(), loop=loop)
        await asyncio.wait((closing, second), return_when=asyncio.FIRST_COMPLETED)
        second.cancel()
        if not closing.done():
            report("a second signal: what still runs is dropped", level=logging.INFO)
            await server.close(0)
        await closing

    with stop.signals():
        complete(serve, loop_factory, partial(server.seconds_left, grace), stop.second, stop.is_meant)


def _handler_of(target: Any) -> Handler:
    """The handler that a handler, or an application, is."""
    from fastresp.target import Failure, adapt, recognise  # what few programs need

    try:
        return adapt(target, recognise(target))
    except Failure:
        return target  # type: ignore[no-any-return]  # of which Server says what is wrong


def _announce(server: Server) -> None:
    loop = type(asyncio.get_running_loop()).__module__.partition(".")[0]
    twin = "compiled" if wire.compiled else "pure Python"
    with suppress(OSError, ValueError, AttributeError):  # stderr is closed, or None
        print(f"fastresp at {', '.join(server.urls)} ({twin}, {loop}); Ctrl-C stops it", file=sys.stderr, flush=True)
