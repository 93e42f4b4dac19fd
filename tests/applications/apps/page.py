"""What the applications of this folder have in common: the same page, in the terms of each framework."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from typing import Any

FILE = os.environ.get("APPLICATIONS_FILE", __file__)
"""A file that the test has made, of the same content, size and time for each server."""
PIECES = [b"one\n", b"two\n", b"three\n"]
LARGE = b"0123456789abcdef" * 65536  # 1 MiB: more than a socket takes at once
WAIT = 20.0
"""Seconds that an application waits for another request at most."""
ASGI = ("type", "http_version", "method", "scheme", "path", "root_path")
CGI = ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "REMOTE_ADDR")


def digest(name: str | None, data: bytes, note: str) -> dict[str, Any]:
    """What is told of an uploaded file."""
    return {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "note": note}


def of_scope(scope: Any) -> dict[str, Any]:
    """What an ASGI application is told of a request, but for ports."""
    told = {name: scope[name] for name in ASGI}
    told["raw_path"], told["query_string"] = (
        scope["raw_path"].decode("latin-1"),
        scope["query_string"].decode("latin-1"),
    )
    told["client"], told["server"] = scope["client"][0], scope["server"][0]
    return told | {"headers": _texts(scope["headers"])}


def of_environ(environ: Any) -> dict[str, Any]:
    """What a WSGI application is told of a request, but for ports."""
    told = {name: environ.get(name, "") for name in (*CGI, "SERVER_PROTOCOL", "wsgi.url_scheme")}
    return told | {name: environ[name] for name in sorted(environ) if name.startswith("HTTP_")}


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]
