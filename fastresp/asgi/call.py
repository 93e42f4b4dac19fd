"""One call of an ASGI application: its scope, and what becomes of it when it returns or raises."""

from __future__ import annotations

import os
from types import MethodType
from typing import TYPE_CHECKING, Any

from fastresp.asgi.answer import new_answer
from fastresp.asgi.channels import receive, send
from fastresp.asgi.tls import about
from fastresp.core.path import path_text
from fastresp.core.request import METHODS
from fastresp.gateway import bind_host, end_point
from fastresp.wire import octets

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
    # PERF: its attributes, where its properties take 80 instructions each to be found
    headers = request.raw_headers
    if request._path_from:
        bind_host(request, headers)
    data = request._data
    start = request._path_start()
    end = request._path_end()
    path = path_text(data, start, end)
    raw_path = octets.piece(data, start, end) or b"/"
    peer = request._peer
    remote = peer.remote()
    local = peer.local()
    root_path = handler.root_path
    if root_path and path != "*":
        path = root_path + path
        raw_path = handler.raw_root + raw_path
    # new ones: what an application writes there is for this request
    extensions: dict[str, Any] = {"http.response.early_hint": {}, "http.response.trailers": {}}
    if handler.pathsend:
        extensions["http.response.pathsend"] = {}
    tls = tls_of(peer) if peer.secure else None
    if tls is not None:
        extensions["tls"] = tls
    # PERF: a display of this size costs less than a copied template and its changes
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1" if request._minor else "1.0",
        "method": METHODS[request._method] if request._method else request.method,
        "scheme": "https" if peer.secure else "http",
        "path": path,
        "raw_path": raw_path,
        "query_string": octets.piece(data, end + 1, request._target_end),
        "root_path": root_path,
        "headers": headers,
        "client": remote if type(remote) is tuple and len(remote) == 2 else end_point(remote),
        "server": local if type(local) is tuple and len(local) == 2 else server_of(local),
        "extensions": extensions,
        "state": handler.state.copy(),
    }


def tls_of(peer: Any) -> dict[str, Any] | None:
    """The tls extension of a request, its own copy; None where the client has left before the first."""
    told: dict[str, Any] | None = peer.tls
    if told is None:
        transport = peer.transport
        if transport is None:
            return None
        told = peer.tls = about(transport.get_extra_info("ssl_object"))
    told = told.copy()
    told["client_cert_chain"] = list(told["client_cert_chain"])
    return told


def server_of(local: Any) -> tuple[str, int | None] | None:
    """The server's end of the connection: host and port, or the path of a UNIX socket; None if it has neither."""
    return end_point(local) or ((os.fsdecode(local), None) if local else None)
