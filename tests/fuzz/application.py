"""The handler under the fuzzer: its ways to answer, well or badly, now or late."""

from __future__ import annotations

import asyncio
import io
import random
import zlib
from typing import Any

from fastresp import Response
from fastresp.errors import BodyError, ResponderStateError


class Application:
    """The handler: which of its ways it goes, the target's path says, or the checksum of one that says nothing."""

    WAYS = (
        "plain", "echo", "look", "chunked", "late", "begun", "raise", "broken", "drop", "file", "status", "interim",
        "response", "twice", "large", "wrong",
    )  # fmt: skip

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.late: list[Any] = []
        self.kept = Response(b"kept", mime_type="text/plain")

    def way(self, request: Any) -> str:
        name = request.path.strip("/").partition("/")[0]
        return name if name in self.WAYS else self.WAYS[zlib.crc32(request.target) % len(self.WAYS)]

    def plain(self, request: Any, responder: Any) -> None:
        self.calls.append((repr(request), request.body, dict(request.trailers)))
        self.answer(request, responder, request.body)

    async def coroutine(self, request: Any, responder: Any) -> None:
        place = len(self.calls)
        self.calls.append((repr(request), None, None))
        content = b""
        turn = zlib.crc32(request.target) >> 8 & 3
        try:
            if turn == 1:
                async for piece in request:
                    assert piece
                    content += piece
            elif turn == 2:
                await asyncio.sleep(0)
                content = await request.read()
            elif turn == 3:
                content = await request.read()
        except BodyError as error:
            self.calls[place] = (repr(request), content, str(error))
            raise
        if turn:
            self.calls[place] = (repr(request), content, dict(request.trailers))
        self.answer(request, responder, content)

    def answer(self, request: Any, responder: Any, content: bytes) -> None:
        way = self.way(request)
        if way in ("late", "begun"):
            if way == "begun":
                responder.write_begin_chunked("text/plain", ["x-end"])
            self.late.append(responder)
        elif way == "raise":
            raise LookupError("so it shall be")
        elif way == "broken":
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"half")
            raise LookupError("in the middle")
        elif way != "drop":
            getattr(self, "do_" + way)(request, responder, content)

    def do_plain(self, request: Any, responder: Any, content: bytes) -> None:
        responder.write(b"hello", "text/plain")

    def do_echo(self, request: Any, responder: Any, content: bytes) -> None:
        responder.write(content, request.headers.get("content-type") or "application/octet-stream")

    def do_look(self, request: Any, responder: Any, content: bytes) -> None:
        names = [request.method, request.path, request.http_version, request.scheme, repr(request.remote_address)]
        pairs = [*request.headers, *request.query]
        responder.write({"names": names, "pairs": [list(pair) for pair in pairs], "query": repr(request.query_string)})

    def do_chunked(self, request: Any, responder: Any, content: bytes) -> None:
        responder.write_begin_chunked("text/plain", ["x-sum"])
        for start in range(0, len(content), 100):
            responder.write_chunk(content[start : start + 100])
        responder.write_end_chunked(b"end", {"x-sum": str(len(content))})

    def do_file(self, request: Any, responder: Any, content: bytes) -> None:
        responder.write(io.BytesIO(content * 2 + b"file"), "text/plain")

    def do_status(self, request: Any, responder: Any, content: bytes) -> None:
        query = request.query_string
        responder.write(int(query) if query.isdigit() else 204)

    def do_interim(self, request: Any, responder: Any, content: bytes) -> None:
        responder.write({"link": "</a>"}, 103)
        responder.write("<p>", "text/html", 404)

    def do_response(self, request: Any, responder: Any, content: bytes) -> None:
        responder.send_response(self.kept)

    def do_twice(self, request: Any, responder: Any, content: bytes) -> None:
        responder.write(200)
        try:
            responder.write(500)
        except ResponderStateError:
            return
        assert responder.is_response_canceled

    def do_large(self, request: Any, responder: Any, content: bytes) -> None:
        responder.write(b"x" * 70000, "text/plain")

    def do_wrong(self, request: Any, responder: Any, content: bytes) -> None:
        # the target goes where it must not: into a field, past the checks or not at all
        query = request.query_string
        responder.write(b"ok", {"x-query": query, "content-type": query, request.query_string[:8]: b"v"})

    def finish(self, choice: random.Random) -> None:
        """Goes on with one of the answers that are late."""
        responder = self.late.pop(choice.randrange(len(self.late)))
        way = choice.randrange(4)
        if "streaming" in repr(responder):
            responder.write_chunk("late")
            if way:
                responder.write_end_chunked("end", {"x-end": "1"} if way == 1 else None)
        elif way:
            responder.write("late", "text/plain")
        # else it is dropped here
