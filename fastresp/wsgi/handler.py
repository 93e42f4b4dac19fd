"""WSGI: an application of (environ, start_response) as a handler (PEP 3333).

An application may block, so it runs in a thread of a pool. An answer whose end is known with its first piece is one
`write`; a longer one is a device that the thread fills, never far ahead of the client.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from contextvars import Context
from functools import lru_cache
from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

from fastresp.gateway import bind_host, end_point, write_empty
from fastresp.http import Request, Responder
from fastresp.http.names import describe
from fastresp.wsgi.feed import Feed
from fastresp.wsgi.threads import Threads

__all__ = ["FileWrapper", "WsgiHandler"]

Environ: TypeAlias = dict[str, Any]
Application: TypeAlias = Callable[[Environ, Callable[..., Callable[[bytes], None]]], Iterable[bytes]]

log = logging.getLogger("fastresp")

# What describes a connection, not an answer, and is the server's (PEP 3333, "Other HTTP Features").
_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "trailers", "transfer-encoding", "upgrade"}
_HOP_BY_HOP |= {"proxy-authenticate", "proxy-authorization"}


class FileWrapper:
    """`wsgi.file_wrapper`: an iterable of a file's blocks, which is sent as a file where nobody has wrapped it."""

    def __init__(self, filelike: Any, block_size: int = 65536) -> None:
        self.filelike = filelike
        self.block_size = block_size
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self) -> Iterator[bytes]:
        while block := self.filelike.read(self.block_size):
            yield block


class WsgiHandler:
    """A WSGI application as a handler: `Server(WsgiHandler(app))`.

    `threads`: how many requests it may work on at once. 0 calls it in the loop's thread: nothing is faster, but nobody
    else is served meanwhile, and what it yields is collected: for an application that neither waits nor streams.
    None is as many as there are processors and four more, 32 at the most.
    Raises TypeError for what can't be called, ValueError for a number below 0.
    """

    def __init__(self, app: Application, *, threads: int | None = None) -> None:
        if not callable(app):
            raise TypeError(f"a WSGI application is a callable of (environ, start_response), not {app!r}")
        if threads is None:
            threads = min(32, (os.cpu_count() or 1) + 4)
        if threads < 0:
            raise ValueError(f"threads must not be below 0, which is the loop's own, but is {threads}")
        self.app = app
        self.threads = threads
        self._pool = Threads(threads)

    def __call__(self, request: Request, responder: Responder) -> None:
        if self.threads:
            call = _Call(self.app, request, responder, asyncio.get_running_loop())
            call.environ["wsgi.multithread"] = self.threads > 1
            self._pool.start(Context().run, call.run)
        else:
            _Call(self.app, request, responder, None).run()

    async def shut_down(self) -> None:
        """Lets the threads end."""
        self._pool.close()


@lru_cache(512)
def _variable(name: bytes) -> str | None:
    """The name of the environment variable of a field; None for a field that must not become one."""
    if b"_" in name or name == b"proxy":
        # "x_a" would pass for "x-a", which a proxy may have set or checked; HTTP_PROXY configures HTTP clients, those
        # of child processes among them ("httpoxy").
        return None
    text = name.decode("latin-1").upper().replace("-", "_")
    return text if name in (b"content-type", b"content-length") else f"HTTP_{text}"


def _environ(request: Request) -> Environ:
    """The environment of a request, with its whole body (PEP 3333, "environ Variables")."""
    target = request.target
    body = request.body
    headers = request.raw_headers
    bind_host(request, headers)
    path = request.raw_path
    server = end_point(request.local_address)
    environ: Environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
        "QUERY_STRING": request.query_string.decode("latin-1"),
        "REQUEST_URI": target.decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{request.http_version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    if server is not None:
        environ["SERVER_NAME"], environ["SERVER_PORT"] = server[0], str(server[1])
    else:
        environ["SERVER_NAME"], environ["SERVER_PORT"] = request.host.partition(":")[0] or "localhost", "80"
    remote = end_point(request.remote_address)
    if remote is not None:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = remote[0], str(remote[1])
    for name, octets in headers:
        variable = _variable(name)
        if variable is not None:
            value = octets.decode("latin-1")
            if variable in environ:
                value = environ[variable] + ("; " if name == b"cookie" else ", ") + value
            environ[variable] = value
    if body and "CONTENT_LENGTH" not in environ:  # it came in chunks
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


class _Call:
    """One call of the application, and its answer. `run` is its thread's; what it hands to `_tell` is the loop's."""

    # PERF: not set for each call, as few calls need others
    _status = 0
    _fields: list[tuple[str, str]]
    _length: int | None = None  # as the application has stated it
    _feed: Feed | None = None
    _is_begun = False

    def __init__(
        self, app: Application, request: Request, responder: Responder, loop: asyncio.AbstractEventLoop | None
    ) -> None:
        self.environ = _environ(request)
        self._app = app
        self._request = request
        self._responder = responder
        self._loop = loop  # None: this is its thread
        self._collected: list[bytes] = []

    def run(self) -> None:
        """Calls the application and sees its answer through."""
        if self._responder.is_response_canceled:
            return  # it has waited for a thread for too long
        try:
            result = self._app(self.environ, self.start_response)
            close = getattr(result, "close", None)
            try:
                if self._send(result):
                    close = None
            finally:
                if close is not None:
                    close()
        except _Unwanted:
            pass
        except BaseException as error:
            self._fail(error)
            if self._loop is None and not isinstance(error, Exception):
                raise

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """PEP 3333, "The start_response() Callable". Raises ValueError, TypeError or HeaderError for what must not be
        sent, AssertionError for a second call without exc_info, and exc_info's exception if it is too late for it.
        """
        try:
            if exc_info is not None:
                if self._is_begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            elif self._status:
                raise AssertionError("start_response() was called a second time, without exc_info")
        finally:
            exc_info = None
        code = int(status[:3]) if status[:3].isdigit() and status[3:4] in ("", " ") else 0
        if not 200 <= code <= 999:
            raise ValueError(f"a status is a string like '200 OK', not below 200, but is {status!r}")
        length = None
        for name, value in headers:
            lowered = name.lower()
            if lowered in _HOP_BY_HOP:
                raise ValueError(f"the field {name!r} is the server's, not the application's (PEP 3333)")
            if lowered == "content-length":
                length = int(value) if value.strip().isdecimal() else -1  # which the responder refuses
        self._fields = list(headers)
        self._length = length
        self._status = code
        return self._write

    def _send(self, result: Iterable[bytes]) -> bool:
        """Sends what the application returned. Whether the responder closes it."""
        if type(result) is FileWrapper and self._status and not self._is_begun and not self._collected:
            self._is_begun = True
            self._tell(self._answer_with, _as_stated(result.filelike, self._length))
            return True
        if type(result) is list or type(result) is tuple:
            # PERF: most answers; all of their content is known
            self._write(result[0] if len(result) == 1 else b"".join(result), True)
        else:
            is_all = _is_single(result)
            for piece in result:
                self._write(piece, is_all)
        if self._feed is not None:
            self._feed.end()
        elif not self._is_begun:
            self._answer_whole(b"".join(self._collected))
        return False

    def _write(self, data: bytes, is_all: bool = False) -> None:
        """The write() callable of PEP 3333. Raises _Unwanted when nobody waits for more."""
        if not isinstance(data, bytes):
            raise TypeError(f"a WSGI application's content is bytes, not {type(data).__name__}")
        if self._loop is None or not data:
            self._collected.append(data)
        elif self._feed is not None:
            if not self._feed.put(data):
                raise _Unwanted
        elif self._is_begun:
            raise _Unwanted  # beyond its content-length
        elif is_all or self._length == len(data):
            self._answer_whole(data)
        else:
            self._check_start()
            self._feed = Feed(self._loop)
            self._feed.put(data)
            self._tell(self._answer_with, self._feed)

    def _check_start(self) -> None:
        if not self._status:
            raise AssertionError("the application has sent content before it called start_response()")
        self._is_begun = True

    def _answer_whole(self, body: bytes) -> None:
        self._check_start()
        self._tell(self._answer, body)

    def _fail(self, error: BaseException) -> None:
        """The application raised."""
        if self._feed is not None:
            self._feed.fail("the application failed")
        with suppress(_Unwanted):
            self._tell(self._refuse, error, not self._is_begun)

    def _tell(self, function: Callable[..., None], *arguments: Any) -> None:
        """Has the loop's thread call a function."""
        if self._loop is None:
            function(*arguments)
            return
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            raise _Unwanted from None  # the loop is closed

    # -- in the loop's thread

    def _answer(self, body: bytes) -> None:
        try:
            if body:
                if self._length is not None and 0 <= self._length < len(body):
                    body = body[: self._length]
                self._responder.write(body, self._fields, self._status)
            else:
                write_empty(self._request, self._responder, self._status, self._fields, self._length)
        except Exception as error:
            self._refuse(error, True)

    def _answer_with(self, device: Any) -> None:
        try:
            self._responder.write(device, self._fields, self._status)
        except Exception as error:
            self._refuse(error, True)

    def _refuse(self, error: BaseException, nothing_sent: bool) -> None:
        log.error("the application failed on %s", describe(self._request), exc_info=error)
        if nothing_sent:
            self._responder.write(500)


class _Unwanted(ConnectionError):
    """Ends an application that goes on when its answer is complete, or its client gone."""

    def __init__(self) -> None:
        super().__init__("nobody waits for more of this answer")


class _Blocks:
    """A file of which only a part is to be sent, from where it stands: its size is not to be asked for."""

    def __init__(self, filelike: Any) -> None:
        self._filelike = filelike
        self.read = filelike.read

    def close(self) -> None:
        close = getattr(self._filelike, "close", None)
        if close is not None:
            close()


def _as_stated(filelike: Any, length: int | None) -> Any:
    """The file, as a device of the content-length that was stated."""
    if length is None:
        return filelike
    try:
        position = filelike.tell()
        size = filelike.seek(0, os.SEEK_END) - position
        filelike.seek(position)
    except (AttributeError, OSError, TypeError, ValueError):
        return _Blocks(filelike)
    return filelike if size == length else _Blocks(filelike)


def _is_single(result: Any) -> bool:
    """Whether there is just one piece (PEP 3333, "Handling the Content-Length Header")."""
    try:
        return len(result) == 1
    except TypeError:
        return False
