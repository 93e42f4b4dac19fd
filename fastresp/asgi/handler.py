"""An ASGI application of (scope, receive, send) as a handler: version 3.0, HTTP and lifespan."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from fastresp.asgi.conversation import DONE, Conversation, Message
from fastresp.asgi.lifespan import Lifespan
from fastresp.gateway import bind_host, end_point
from fastresp.http import Request, Responder

__all__ = ["AsgiHandler"]

Application: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

VERSIONS = {"version": "3.0", "spec_version": "2.4"}

_EXTENSIONS: dict[str, dict[str, Any]] = {
    "http.response.early_hint": {},
    "http.response.pathsend": {},
    "http.response.trailers": {},
}


class AsgiHandler:
    """An ASGI application as a handler: `Server(AsgiHandler(app))`.

    The server has its lifespan run: startup before it listens, shutdown after the last answer. An application that
    knows no lifespan is served all the same. Raises TypeError for what can't be called.
    """

    def __init__(self, app: Application) -> None:
        if not callable(app):
            raise TypeError(f"an ASGI application is a callable of (scope, receive, send), not {app!r}")
        self.app = app
        self._state: dict[str, Any] = {}
        self._lifespan: Lifespan | None = None

    async def start_up(self) -> None:
        """Tells the application that serving is about to begin. Raises StartUpError if it says that it can't."""
        self._state = {}
        self._lifespan = Lifespan(self.app, self._state)
        await self._lifespan.start_up()

    async def shut_down(self) -> None:
        """Tells the application that serving is over, and waits until it is ready for that."""
        if self._lifespan is not None:
            lifespan, self._lifespan = self._lifespan, None
            await lifespan.shut_down()

    async def __call__(self, request: Request, responder: Responder) -> None:
        headers = request.raw_headers
        bind_host(request, headers)
        remote = request.remote_address
        local = request.local_address
        # PERF: a display of this size costs less than a copied template and its changes
        scope = {
            "type": "http",
            "asgi": VERSIONS.copy(),
            "http_version": request.http_version,
            "method": request.method,
            "scheme": request.scheme,
            "path": request.path,
            "raw_path": request.raw_path,
            "query_string": request.query_string,
            "root_path": "",
            "headers": headers,
            "client": remote if type(remote) is tuple and len(remote) == 2 else end_point(remote),
            "server": local if type(local) is tuple and len(local) == 2 else _server(local),
            "extensions": _EXTENSIONS.copy(),
            "state": self._state.copy(),
        }
        conversation = Conversation(request, responder)
        try:
            await self.app(scope, conversation.receive, conversation.send)
        except BaseException as error:
            if not conversation.excuses(error):
                raise
        else:
            if conversation.state != DONE:
                conversation.leave()


def _server(local: Any) -> tuple[str, int | None] | None:
    """The server's end of the connection: host and port, or the path of a UNIX socket; None if it has neither."""
    return end_point(local) or ((os.fsdecode(local), None) if local else None)
