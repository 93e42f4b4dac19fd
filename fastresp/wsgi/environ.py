"""The environment of a request (PEP 3333, "environ Variables")."""

from __future__ import annotations

from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

from fastresp import __version__
from fastresp.engine import Request
from fastresp.gateway import bind_host, end_point
from fastresp.wsgi.errors import ErrorStream
from fastresp.wsgi.files import FileWrapper

__all__ = ["Environ", "new_environ"]

Environ: TypeAlias = dict[str, Any]

SOFTWARE = f"fastresp/{__version__}"


class _Variables(dict[bytes, str | None]):
    """The name of the environment variable of each field; None for a field that must not become one."""

    # PERF: remembered, but no long ones, of which a client could have the server keep 50 MB.

    def __missing__(self, name: bytes) -> str | None:
        variable = _variable(name)
        if len(name) <= 64:
            if len(self) >= 512:
                self.clear()
            self[name] = variable
        return variable


def _variable(name: bytes) -> str | None:
    if b"_" in name or name == b"proxy":
        # "x_a" would pass for "x-a", which a proxy may have set or checked; HTTP_PROXY configures HTTP clients, those
        # of child processes among them ("httpoxy").
        return None
    text = name.decode("latin-1").upper().replace("-", "_")
    return text if name in (b"content-type", b"content-length") else f"HTTP_{text}"


_variables = _Variables()


def new_environ(request: Request) -> Environ:
    """What the application is told of a request, but for its place; the whole body is in it."""
    target = request.target
    body = request.body
    headers = request.raw_headers
    bind_host(request, headers)
    path = request.raw_path
    server = end_point(request.local_address)
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": "" if path == b"*" else (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
        "QUERY_STRING": request.query_string.decode("latin-1"),
        "REQUEST_URI": target.decode("latin-1"),
        "SERVER_SOFTWARE": SOFTWARE,
        "SERVER_PROTOCOL": f"HTTP/{request.http_version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": ErrorStream(),
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    if server is not None:
        environ["SERVER_NAME"], environ["SERVER_PORT"] = server[0], str(server[1])
    else:
        environ["SERVER_NAME"], environ["SERVER_PORT"] = _asked_for(request)
    remote = end_point(request.remote_address)
    if remote is not None:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = remote[0], str(remote[1])
    else:
        environ["REMOTE_ADDR"] = ""
    for name, octets in headers:
        variable = _variables[name]
        if variable is not None:
            value = octets.decode("latin-1")
            if variable in environ:
                value = environ[variable] + ("; " if name == b"cookie" else ", ") + value
            environ[variable] = value
    if "HTTP_TRANSFER_ENCODING" in environ:  # the body came in chunks, and is no longer in any
        del environ["HTTP_TRANSFER_ENCODING"]
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _asked_for(request: Request) -> tuple[str, str]:
    """Host and port in the words of the client, for a socket that has none."""
    host, _, port = request.host.rpartition(":")
    if port and not port.isdigit():
        host, port = request.host, ""
    return host or "localhost", port or ("443" if request.scheme == "https" else "80")
