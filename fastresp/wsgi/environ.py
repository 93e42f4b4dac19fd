"""The environment of a request (PEP 3333, "environ Variables")."""

from __future__ import annotations

from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

from fastresp import __version__
from fastresp.core.request import METHODS
from fastresp.gateway import bind_host
from fastresp.wire import octets
from fastresp.wsgi.errors import ErrorStream
from fastresp.wsgi.files import FileWrapper

__all__ = ["Environ", "new_environ"]

Environ: TypeAlias = dict[str, Any]

PERCENT = 0x25
VERSION = (1, 0)
SOFTWARE = f"fastresp/{__version__}"


# PERF: the name of the environment variable of each field, "" for one that must not become one, is remembered; that of
# a long name is not: a client could have the server keep 50 MB of these.
_variables: dict[bytes, str] = {}
MOST = 512
LONGEST = 64


def _variable(name: bytes) -> str:
    if b"_" in name or name == b"proxy":
        # "x_a" would pass for "x-a", which a proxy may have set or checked; HTTP_PROXY configures HTTP clients, those
        # of child processes among them ("httpoxy").
        variable = ""
    elif name == b"content-type" or name == b"content-length":
        variable = name.decode("latin-1").upper().replace("-", "_")
    else:
        variable = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
    if len(name) <= LONGEST:
        known = _variables
        if len(known) >= MOST:
            known.clear()
        known[name] = variable
    return variable


def new_environ(request: Any, variables: Environ) -> Environ:
    """What the application is told of a request, the whole body included, and `variables`, which tell of its place."""
    headers = request.raw_headers
    if request._path_from:
        bind_host(request, headers)
    body = request.body
    data = request._data
    start = request._path_start()
    end = request._path_end()
    path = octets.piece(data, start, end) or b"/"
    if octets.find(path, PERCENT, 0, len(path)) >= 0:
        path = unquote_to_bytes(path)
    peer = request._peer
    local = peer.local()
    remote = peer.remote()
    server = local if type(local) is tuple else None
    client = remote if type(remote) is tuple else None
    # PERF: a display of this size costs less than a copied template and its changes
    environ: Environ = {
        "REQUEST_METHOD": METHODS[request._method] if request._method else request.method,
        "PATH_INFO": "" if path == b"*" else path.decode("latin-1"),
        "QUERY_STRING": octets.piece(data, end + 1, request._target_end).decode("latin-1"),
        "REQUEST_URI": octets.piece(data, request._target_start, request._target_end).decode("latin-1"),
        "SERVER_SOFTWARE": SOFTWARE,
        "SERVER_PROTOCOL": "HTTP/1.1" if request._minor else "HTTP/1.0",
        "SERVER_NAME": "" if server is None else server[0],
        "SERVER_PORT": "" if server is None else str(server[1]),
        "REMOTE_ADDR": "" if client is None else client[0],
        "wsgi.version": VERSION,
        "wsgi.url_scheme": "https" if peer.secure else "http",
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": ErrorStream(),
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    if server is None:
        environ["SERVER_NAME"], environ["SERVER_PORT"] = _asked_for(request)
    if client is not None:
        environ["REMOTE_PORT"] = str(client[1])
    environ.update(variables)
    known = _variables
    for name, content in headers:
        variable = known.get(name)
        if variable is None:
            variable = _variable(name)
        if variable:
            value = content.decode("latin-1")
            if variable in environ:
                value = environ[variable] + ("; " if name == b"cookie" else ", ") + value
            environ[variable] = value
    if "HTTP_TRANSFER_ENCODING" in environ:  # the body came in chunks, and is no longer in any
        del environ["HTTP_TRANSFER_ENCODING"]
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _asked_for(request: Any) -> tuple[str, str]:
    """Host and port in the words of the client, for a socket that has none."""
    host, _, port = request.host.rpartition(":")
    if port and not port.isdigit():
        host, port = request.host, ""
    return host or "localhost", port or ("443" if request.scheme == "https" else "80")
