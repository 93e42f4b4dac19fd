"""The arena's answers by blacksheep's own API, as an application for uvicorn; files from memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import content
import orjson
from blacksheep import Application, Content, Request, Response, StreamedContent, get, post

FILES = content.contents()
app = Application()


def answer(body: bytes, content_type: bytes = b"text/plain", *headers: tuple[bytes, bytes]) -> Response:
    return Response(200, list(headers) or None, Content(content_type, body))


@get("/")
async def plaintext(request: Request) -> Response:
    return answer(content.TEXTS["/"])


@get("/pipeline")
async def pipeline(request: Request) -> Response:
    return answer(content.TEXTS["/pipeline"])


def total(request: Request) -> int:
    return int(request.query["a"][0]) + int(request.query["b"][0])


@get("/baseline11")
async def get_sum(request: Request) -> Response:
    return answer(str(total(request)).encode())


@post("/baseline11")
async def post_sum(request: Request) -> Response:
    return answer(str(total(request) + int(await request.read() or b"")).encode())


@get("/json/{count}")
async def document(request: Request) -> Response:
    assert request.route_values is not None
    made = content.document(int(request.route_values["count"]), int(request.query["m"][0]))
    return answer(orjson.dumps(made), b"application/json")


@get("/static/{name}")
async def static(request: Request) -> Response:
    assert request.route_values is not None
    file = FILES.get(request.route_values["name"])
    if file is None:
        return Response(404)
    if file.brotli and b"br" in (request.get_first_header(b"accept-encoding") or b""):
        return answer(file.brotli, file.content_type, (b"content-encoding", b"br"))
    return answer(file.plain, file.content_type)


@post("/upload")
async def upload(request: Request) -> Response:
    size = 0
    async for piece in request.stream():
        size += len(piece)
    return answer(str(size).encode())


async def chunks() -> AsyncIterator[bytes]:
    for chunk in content.CHUNKS:
        yield chunk


@get("/stream")
async def stream(request: Request) -> Response:
    return Response(200, None, StreamedContent(b"text/plain", chunks))
