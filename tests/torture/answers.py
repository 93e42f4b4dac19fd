"""The calls that answer, each with the token of its request, and those that must be refused."""

from __future__ import annotations

import atexit
import io
import os
import tempfile
from collections.abc import Callable
from typing import Any

from torture import devices

from fastresp import Headers, Json, Response

__all__ = ["ANSWERS", "THREADED", "WRONG", "text"]

HUGE = 300_000
LARGE = 80_000
_files: dict[int, str] = {}


def _file(size: int) -> Callable[[bytes], str]:
    def path(data: bytes) -> str:
        if size not in _files:
            handle, _files[size] = tempfile.mkstemp(prefix="torture-")
            os.close(handle)
            atexit.register(os.unlink, _files[size])
        with open(_files[size], "wb") as file:
            file.write(data)
        return _files[size]

    return path


class _Path(os.PathLike[str]):
    def __init__(self, path: str) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return self.path


async def _iterator(data: bytes) -> Any:
    yield data[:3]
    yield b""
    yield data[3:]


def _calm(where: str = "") -> None:
    pass


def text(token: str, size: int = 0) -> bytes:
    return f"W{token}".encode() + b"." * size + f"E{token}".encode()


def _stream(r: Any, t: str) -> None:
    r.write_begin_chunked({"x-token": t}, ["x-t"], 200)
    r.write_chunk(f"c{t}.")
    r.write_chunk(b"")
    r.write_end_chunked(f"E{t}", {"x-t": t})


ANSWERS: dict[str, Callable[[Any, str], object]] = {
    "bytes": lambda r, t: r.write(text(t), f"a/{t}"),
    "str": lambda r, t: r.write(text(t).decode()),
    "json": lambda r, t: r.write([text(t).decode()], {"x-token": t}, 201),
    "json_value": lambda r, t: r.write(Json(text(t).decode())),
    "headers": lambda r, t: r.write(Headers({"x-token": t}), 404),
    "status": lambda r, t: r.write(404),
    "no_content": lambda r, t: r.write(text(t), {"x-token": t}, 204),
    "bytearray": lambda r, t: r.write(bytearray(text(t)), f"a/{t}"),
    "memoryview": lambda r, t: r.write(memoryview(text(t)), f"a/{t}"),
    "large": lambda r, t: r.write(text(t, LARGE), f"a/{t}"),
    "huge": lambda r, t: r.write(text(t, HUGE), f"a/{t}"),
    "response": lambda r, t: r.send_response(Response(text(t), mime_type=f"a/{t}")),
    "large_response": lambda r, t: r.send_response(Response(text(t, LARGE), mime_type=f"a/{t}")),
    "bytesio": lambda r, t: r.write(io.BytesIO(text(t)), f"a/{t}"),
    "huge_bytesio": lambda r, t: r.write(io.BytesIO(text(t, HUGE)), f"a/{t}"),
    "path": lambda r, t: r.write(_Path(_file(1)(text(t))), f"a/{t}"),
    "no_path": lambda r, t: r.write(_Path("/nowhere/at/all"), f"a/{t}"),
    "aiter": lambda r, t: r.write(_iterator(text(t, 100)), f"a/{t}"),
    "aread": lambda r, t: r.write(devices.device("aread", _calm, "", text(t)), f"a/{t}"),
    "sequential": lambda r, t: r.write(devices.device("sequential", _calm, "", text(t, LARGE)), f"a/{t}"),
    "seekable": lambda r, t: r.write(devices.device("seekable", _calm, "", text(t, 9)), f"a/{t}"),
    "stream": _stream,
    "own_length": lambda r, t: r.write(text(t), [("Content-Length", str(len(text(t)))), ("x-token", t)]),
    "close": lambda r, t: r.write(text(t), {"connection": "close", "x-token": t}),
}
THREADED = ("sequential", "seekable")
WRONG: dict[str, Callable[[Any], object]] = {
    "write_none": lambda r: r.write(None),
    "two_statuses": lambda r: r.write(200, "a/b", 200),
    "bad_status": lambda r: r.write(b"x", "a/b", 1000),
    "injected": lambda r: r.write(b"x", {"a": "b\r\nc: d"}),
    "bad_length": lambda r: r.write(b"x", {"content-length": "7"}),
    "chunk_none": lambda r: r.write_chunk(None),
    "coding": lambda r: r.write(b"x", {"transfer-encoding": "chunked"}),
    "switch": lambda r: r.write(101),
    "not_json": lambda r: r.write({"a": object()}),
    "swap_none": lambda r: r.swap(None),
    "on_close_none": lambda r: r.on_close(None),
    "forbidden_trailer": lambda r: r.write_begin_chunked({}, ["content-length"]),
    "no_response": lambda r: r.send_response(b"x"),
    "bad_type": lambda r: r.write(b"x", "a\r\nb"),
    "surrogate": lambda r: r.write("\ud800"),
}
