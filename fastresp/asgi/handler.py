"""An ASGI application of (scope, receive, send) as a handler: version 3.0, HTTP and lifespan."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from fastresp import forks
from fastresp.asgi.channels import Message
from fastresp.asgi.lifespan import Lifespan
from fastresp.checks import check_root_path
from fastresp.engine import Request, Responder
from fastresp.hooks import StartUpError
from fastresp.wire import compiled

if TYPE_CHECKING or not compiled:
    from fastresp.asgi.call import call
else:
    from fastresp.asgi.call_c import call

__all__ = ["AsgiHandler"]

Application: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class AsgiHandler:
    """An ASGI application as a handler: `Server(AsgiHandler(app))`.

    pathsend: Whether it is told that it may answer with the path of a file (http.response.pathsend). Middlewares that
    know only pieces of content lose such answers.
    root_path: Where a proxy has the application that cuts this off the paths that it passes on, as "/api": it is put
    before them again.
    The server has its lifespan run: startup before it listens, shutdown after the last answer. An application that
    knows no lifespan is served all the same. Servers of one loop that share an AsgiHandler share its lifespan,
    from the first that starts to the last that closes. Raises TypeError for what can't be called, ValueError for a
    root_path that is none.
    """

    server_awaits = True
    """For the server: what a call returns is awaited, and reads the body by itself."""
    _call = staticmethod(call)

    def __init__(self, app: Application, *, pathsend: bool = False, root_path: str = "") -> None:
        if not callable(app):
            raise TypeError(f"an ASGI application is a callable of (scope, receive, send), not {app!r}")
        self.app = app
        check_root_path(root_path)
        self.pathsend = pathsend
        self.root_path = root_path
        self.raw_root = quote(root_path).encode()
        self.state: dict[str, Any] = {}  # what the lifespan has put there, for each request to copy
        self._lifespan: Lifespan | None = None
        self._servers = 0  # that have this lifespan, or begin it
        self._loop: asyncio.AbstractEventLoop | None = None
        self._generation = forks.generation
        self._turn = asyncio.Lock()

    async def start_up(self) -> None:
        """Tell the application that serving is about to begin, if no other server has. Raises StartUpError if it says
        that it can't, or if a server in another loop is served by it.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._generation != forks.generation:
            is_here = self._generation == forks.generation
            if self._servers and is_here and self._loop is not None and not self._loop.is_closed():
                raise StartUpError("this AsgiHandler serves in another event loop: make one for each")
            self._loop = loop
            self._generation = forks.generation
            self._servers = 0
            self._lifespan = None
            self._turn = asyncio.Lock()
        self._servers += 1  # not behind the start: a second loop must see that there is one
        try:
            async with self._turn:
                if self._lifespan is None:
                    self.state = {}
                    lifespan = Lifespan(self.app, self.state)
                    await lifespan.start_up()
                    self._lifespan = lifespan
        except BaseException:
            self._servers -= 1
            raise

    async def shut_down(self) -> None:
        """Tell the application that serving is over, if this is its last server, and wait until it is ready."""
        async with self._turn:
            self._servers = max(0, self._servers - 1)
            if not self._servers and self._lifespan is not None:
                lifespan, self._lifespan = self._lifespan, None
                await lifespan.shut_down()

    @property
    def server_calls(self) -> Callable[[Request, Responder], Awaitable[None]]:
        """What the server calls instead of this; this itself where a subclass has a call of its own."""
        if type(self).__call__ is not AsgiHandler.__call__:
            return self
        return partial(self._call, self)  # PERF: the call of an object in Python takes 1,500 instructions more

    def __call__(self, request: Request, responder: Responder) -> Awaitable[None]:
        return self._call(self, request, responder)
