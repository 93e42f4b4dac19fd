"""The effective host of a request: the target's authority wins over the Host field (RFC 9112, section 3.3)."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("head", "host"),
    [
        ("GET / HTTP/1.1\r\nHost: a.example:81\r\n", b"a.example:81"),
        ("GET http://b.example/x?y HTTP/1.1\r\nHost: a.example\r\n", b"b.example"),
        ("GET http://b.example:8080 HTTP/1.1\r\nHost: a.example\r\n", b"b.example:8080"),
        ("OPTIONS * HTTP/1.1\r\nHost: [::1]:8000\r\n", b"[::1]:8000"),
        ("GET / HTTP/1.1\r\nHost: \r\n", b""),
        ("GET / HTTP/1.0\r\n", b""),
    ],
)
def test_host(serve, connect, head, host):
    client = connect(serve(lambda request, responder: responder.write(request.host.encode(), "text/plain")))
    client.send(head.encode() + b"\r\n")
    assert client.answer().body == host


def test_host_of_connect(serve, connect):
    client = connect(serve(lambda request, responder: responder.write(request.host, 405), connect=True))
    client.send(b"CONNECT c.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n")
    assert client.answer().body == b"c.example:443"


def test_connect_is_not_for_handlers_that_know_nothing_of_it(serve, connect):
    seen = []
    client = connect(serve(lambda request, responder: (seen.append(request.method), responder.write(b"ok"))[1]))
    client.send(b"CONNECT c.example:443 HTTP/1.1\r\nHost: c.example\r\n\r\n")
    answer = client.answer()
    assert (answer.status, answer.one(b"connection")) == (501, b"close")
    assert answer.body == b"the method CONNECT is not supported\n"
    assert client.rest() == b""
    assert seen == []
