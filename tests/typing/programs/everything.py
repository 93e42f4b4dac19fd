"""A program as a user would write it, that uses all of fastresp: no checker has anything to say about it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any

from fastresp import (
    BodyError,
    Config,
    HeaderError,
    Headers,
    Json,
    Request,
    Responder,
    ResponderStateError,
    Response,
    Server,
    StatusCode,
    compiled,
    run,
)
from fastresp.asgi import AsgiHandler, ClientDisconnected
from fastresp.qt import (
    QHttpHeaders,
    QHttpServerRequest,
    QHttpServerResponder,
    QHttpServerResponse,
    in_qt_thread,
    in_server_thread,
)
from fastresp.wire import format_chunk, format_headers, format_last_chunk, status_line
from fastresp.wsgi import WsgiHandler

HELLO = Response("Hello!\n", headers={"cache-control": "max-age=60"})
Message = MutableMapping[str, Any]


class Ticks:
    """A device of one's own: three lines, then the end."""

    def __init__(self) -> None:
        self.left = 3

    async def read(self, count: int) -> bytes:
        await asyncio.sleep(0)
        self.left -= 1
        return b"tick\n" if self.left >= 0 else b""


async def numbers(count: int) -> AsyncIterator[bytes]:
    for number in range(count):
        yield b"%d\n" % number


def hello(request: Request, responder: Responder) -> None:
    responder.send_response(HELLO)


def search(request: Request, responder: Responder) -> None:
    words = request.query.getall("word")
    limit = int(request.query.get("limit", "10"))
    responder.write({"words": words[:limit], "first": request.query.get("word"), "all": dict(request.query)})


def fields(request: Request, responder: Responder) -> None:
    answer = Headers([("x-method", request.method), ("x-agent", request.headers.value("user-agent", "none"))])
    answer.append("x-version", request.http_version)
    try:
        answer.append("x bad", "1")
    except HeaderError as error:
        answer.replace_or_append("x-error", type(error).__name__)
    responder.write(request.path, answer, StatusCode.Accepted)


def source(request: Request, responder: Responder) -> None:
    responder.write(Path(__file__), "text/x-python")


def late(request: Request, responder: Responder) -> None:
    responder.on_close(lambda: print("over"))
    asyncio.get_running_loop().call_soon(responder.write, Json("late"), 201)


async def upload(request: Request, responder: Responder) -> None:
    size = 0
    try:
        async for piece in request:
            size += len(piece)
    except BodyError:
        return
    responder.write(f"{size} bytes\n")


async def echo(request: Request, responder: Responder) -> None:
    responder.write(await request.read(), request.headers.value("content-type", "text/plain"))


async def stream(request: Request, responder: Responder) -> None:
    responder.write(Headers({"link": "</style.css>; rel=preload"}), StatusCode.EarlyHints)
    responder.write_begin_chunked({"content-type": "text/plain"}, ["x-lines"])
    for line in ("one\n", b"two\n"):
        if responder.is_response_canceled:
            return
        responder.write_chunk(line)
        await responder.drain()
    responder.write_end_chunked("three\n", {"x-lines": "3"})
    try:
        responder.write(StatusCode.Ok)
    except ResponderStateError as error:
        print(error)


def asgi() -> AsgiHandler:
    async def application(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        assert scope["type"] == "http"
        try:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"asgi\n"})
        except ClientDisconnected:
            pass

    return AsgiHandler(application)


def wsgi() -> WsgiHandler:
    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        start_response("200 OK", [("content-type", "text/plain")])
        return [b"wsgi\n"]

    return WsgiHandler(application, threads=0)


def qt(request: QHttpServerRequest, responder: QHttpServerResponder) -> None:
    headers = QHttpHeaders()
    headers.append("x-path", request.url())
    response = QHttpServerResponse("text/plain", b"qt\n", responder.StatusCode.Ok)
    response.setHeaders(headers)
    responder.sendResponse(response)


QT = in_server_thread(qt)
ROUTES: dict[str, Callable[[Request, Responder], object]] = {
    "/": hello,
    "/search": search,
    "/fields": fields,
    "/source": source,
    "/late": late,
    "/upload": upload,
    "/echo": echo,
    "/stream": stream,
    "/ticks": lambda request, responder: responder.write(Ticks(), "text/plain"),
    "/numbers": lambda request, responder: responder.write(numbers(3), {"content-type": "text/plain"}),
    "/asgi": asgi(),
    "/wsgi": wsgi(),
    "/qt": QT,
    "/qt/thread": in_qt_thread(qt),
}


class Application:
    """A handler that is an object, with things to do before the first request and after the last."""

    def __init__(self) -> None:
        self.served = 0

    async def start_up(self) -> None:
        print("compiled" if compiled else "pure")

    async def __call__(self, request: Request, responder: Responder) -> None:
        self.served += 1
        route = ROUTES.get(request.path)
        if route is None:
            responder.write(StatusCode.NotFound)
            return
        done = route(request, responder)
        if isinstance(done, Awaitable):
            await done

    async def shut_down(self) -> None:
        print(self.served, "served")


def codecs() -> bytes:
    head = status_line(StatusCode.Ok) + format_headers({"transfer-encoding": "chunked"}) + b"\r\n"
    return head + format_chunk("abc") + format_last_chunk()


async def in_a_loop(certificate: Path | None = None) -> None:
    context: ssl.SSLContext | None = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    server = Server(Application(), config=Config(max_body_size=1_000_000, server_header="fastresp"))
    await server.start(host="127.0.0.1", port=0, ssl=context)
    print(*server.urls)
    await server.close(grace=1.0)


def in_the_background() -> int:
    with Server(hello).background(port=0, loop_factory=asyncio.new_event_loop) as server:
        assert server.port is not None
        return server.port


if __name__ == "__main__":
    run(Application(), port=8000, config=Config(access_log=True), on_start=lambda server: print(server.urls))
