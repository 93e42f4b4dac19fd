"""The arena's answers by socketify's own API: `with_socketify.py PROFILE PORT [CERTIFICATE KEY]`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import content
import orjson
from socketify import App, AppListenOptions, AppOptions

FILES = content.contents()


def text(body: bytes) -> Any:
    def handle(res: Any, req: Any) -> None:
        res.write_header(b"content-type", b"text/plain").end(body)

    return handle


def total(req: Any) -> int:
    return int(req.get_query("a")) + int(req.get_query("b"))


def get_sum(res: Any, req: Any) -> None:
    res.write_header(b"content-type", b"text/plain").end(str(total(req)))


_incoming: set[Any] = set()  # responses that wait for a body: those that nobody refers to are collected, and it aborts


def receive(res: Any, take: Callable[[bytes], object], end: Callable[[Any], object]) -> None:
    """Has `take` called for each piece of the body, and `end` with the response after the last one."""

    def on_data(res: Any, piece: bytes | None, is_last: bool) -> None:
        if piece:
            take(piece)
        if is_last:
            _incoming.discard(res)
            end(res)

    _incoming.add(res)
    res.on_aborted(_incoming.discard)
    res.on_data(on_data)


def post_sum(res: Any, req: Any) -> None:
    number = total(req)  # now: the request is gone when its body has come
    body = bytearray()
    receive(res, body.extend, lambda res: res.write_header(b"content-type", b"text/plain").end(str(number + int(body))))


def document(res: Any, req: Any) -> None:
    made = content.document(int(req.get_parameter(0)), int(req.get_query("m")))
    res.write_header(b"content-type", b"application/json").end(orjson.dumps(made))


def static(res: Any, req: Any) -> None:
    file = FILES.get(req.get_parameter(0))
    if file is None:
        res.write_status(404).end_without_body()
        return

    def answer(res: Any) -> None:
        res.write_header(b"content-type", file.content_type)
        if file.brotli and "br" in accepted:
            res.write_header(b"content-encoding", b"br").end(file.brotli)
        else:
            res.end(file.plain)

    accepted = req.get_header("accept-encoding") or ""
    res.cork(answer)


def upload(res: Any, req: Any) -> None:
    size = 0

    def take(piece: bytes) -> None:
        nonlocal size
        size += len(piece)

    receive(res, take, lambda res: res.write_header(b"content-type", b"text/plain").end(str(size)))


def stream(res: Any, req: Any) -> None:
    res.write_header(b"content-type", b"text/plain")
    for chunk in content.CHUNKS:
        res.write(chunk)
    res.end_without_body()


def main(_profile: str, port: str, *certificate: str) -> None:
    options = AppOptions(cert_file_name=certificate[0], key_file_name=certificate[1]) if certificate else None
    app = App(options)
    for path, body in content.TEXTS.items():
        app.get(path, text(body))
    app.get("/baseline11", get_sum)
    app.post("/baseline11", post_sum)
    app.get("/json/:count", document)
    app.get("/static/:name", static)
    app.post("/upload", upload)
    app.get("/stream", stream)
    app.listen(AppListenOptions(port=int(port), host="127.0.0.1"), lambda _: None)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
