"""What the checkers take the values of fastresp for; a line with the word at its end is an error to both of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Any, assert_type

from fastresp import Config, Headers, Request, Responder, Response, Server, StatusCode, compiled, run
from fastresp.wire import format_chunk, format_headers, format_last_chunk, status_line


async def request_of(request: Request) -> None:
    assert_type(request.method, str)
    assert_type(request.target, bytes)
    assert_type(request.path, str)
    assert_type(request.query_string, bytes)
    assert_type(request.host, str)
    assert_type(request.http_version, str)
    assert_type(request.scheme, str)
    assert_type(request.headers, Headers)
    assert_type(request.trailers, Headers)
    assert_type(request.raw_headers, list[tuple[bytes, bytes]])
    assert_type(request.remote_address, Any)
    assert_type(request.body, bytes)
    assert_type(await request.read(), bytes)
    assert_type(request.__aiter__(), AsyncIterator[bytes])
    async for piece in request:
        assert_type(piece, bytes)

    request.path = "/"  # refused
    request.body.decode(3)  # refused


def query_of(request: Request) -> None:
    query = request.query
    assert_type(query["a"], str)
    assert_type(query.get("a"), str | None)
    assert_type(query.get("a", "b"), str)
    assert_type(query.get("a", 1), str | int)
    assert_type(query.get("a", default=None), str | None)
    assert_type(query.getall("a"), list[str])
    assert_type(query.items(), list[tuple[str, str]])
    assert_type(query.keys(), list[str])
    assert_type(dict(query), dict[str, str])
    assert_type(list(query), list[str])
    assert_type("a" in query, bool)

    query["a"] = "b"  # refused
    query.get(1)  # refused


def headers_of(headers: Headers) -> None:
    assert_type(headers.value("a"), str | None)
    assert_type(headers.get("a"), str | None)
    assert_type(headers.value("a", ""), str)
    assert_type(headers.get("a", 0), str | int)
    assert_type(headers.values("a"), list[str])
    assert_type(headers.combined_value("a"), str | None)
    assert_type(headers.contains("a"), bool)
    assert_type(headers["a"], str)
    assert_type(headers.copy(), Headers)
    assert_type(headers.remove_all("a"), int)
    assert_type(dict(headers), dict[str, str])
    assert_type(len(headers), int)

    Headers("a")  # refused
    Headers({"a": 1})  # refused
    headers.append("a", 1)  # refused
    headers["a"] = "b"  # refused


def response_of(response: Response) -> None:
    assert_type(response.data, bytes)
    assert_type(response.status_code, int)
    assert_type(response.mime_type, str)
    assert_type(response.headers, Headers)
    assert_type(Response.from_file("a"), Response)
    response.headers = Headers({"a": "b"})
    response.headers = {b"a": b"b"}
    response.headers = [("a", "b")]

    response.data = b""  # refused


async def responder_of(responder: Responder) -> None:
    assert_type(responder.is_response_canceled, bool)
    await responder.drain()

    Config(max_body_size="1")  # refused
    Config(15.0, body=1)  # refused
    Config().max_body_size = 1  # refused


def plain(request: Request, responder: Responder) -> None: ...
async def coroutine(request: Request, responder: Responder) -> None: ...
def late(request: Request, responder: Responder, *, delay: float = 0.0) -> object: ...
def short(request: Request) -> None: ...
def swapped(responder: Responder, request: Request) -> None: ...


class Application:
    def __call__(self, request: Request, responder: Responder) -> None: ...


class Service:
    async def start_up(self) -> None: ...
    async def __call__(self, request: Request, responder: Responder) -> None: ...
    async def shut_down(self) -> None: ...


async def server_of() -> None:
    server = Server(plain)
    for handler in (coroutine, late, Application(), Service()):
        Server(handler)
    Server(lambda request, responder: responder.write(request.path))
    Server(Service(), config=Config(access_log=True))
    assert_type(server.port, int | None)
    assert_type(server.urls, tuple[str, ...])
    assert_type(server.config, Config)
    await server.start(port=0)
    await server.close(grace=1)
    background: AbstractContextManager[Server] = server.background(port=0)
    with background as running:
        assert_type(running, Server)
    with server.background(host=None, uds=b"/tmp/socket", grace=1) as running:
        assert_type(running, Server)
    run(plain, port=0, on_start=lambda server: print(server.urls))

    Server(short)  # refused
    Server(swapped)  # refused
    Server("app:handle")  # refused
    Server(plain, Config())  # refused
    run(Application)  # refused
    run(plain, port="8000")  # refused


def codecs() -> None:
    assert_type(compiled, bool)
    assert_type(StatusCode(404), StatusCode)
    assert_type(status_line(404), bytes)
    assert_type(format_headers({"a": "b"}), bytes)
    assert_type(format_chunk("abc"), bytes)
    assert_type(format_last_chunk([("etag", '"1"')]), bytes)

    status_line("404")  # refused
    format_headers("a: b")  # refused
    format_chunk(1)  # refused
