"""A WSGI application of (environ, start_response) as a handler. It may block, so it is called in a thread of a pool."""

from __future__ import annotations

import asyncio
import os
from contextvars import Context

from fastresp.http import Request, Responder
from fastresp.wsgi.call import Application, Call
from fastresp.wsgi.pool import Pool

__all__ = ["WsgiHandler"]


class WsgiHandler:
    """A WSGI application as a handler: `Server(WsgiHandler(app))`.

    `threads`: how many requests it may work on at once. 0 calls it in the loop's thread: nothing is faster, but nobody
    else is served meanwhile, and what it yields is collected: for an application that neither waits nor streams.
    None is as many as there are processors and four more, 32 at the most.
    `multiprocess`: whether other processes serve the same application, as `wsgi.multiprocess` tells it.
    Raises TypeError for what can't be called, ValueError for a number below 0.
    """

    def __init__(self, app: Application, *, threads: int | None = None, multiprocess: bool = False) -> None:
        if not callable(app):
            raise TypeError(f"a WSGI application is a callable of (environ, start_response), not {app!r}")
        if threads is None:
            threads = min(32, (os.cpu_count() or 1) + 4)
        if threads < 0:
            raise ValueError(f"threads must not be below 0, which is the loop's own, but is {threads}")
        self.app = app
        self.threads = threads
        self.multiprocess = multiprocess
        self._pool = Pool(threads)

    def __call__(self, request: Request, responder: Responder) -> None:
        if self.threads:
            call = Call(self.app, request, responder, asyncio.get_running_loop())
            call.environ["wsgi.multithread"] = self.threads > 1
            call.environ["wsgi.multiprocess"] = self.multiprocess
            self._pool.start(Context().run, call.run)
        else:
            call = Call(self.app, request, responder, None)
            call.environ["wsgi.multiprocess"] = self.multiprocess
            call.run()

    async def shut_down(self) -> None:
        """Lets the threads end."""
        self._pool.close()
