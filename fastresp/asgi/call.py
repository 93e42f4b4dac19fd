"""One call of an ASGI application: its scope, and what becomes of it when it returns or raises."""

from __future__ import annotations

import os
from types import MethodType
from typing import TYPE_CHECKING, Any

from fastresp.asgi.answer import new_answer
from fastresp.asgi.channels import receive, send
from fastresp.gateway import bind_host, end_point

if TYPE_CHECKING:
    from fastresp.asgi.handler import AsgiHandler

__all__ = ["call"]


async def call(handler: AsgiHandler, request: Any, responder: Any) -> None:
    """Answer the request by the application of this handler."""
    answer = new_answer(request, responder)
    try:
        await handler.app(scope_of(handler, request), MethodType(receive, answer), MethodType(send, answer))
    except BaseException as error:
        if not answer.excuses(error):
            raise
    else:
        answer.leave()


def scope_of(handler: Any, request: Any) -> dict[str, Any]:
    """The connection scope of a request (ASGI HTTP specification 2.4)."""
    headers = request.raw_headers
    if request._path_from:
        bind_host(request, headers)
    remote = request.remote_address
    local = request.local_address
    path = request.path
    raw_path = request.raw_path
    root_path = handler.root_path
    if root_path and path != "*":
        path = root_path + path
        raw_path = handler.raw_root + raw_path
    # new ones: what an application writes there is for this request
    extensions: dict[str, Any] = {"http.response.early_hint": {}, "http.response.trailers": {}}
    if handler.pathsend:
        extensions["http.response.pathsend"] = {}
    # PERF: a display of this size costs less than a copied template and its changes
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": request.http_version,
        "method": request.method,
        "scheme": request.scheme,
        "path": path,
        "raw_path": raw_path,
        "query_string": request.query_string,
        "root_path": root_path,
        "headers": headers,
        "client": remote if type(remote) is tuple and len(remote) == 2 else end_point(remote),
        "server": local if type(local) is tuple and len(local) == 2 else server_of(local),
        "extensions": extensions,
        "state": handler.state.copy(),
    }


def server_of(local: Any) -> tuple[str, int | None] | None:
    """The server's end of the connection: host and port, or the path of a UNIX socket; None if it has neither."""
    return end_point(local) or ((os.fsdecode(local), None) if local else None)
