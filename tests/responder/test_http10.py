"""Rule 8: to HTTP/1.0 there are no chunks; what has no length ends with the connection, and has no trailers."""

from __future__ import annotations

import io
import os

import pytest
from responder.messages import GET_1_0, KEEP_1_0, fine, message, request

from fastresp import HeaderError, Headers, Response

CLOSE = b"connection: close"
KEEP = b"connection: keep-alive"
TYPE = b"content-type: a/b"


async def pieces():
    yield b"abc"
    yield b"def"


def pipe():
    reader, writer = os.pipe()
    os.write(writer, b"abcdef")
    os.close(writer)
    return os.fdopen(reader, "rb")


def begin_and_end(responder):
    responder.write_begin_chunked("a/b")
    responder.write_chunk(b"abc")
    responder.write_chunk(b"")
    responder.write_end_chunked(b"def")


KNOWN = {
    "data": lambda r: r.write(b"abcdef", "a/b"),
    "response": lambda r: r.send_response(Response(b"abcdef", mime_type="a/b")),
    "device": lambda r: r.write(io.BytesIO(b"abcdef"), "a/b"),
}
UNKNOWN = {
    "chunks": begin_and_end,
    "iterator": lambda r: r.write(pieces(), "a/b"),
    "pipe": lambda r: r.write(pipe(), "a/b"),
}


@pytest.mark.parametrize("call", KNOWN.values(), ids=KNOWN)
def test_known_length(stage, call):
    stage(lambda _, responder: call(responder))
    assert stage.ended(GET_1_0) == message(b"200 OK", TYPE, b"content-length: 6", CLOSE, body=b"abcdef")
    assert stage.kept(KEEP_1_0) == message(b"200 OK", TYPE, b"content-length: 6", KEEP, body=b"abcdef")


@pytest.mark.parametrize("call", UNKNOWN.values(), ids=UNKNOWN)
@pytest.mark.parametrize("question", [GET_1_0, KEEP_1_0])
def test_unknown_length(stage, call, question):
    stage(lambda _, responder: call(responder))
    assert stage.ended(question) == message(b"200 OK", TYPE, CLOSE, body=b"abcdef")


@pytest.mark.parametrize("question", [GET_1_0, KEEP_1_0])
def test_trailers_are_left_out_and_not_announced(stage, question):
    def handler(_, responder):
        responder.write_begin_chunked({"a": "1"}, ["x-t"])
        with pytest.raises(HeaderError, match="x-u"):
            responder.write_end_chunked(b"lost", {"x-u": "1"})
        responder.write_end_chunked(b"abc", {"x-t": "1"})

    stage(handler)
    assert stage.ended(question) == message(b"200 OK", b"a: 1", CLOSE, body=b"abc")


@pytest.mark.parametrize("kind", [dict, Headers])
def test_a_trailer_field_of_the_callers_is_left_out(stage, kind):
    fields = kind({"a": "1", "Trailer": "x-t", "b": "2"})

    def handler(_, responder):
        responder.write_begin_chunked(fields)
        responder.write_end_chunked(b"abc", {"x-t": "1"})

    stage(handler)
    assert stage.ended(GET_1_0) == message(b"200 OK", b"a: 1", b"b: 2", CLOSE, body=b"abc")
    assert len(fields) == 3  # the handler's own are as they were


@pytest.mark.parametrize("question", ["GET", "HEAD"])
def test_a_connection_field_of_the_callers(stage, question):
    """Rule 2: it replaces ours; but it can't keep a connection whose end ends the content."""
    stage(lambda _, responder: responder.write(Headers({"Connection": "close"})))
    for version in ("Connection: keep-alive", "X-None: 1"):
        answer = stage.ended(request(question, "/", version, version="1.0"))
        assert answer == message(b"200 OK", b"Connection: close", b"content-length: 0")


def test_keep_alive_of_the_callers_does_not_keep_what_ends_with_the_connection(stage):
    def handler(_, responder):
        responder.write_begin_chunked({"Connection": "keep-alive"})
        responder.write_end_chunked(b"abc")

    stage(handler)
    answer = stage.ended(KEEP_1_0)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b"abc"


@pytest.mark.parametrize("call", [*KNOWN.values(), *UNKNOWN.values()], ids=[*KNOWN, *UNKNOWN])
def test_head(stage, call):
    stage(lambda _, responder: call(responder))
    whole = stage.ended(GET_1_0)
    assert stage.ended(request("HEAD", version="1.0")) == whole[: whole.index(b"\r\n\r\n") + 4]


@pytest.mark.parametrize(("status", "fields"), [(204, (TYPE,)), (304, (TYPE,)), (205, (TYPE, b"content-length: 0"))])
def test_no_content_ends_with_its_head(stage, status, fields):
    def handler(_, responder):
        responder.write_begin_chunked("a/b", status)
        responder.write_end_chunked(b"abc")

    stage(handler)
    answer = stage.kept(KEEP_1_0)
    assert answer.split(b"\r\n", 1)[1] == b"\r\n".join([*fields, KEEP, b"", b""])


def test_a_large_answer_is_all_there_before_the_end(stage):
    def handler(_, responder):
        responder.write_begin_chunked("a/b")
        for _ in range(30):
            responder.write_chunk(b"x" * 100_000)
        responder.write_end_chunked()

    stage(handler)
    assert stage.ended(GET_1_0) == message(b"200 OK", TYPE, CLOSE, body=b"x" * 3_000_000)


def test_plain_1_0_closes_and_1_1_stays(stage):
    stage(lambda _, responder: fine(responder))
    fields = (b"content-type: text/plain", b"content-length: 2")
    assert stage.ended(GET_1_0) == message(b"200 OK", *fields, CLOSE, body=b"ok")
    assert stage.ended(request("GET", "/", "Connection: close", version="1.1")) == message(
        b"200 OK", *fields, CLOSE, body=b"ok"
    )
    assert stage.ended(request("GET", "/", "Connection: keep-alive, close", version="1.0")) == message(
        b"200 OK", *fields, CLOSE, body=b"ok"
    )
    assert stage.kept() == message(b"200 OK", *fields, body=b"ok")
