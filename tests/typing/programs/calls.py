"""Each call that README's table lists; a line with the word at its end is an error to both checkers, no other is."""

from __future__ import annotations

import io
from array import array
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

from fastresp import Headers, Json, Responder, Response, StatusCode

PLAIN = "text/plain"
FIELDS = {"x-a": "1"}
HEADERS = Headers(FIELDS)


class Socket:
    """A device of one's own."""

    async def read(self, count: int) -> bytes:
        return bytes(count)


async def pieces() -> AsyncIterator[bytes]:
    yield b"piece"


def status(responder: Responder) -> None:
    responder.write()
    responder.write(204)
    responder.write(StatusCode.NoContent)
    responder.write(HTTPStatus.NO_CONTENT)
    responder.write(status=204)
    responder.write(404, headers=FIELDS)
    responder.write(status=404, headers=HEADERS)
    responder.write(headers=[("x-a", b"1"), ["x-b", "2"]])

    responder.write(None)  # refused
    responder.write(3.5)  # refused
    responder.write(204, 204)  # refused
    responder.write(204, PLAIN)  # refused
    responder.write(status="404")  # refused
    responder.write(404, headers="x")  # refused
    responder.write(404, header=FIELDS)  # refused


def headers(responder: Responder) -> None:
    responder.write(HEADERS)
    responder.write(HEADERS, 103)
    responder.write(HEADERS, status=StatusCode.EarlyHints)

    responder.write(HEADERS, "404")  # refused
    responder.write(HEADERS, PLAIN, 404)  # refused
    responder.write(HEADERS, headers=FIELDS)  # refused


def document(responder: Responder) -> None:
    responder.write({"a": 1})
    responder.write([1, 2], 201)
    responder.write(Json("text"), status=201)
    responder.write({"a": 1}, FIELDS)
    responder.write({"a": 1}, HEADERS, 201)
    responder.write([1], [("x-a", "1")], status=201)
    responder.write([1], headers=FIELDS, status=201)
    responder.write([1], 201, headers=FIELDS)
    responder.write([1], "application/problem+json", 400)

    responder.write({1, 2})  # refused
    responder.write([1], 201, 201)  # refused
    responder.write([1], FIELDS, headers=FIELDS)  # refused
    responder.write({"a": 1}, {"x-a": 1})  # refused


def data(responder: Responder) -> None:
    responder.write("text")
    responder.write(b"bytes")
    responder.write(b"bytes", PLAIN)
    responder.write(b"bytes", b"text/plain", 200)
    responder.write("text", mime_type=PLAIN, status=200)
    responder.write(bytearray(b"a"), FIELDS)
    responder.write(memoryview(b"a"), HEADERS, 200)
    responder.write(array("d", [1.5]), [("x-a", "1")], status=200)
    responder.write(b"bytes", PLAIN, headers=FIELDS, status=200)
    responder.write(data=b"bytes", headers=FIELDS)
    responder.write("not here", 404)

    responder.write(b"", None)  # refused
    responder.write(b"", 3.5)  # refused
    responder.write(b"", PLAIN, None)  # refused
    responder.write(b"", PLAIN, "404")  # refused
    responder.write(b"", 200, PLAIN)  # refused
    responder.write(b"", PLAIN, 200, FIELDS)  # refused
    responder.write(b"", [("x-a", "1", "2")])  # refused


def device(responder: Responder, path: Path) -> None:
    responder.write(path)
    responder.write(path, PLAIN)
    responder.write(path, 201)
    responder.write(path.open("rb"), PLAIN, 200)
    responder.write(io.BytesIO(b"a"), FIELDS, 200)
    responder.write(io.FileIO(path), headers=HEADERS, status=200)
    responder.write(Socket(), PLAIN)
    responder.write(pieces(), PLAIN, status=200)

    responder.write(path.open("r"), PLAIN)  # refused
    responder.write(iter([b"a"]), PLAIN)  # refused


def chunks(responder: Responder) -> None:
    responder.write_begin_chunked(PLAIN)
    responder.write_begin_chunked(PLAIN, 201)
    responder.write_begin_chunked(FIELDS, status=201)
    responder.write_begin_chunked(HEADERS, ["etag"])
    responder.write_begin_chunked([("x-a", "1")], (b"etag", "x-b"), 201)
    responder.write_begin_chunked(HEADERS, trailer_names=["etag"], status=201)
    responder.write_chunk("text")
    responder.write_chunk(bytearray(b"a"))
    responder.write_end_chunked()
    responder.write_end_chunked("text", {"etag": '"1"'})
    responder.write_end_chunked(trailers=HEADERS)

    responder.write_begin_chunked()  # refused
    responder.write_begin_chunked(None)  # refused
    responder.write_begin_chunked(200)  # refused
    responder.write_begin_chunked(PLAIN, 200, 200)  # refused
    responder.write_begin_chunked(PLAIN, [1])  # refused
    responder.write_chunk(None)  # refused
    responder.write_chunk({"a": 1})  # refused
    responder.write_end_chunked(b"", "etag")  # refused


def responses(responder: Responder) -> None:
    responder.send_response(Response())
    responder.send_response(Response(404))
    responder.send_response(Response(StatusCode.NotFound, headers=FIELDS))
    responder.send_response(Response("text", 201))
    responder.send_response(Response({"a": 1}, status=201, mime_type="application/problem+json"))
    responder.send_response(Response(array("d", [1.5]), mime_type=b"x/y", headers=HEADERS))
    responder.send_response(Response.from_file("index.html"))

    Response(None)  # refused
    Response(3.5)  # refused
    Response(404, 404)  # refused
    Response("text", "201")  # refused
    Response("text", 201, PLAIN)  # refused
    Response(Path("index.html"))  # refused
    responder.send_response(404)  # refused
    responder.send_response("text")  # refused


def others(responder: Responder, other: Responder) -> None:
    responder.swap(other)
    responder.on_close(lambda: print("over"))

    responder.swap(None)  # refused
    responder.on_close(print("over"))  # refused
    responder.is_response_canceled = True  # refused
    responder.write_json({})  # refused
