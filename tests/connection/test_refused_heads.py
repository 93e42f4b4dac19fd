"""A refusal has no content where the request was HEAD, as soon as its method is known (RFC 9110, section 9.3.2)."""

from __future__ import annotations

import pytest
from connection.tools import message


def hello(request, responder):
    responder.write(b"hello", "text/plain")


async def late_hello(request, responder):
    await request.read()
    responder.write(b"hello", "text/plain")


def refusals(method: str) -> dict[str, tuple[bytes, int]]:
    return {
        "no host": (f"{method} / HTTP/1.1\r\n\r\n".encode(), 400),
        "two hosts": (message(method, "/", "Host: other"), 400),
        "bad field": (message(method, "/", "Bad Field: x"), 400),
        "bad value": (message(method, "/", "A: \x00"), 400),
        "target": (message(method, "/" + "x" * 70_000), 414),
        "bad target": (message(method, "no-slash"), 400),
        "version": (message(method, "/", version="2.0"), 505),
        "fields": (message(method, "/", *[f"A{number}: x" for number in range(200)]), 431),
        "large field": (message(method, "/", "A: " + "x" * 60_000), 431),
        "length": (message(method, "/", "Content-Length: 1, 2"), 400),
        "too large": (message(method, "/", "Content-Length: 99999999999"), 413),
        "coding": (message(method, "/", "Transfer-Encoding: gzip"), 501),
        "expectation": (message(method, "/", "Expect: magic"), 417),
        "chunk": (message(method, "/", "Transfer-Encoding: chunked", body=b"zz\r\n"), 400),
        "second chunk": (message(method, "/", "Transfer-Encoding: chunked", body=b"1\r\nx\r\nzz\r\n"), 400),
        "trailer": (message(method, "/", "Transfer-Encoding: chunked", body=b"0\r\nBad Field: x\r\n\r\n"), 400),
    }


HANDLERS = pytest.mark.parametrize("handler", [hello, late_hello])


@HANDLERS
@pytest.mark.parametrize("kind", refusals("GET"))
class TestRefusals:
    def test_head(self, serve, connect, handler, kind):
        data, status = refusals("HEAD")[kind]
        client = connect(serve(handler))
        client.send(data)
        head = client.head()
        assert head.status == status
        assert head.one(b"connection") == b"close"
        assert client.rest() == b""

    def test_get(self, serve, connect, handler, kind):
        data, status = refusals("GET")[kind]
        client = connect(serve(handler))
        client.send(data)
        answer = client.answer()
        assert answer.status == status
        assert answer.body.endswith(b"\n")
        assert len(answer.body) > 5
        assert answer.one(b"content-type") == b"text/plain; charset=utf-8"
        assert client.rest() == b""

    def test_behind_others(self, serve, connect, handler, kind):
        """The refused one decides, not those before it."""
        for before, refused in (("GET", "HEAD"), ("HEAD", "GET")):
            data, status = refusals(refused)[kind]
            client = connect(serve(handler))
            client.send(message(before, "/") * 2 + data)
            for _ in range(2):
                assert client.answer(before).status == 200
            answer = client.answer(refused)
            assert answer.status == status
            assert bool(answer.body) is (refused == "GET")
            assert client.rest() == b""


@HANDLERS
@pytest.mark.parametrize(("method", "has_content"), [("HEAD", False), ("GET", True), ("HEADER", True), ("HEA", True)])
def test_in_pieces(serve, connect, handler, method, has_content):
    client = connect(serve(handler))
    for byte in f"{method} / HTTP/1.1\r\nBad Field: x\r\n\r\n".encode():
        client.send(bytes([byte]))
    answer = client.head()
    assert answer.status == 400
    assert bool(client.rest()) is has_content


@HANDLERS
class TestTimes:
    @pytest.mark.parametrize("start", [b"HEAD / HTTP/1.1\r\n", b"HEAD / HTTP/1.1\r\nHost: test\r\nA: b"])
    def test_fields_that_do_not_come(self, serve, connect, handler, start):
        client = connect(serve(handler, head_timeout=0.1))
        client.send(start)
        assert client.head().status == 408
        assert client.rest() == b""

    @pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: test\r\nA: b", b"HEA", b"G"])
    def test_of_another_method_or_one_not_known_yet(self, serve, connect, handler, start):
        client = connect(serve(handler, head_timeout=0.1))
        client.send(start)
        assert client.head().status == 408
        assert client.rest() == b"the request's head did not come in time\n"

    def test_a_body_that_does_not_come(self, serve, connect, handler):
        client = connect(serve(handler, body_timeout=0.1))
        client.send(message("HEAD", "/", "Content-Length: 10", body=b"half"))
        assert client.head().status == 408
        assert client.rest() == b""

    def test_a_second_request(self, serve, connect, handler):
        client = connect(serve(handler, head_timeout=0.1))
        client.send(message("GET", "/") + b"HEAD / HTTP/1.1\r\n")
        assert client.answer().status == 200
        assert client.head().status == 408
        assert client.rest() == b""


@HANDLERS
def test_an_upload_that_ends_early(serve, connect, handler):
    client = connect(serve(handler))
    client.send(message("HEAD", "/", "Content-Length: 10", body=b"half"))
    client.half_close()
    assert client.head().status == 400
    assert client.rest() == b""


def test_too_many_connections(serve, connect):
    """The method can't be known: a client that is refused before it asks gets the content of the refusal."""
    server = serve(hello, max_connections=1)
    first = connect(server)
    first.get()
    assert first.answer().status == 200
    answer = connect(server).answer()
    assert answer.status == 503
    assert answer.body
    first.get(method="HEAD")
    assert first.answer("HEAD").status == 200
