"""Both adapters as a usual client sees them: bodies both ways, in one piece and streamed, and HEAD."""

from __future__ import annotations

import httpx
import pytest
from adapters.asgi_applications import body, read, start

from fastresp.asgi import AsgiHandler
from fastresp.wsgi import WsgiHandler


async def asgi_app(scope, receive, send):
    if scope["type"] != "http":
        return
    pieces, _ = await read(receive)
    await send(start(200, (b"x-method", scope["method"].encode())))
    if scope["path"] == "/streamed":
        for piece in pieces:
            await send(body(piece, more=True))
        await send(body())
    else:
        await send(body(b"".join(pieces)))


def wsgi_app(environ, start_response):
    start_response("200 OK", [("x-method", environ["REQUEST_METHOD"])])
    if environ["PATH_INFO"] == "/streamed":
        return iter(lambda: environ["wsgi.input"].read(50000), b"")
    return [environ["wsgi.input"].read()]


@pytest.fixture(params=["asgi", "wsgi", "wsgi-loop"])
def client(request, serve):
    handler = AsgiHandler(asgi_app)
    if request.param != "asgi":
        handler = WsgiHandler(wsgi_app, threads=0 if "loop" in request.param else 2)
    server = serve(handler)
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/streamed"])
@pytest.mark.parametrize("size", [0, 1, 65536, 1_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_comes_back(client, path, size, chunked):
    data = bytes(index % 251 for index in range(size))
    answer = client.post(path, content=iter([data[:100], data[100:]]) if chunked else data)
    assert answer.status_code == 200
    assert answer.headers["x-method"] == "POST"
    assert answer.content == data


@pytest.mark.parametrize("path", ["/", "/streamed"])
def test_head_and_then_more(client, path):
    for method in ("HEAD", "GET", "HEAD", "DELETE"):
        answer = client.request(method, path)
        assert (answer.headers["x-method"], answer.content) == (method, b"")
