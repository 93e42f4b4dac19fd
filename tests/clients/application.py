"""One application with an answer of every kind, and what a client should make of each."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field

from fastresp import Headers, Json, Response

LARGE = b"".join(b"%07d\n" % number for number in range(50000))
READY = Response("ready", headers={"x-ready": "yes"})


class Sequential:
    """A device of no known size."""

    def __init__(self) -> None:
        self.left = 5

    async def read(self, count: int) -> bytes:
        await asyncio.sleep(0)
        self.left -= 1
        return b"piece," if self.left >= 0 else b""


async def pieces():
    for number in range(3):
        yield b"%d," % number


def chunks(responder, request):
    responder.write_begin_chunked({"content-type": "text/plain", "x-first": "1"}, ["X-Sum", "X-Count"])
    for number in range(3):
        responder.write_chunk(f"chunk {number};")
    responder.write_chunk(b"")
    responder.write_end_chunked(b"end", {"X-Sum": "abc", "X-Count": "3"})


def hints(responder, request):
    responder.write(103, headers={"link": "</style.css>; rel=preload"})
    responder.write(b"after hints", "text/plain")


def processing(responder, request):
    for _ in range(3):
        responder.write(102)
    responder.write(b"after work", "text/plain")


@dataclass
class Expected:
    """An answer: what makes it, and what has to arrive."""

    make: object
    status: int = 200
    mime_type: str | None = "text/plain"
    body: bytes = b""
    trailers: list[tuple[str, str]] = field(default_factory=list)
    interim: list[int] = field(default_factory=list)
    sized: bool = True


ANSWERS = {
    "/bytes": Expected(lambda responder, request: responder.write(b"bytes", "text/plain"), body=b"bytes"),
    "/text": Expected(
        lambda responder, request: responder.write("Gr\u00fc\u00dfe"),
        mime_type="text/plain; charset=utf-8",
        body="Gr\u00fc\u00dfe".encode(),
    ),
    "/empty": Expected(lambda responder, request: responder.write(200), mime_type="application/x-empty"),
    "/headers": Expected(
        lambda responder, request: responder.write({"json": [1, None]}, {"content-type": "text/plain"}, 201),
        status=201,
        body=b'{"json":[1,null]}',
    ),
    "/json": Expected(
        lambda responder, request: responder.write(Json("text")), mime_type="application/json", body=b'"text"'
    ),
    "/missing": Expected(
        lambda responder, request: responder.write(404), status=404, mime_type="application/x-empty"
    ),
    "/none": Expected(lambda responder, request: responder.write(204), status=204, mime_type="application/x-empty"),
    "/cached": Expected(
        lambda responder, request: responder.write(Headers({"etag": '"1"'}), 304), status=304, mime_type=None
    ),
    "/large": Expected(lambda responder, request: responder.write(LARGE, "text/plain"), body=LARGE),
    "/ready": Expected(
        lambda responder, request: responder.send_response(READY),
        mime_type="text/plain; charset=utf-8",
        body=b"ready",
    ),
    "/memory": Expected(lambda responder, request: responder.write(io.BytesIO(LARGE), "text/plain"), body=LARGE),
    "/device": Expected(
        lambda responder, request: responder.write(Sequential(), "text/plain"), body=b"piece," * 5, sized=False
    ),
    "/iterator": Expected(
        lambda responder, request: responder.write(pieces(), "text/plain"), body=b"0,1,2,", sized=False
    ),
    "/chunks": Expected(
        chunks,
        body=b"chunk 0;chunk 1;chunk 2;end",
        trailers=[("x-sum", "abc"), ("x-count", "3")],
        sized=False,
    ),
    "/hints": Expected(hints, body=b"after hints", interim=[103]),
    "/processing": Expected(processing, body=b"after work", interim=[102, 102, 102]),
    "/fault": Expected(
        lambda responder, request: 1 / 0, status=500, mime_type="text/plain; charset=utf-8",
        body=b"internal server error\n",
    ),
    "/length": Expected(
        lambda responder, request: responder.write(b"12345", {"Content-Length": "5", "content-type": "text/plain"}),
        body=b"12345",
    ),
}  # fmt: skip


def plain(request, responder):
    """The application as a plain function."""
    if request.path == "/echo":
        responder.write(request.body, request.headers.value("content-type", "text/plain"))
    else:
        ANSWERS[request.path].make(responder, request)


async def coroutine(request, responder):
    """The application as a coroutine function."""
    await request.read()
    await asyncio.sleep(0)
    plain(request, responder)
