"""A request, or its body, as the device that its answer is read from: an echo, a proxy."""

from __future__ import annotations

import pytest
from connection.tools import chunked, message, post

WAYS = {"its iterator": aiter, "itself": lambda request: request}


def echo(way):
    async def handler(request, responder):
        responder.write(way(request), "a/b")

    return handler


def echo_whole(way):
    def handler(request, responder):
        responder.write(way(request), "a/b")

    return handler


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("make", [echo, echo_whole], ids=["coroutine", "plain"])
@pytest.mark.parametrize("body", [b"", b"some content", b"x" * 1_000_000], ids=["none", "small", "large"])
def test_what_comes_goes(stage, make, way, body):
    stage(make(way))
    for request in (post("/", body), chunked("/", *([body] if body else []))):
        client = stage.client()
        client.send(request)
        answer = client.answer()
        assert (answer.status, answer.one(b"content-type"), answer.body) == (200, b"a/b", body)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_piece_by_piece(stage, way):
    """Each piece is sent as it comes."""
    stage(echo(way))
    client = stage.client()
    client.send(post("/", b"one", "Expect: 100-continue").replace(b"Content-Length: 3", b"Content-Length: 6"))
    client.until(b"3\r\none\r\n")
    client.send(b"two")
    assert client.until(b"0\r\n\r\n") == b"3\r\ntwo\r\n0\r\n\r\n"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_client_that_leaves_in_the_middle(stage, way):
    stage(echo(way))
    client = stage.client()
    client.send(message("POST", "/", "Content-Length: 6", body=b"one"))
    client.until(b"3\r\none\r\n")
    client.reset()
    assert stage.serves()


def test_its_iterator_is_one(stage):
    """As any other: whatever takes an async iterator can have it, once."""

    async def handler(request, responder):
        pieces = aiter(request)
        assert aiter(pieces) is pieces
        content = [piece async for piece in pieces]
        responder.write(b"".join(content), "a/b")

    stage(handler)
    client = stage.client()
    client.send(message("POST", "/", "Content-Length: 12", body=b"some "))
    client.send(b"content")
    assert client.answer().body == b"some content"
