"""HEAD: the head that a GET would have had, and never a byte of content (RFC 9110, section 9.3.2)."""

from __future__ import annotations

import io

import pytest

ANSWERS = {
    "/bytes": lambda responder: responder.write(b"x" * 1000, "text/plain"),
    "/large": lambda responder: responder.write(b"x" * 1000000, "text/plain"),
    "/json": lambda responder: responder.write({"a": [1, 2, 3]}),
    "/status": lambda responder: responder.write(404),
    "/device": lambda responder: responder.write(io.BytesIO(b"y" * 300000), "text/plain"),
    "/headers": lambda responder: responder.write(b"x" * 10, {"x-one": "1"}),
}


def handle(request, responder):
    if request.path == "/chunks":
        responder.write_begin_chunked({"content-type": "text/plain"}, ["x-sum"])
        responder.write_chunk(b"abc")
        responder.write_end_chunked(b"def", {"x-sum": "1"})
    else:
        ANSWERS[request.path](responder)


@pytest.mark.parametrize("path", ANSWERS)
def test_same_head_as_get(serve, connect, path):
    client = connect(serve(handle))
    client.get(path, method="HEAD")
    head = client.answer("HEAD")
    client.get(path)
    get = client.answer()
    assert head.status_line == get.status_line
    assert head.without_date() == get.without_date()
    assert int(head.one(b"content-length")) == len(get.body)
    client.get(path, method="HEAD")
    assert client.answer("HEAD").without_date() == head.without_date()


def test_chunked(serve, connect):
    client = connect(serve(handle))
    client.get("/chunks", method="HEAD")
    head = client.answer("HEAD")
    assert head.one(b"transfer-encoding") == b"chunked"
    assert head.all(b"content-length") == []
    client.get("/chunks", "Connection: close")
    get = client.answer()
    assert get.chunks == [b"abc", b"def"]
    assert client.rest() == b""


def test_closes_when_asked(serve, connect):
    client = connect(serve(handle))
    client.get("/bytes", "Connection: close", method="HEAD")
    assert client.answer("HEAD").one(b"connection") == b"close"
    assert client.rest() == b""
