"""The arena's answers by robyn's own API: `with_robyn.py OPTIONS... PROFILE PORT`; robyn reads its options itself.

Its handlers are plain functions, which it runs in a thread; no route is declared constant, for a handler has to answer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import content
import orjson
from robyn import Headers, Request, Response, Robyn, StreamingResponse

FILES = content.contents()
app = Robyn(__file__)


def answer(body: str | bytes, content_type: str = "text/plain", **headers: str) -> Response:
    return Response(200, {"content-type": content_type, **headers}, body)


@app.get("/")
def plaintext(request: Request) -> Response:
    return answer(content.TEXTS["/"])


@app.get("/pipeline")
def pipeline(request: Request) -> Response:
    return answer(content.TEXTS["/pipeline"])


def total(request: Request) -> int:
    query = request.query_params
    return int(query.get("a", "")) + int(query.get("b", ""))


@app.get("/baseline11")
def get_sum(request: Request) -> Response:
    return answer(str(total(request)))


@app.post("/baseline11")
def post_sum(request: Request) -> Response:
    return answer(str(total(request) + int(request.body)))


@app.get("/json/:count")
def document(request: Request) -> Response:
    made = content.document(int(request.path_params["count"]), int(request.query_params.get("m", "")))
    return answer(orjson.dumps(made), "application/json")


@app.get("/static/:name")
def static(request: Request) -> Response:
    file = FILES.get(request.path_params["name"])
    if file is None:
        return Response(404, {}, "")
    if file.brotli and "br" in (request.headers.get("accept-encoding") or ""):
        return answer(file.brotli, file.content_type.decode(), **{"content-encoding": "br"})
    return answer(file.plain, file.content_type.decode())


@app.post("/upload")
def upload(request: Request) -> Response:
    return answer(str(len(request.body)))


def chunks() -> Iterator[bytes]:
    yield from content.CHUNKS


@app.get("/stream")
def stream(request: Request) -> StreamingResponse:
    return StreamingResponse(chunks(), headers=Headers({"content-type": "text/plain"}), media_type="text/plain")


if __name__ == "__main__":
    app.start(host="127.0.0.1", port=int(sys.argv[-1]), _check_port=False)
