"""A WSGI application of (environ, start_response) as a handler. It may block, so it is called in a thread of a pool."""

from __future__ import annotations

import asyncio
import os
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING

from fastresp.checks import check_root_path
from fastresp.core.blocking import Pool
from fastresp.engine import Request, Responder
from fastresp.text import shown
from fastresp.wire import compiled

if TYPE_CHECKING or not compiled:
    from fastresp.wsgi.call import Application, new_call
else:
    from fastresp.wsgi.call_c import new_call

__all__ = ["WsgiHandler"]


class WsgiHandler:
    """A WSGI application as a handler: `Server(WsgiHandler(app))`.

    `threads`: how many requests it may work on at once. 0 calls it in the loop's thread: nothing is faster, but nobody
    else is served meanwhile, and what it yields is collected: for an application that neither waits nor streams, nor
    looks for a running event loop, as Django's ORM, async views of Flask and Django and `asyncio.run()` do.
    None is as many as there are processors and four more, 32 at the most. Requests beyond wait for a thread in the
    order in which they came, one of each connection, with its body (`Config.max_body_size`). One whose client has left
    meanwhile is not called.
    `multiprocess`: whether other processes serve the same application, as `wsgi.multiprocess` tells it.
    `spool_limit`: bytes of an answer that may wait on disk (in the directory that TMPDIR names) for a client that reads
    more slowly than the application produces; beyond them, and with 0, its thread waits for the client. In memory are
    64 KiB of an answer that the application yields, one piece, and what is being sent; a list is held as it is. An
    answer that goes on for ever, as a stream of events does, holds a thread for as long.
    `root_path`: where a proxy has the application that cuts this off the paths that it passes on, as "/api": its
    SCRIPT_NAME.
    Raises TypeError for what can't be called or counted, ValueError for a number below 0, and a root_path that is none.
    """

    _new_call = staticmethod(new_call)
    in_turn = True
    """For the server: a request waits for the one before it on its connection, for a moment also where that works on
    behind its answer. All threads are not one client's then."""

    def __init__(
        self,
        app: Application,
        *,
        threads: int | None = None,
        multiprocess: bool = False,
        spool_limit: int = 1 << 30,
        root_path: str = "",
    ) -> None:
        if not callable(app):
            raise TypeError(f"a WSGI application is a callable of (environ, start_response), not {app!r}")
        if threads is None:
            threads = min(32, (os.cpu_count() or 1) + 4)
        for name, number in (("threads", threads), ("spool_limit", spool_limit)):
            if not isinstance(number, int) or isinstance(number, bool):
                raise TypeError(f"{name} takes an int, not {shown(number)}")
        if threads < 0:
            raise ValueError(f"threads must not be below 0, which is the loop's own, but is {threads}")
        if spool_limit < 0:
            raise ValueError(f"spool_limit must not be below 0, which is no spooling at all, but is {spool_limit}")
        check_root_path(root_path)
        self.app = app
        self.root_path = root_path
        self._variables = {
            "SCRIPT_NAME": root_path.encode().decode("latin-1"),  # PEP 3333, "Unicode Issues"
            "wsgi.multiprocess": multiprocess,
            "wsgi.multithread": threads > 1,
        }
        self.spool_limit = spool_limit
        self.threads = threads
        # threads that stay, as what an application keeps for each does: connections of a database, say
        self._pool = Pool("fastresp-wsgi", threads, None)

    def __call__(self, request: Request, responder: Responder) -> None:
        if self.threads:
            loop = asyncio.get_running_loop()
            call = self._new_call(self.app, self._variables, request, responder, loop, self.spool_limit)
            self._pool.start(call, Context().run, call.run)
            exchange = responder._unanswered()
            if exchange is not None:
                exchange.occupied_by(call.end)
            if self._pool.is_full():
                responder.on_close(partial(call.leave, partial(self._pool.withdraw, call)))
        else:
            self._new_call(self.app, self._variables, request, responder).run()

    async def drained(self) -> None:
        """Return when no call of the application, for the server of the running loop, runs, its result's `close()`
        included, and none waits to run.
        """
        await self._pool.drained()

    async def shut_down(self) -> None:
        """End the threads when they have no more to do."""
        self._pool.close()
