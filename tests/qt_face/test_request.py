"""QHttpServerRequest, method by method."""

from __future__ import annotations

import pytest
from client import Client
from connection.tools import Inbox, message, post

from fastresp.qt import QHttpHeaders, QHttpServerRequest, in_server_thread

Method = QHttpServerRequest.Method


@pytest.fixture
def see(serve, connect):
    """What `look(request)` returns for one request."""

    def see(look, data):
        seen = Inbox()

        def handle(request, responder):
            seen.put(look(request))
            responder.write(200)

        client = connect(serve(in_server_thread(handle)))
        client.send(data)
        assert client.answer().status == 200
        return seen.get()

    return see


@pytest.mark.parametrize("name", ["Get", "Put", "Delete", "Post", "Options", "Patch", "Trace"])
def test_method(see, name):
    assert see(QHttpServerRequest.method, message(name.upper(), "/")) is Method[name]


def test_other_methods(see, serve, connect):
    assert see(QHttpServerRequest.method, message("PURGE", "/")) is Method.Unknown
    assert Method.Get | Method.Post in Method.AnyKnown
    assert [Method.Unknown.value, Method.Head.value, Method.Connect.value] == [0, 16, 128]


@pytest.mark.parametrize(
    ("data", "url"),
    [
        (message("GET", "/a%20b?c=d"), "http://test/a%20b?c=d"),
        (message("OPTIONS", "*"), "http://test"),
        (b"GET http://there:81/x?y HTTP/1.1\r\nHost: there:81\r\n\r\n", "http://there:81/x?y"),
    ],
)
def test_url(see, data, url):
    assert see(QHttpServerRequest.url, data) == url


def test_url_without_a_host(see):
    url, port = see(lambda request: (request.url(), request.localPort()), b"GET /a HTTP/1.0\r\n\r\n")
    assert url == f"http://127.0.0.1:{port}/a"


def test_query(see):
    query = see(QHttpServerRequest.query, message("GET", "/?a=1&b=%C3%A4&a=2"))
    assert (query["a"], query["b"], query.getall("a")) == ("1", "ä", ["1", "2"])


def test_fields(see):
    data = message("GET", "/", "X-A: 1", "x-a: 2")
    headers, both, one, none = see(
        lambda r: (r.headers(), r.value("X-a"), r.value(QHttpHeaders.WellKnownHeader.Host), r.value("x-b")), data
    )
    assert headers.toListOfPairs() == [(b"host", b"test"), (b"x-a", b"1"), (b"x-a", b"2")]
    assert (both, one, none) == (b"1, 2", b"test", b"")


def test_body(see):
    assert see(QHttpServerRequest.body, post("/", b"content")) == b"content"


def test_addresses(serve, connect):
    seen = Inbox()

    def handle(request, responder):
        seen.put((request.remoteAddress(), request.remotePort(), request.localAddress(), request.localPort()))
        responder.write(200)

    server = serve(in_server_thread(handle))
    client = connect(server)
    client.get()
    client.answer()
    assert seen.get() == (*client.socket.getsockname(), "127.0.0.1", server.port)


def test_addresses_of_a_local_socket(server_class, loop_factory, tmp_path):
    seen = Inbox()

    def handle(request, responder):
        seen.put((request.remoteAddress(), request.remotePort(), request.localAddress(), request.localPort()))
        responder.write(request.url())

    path = str(tmp_path / "socket")
    server = server_class(in_server_thread(handle))
    with server.background(uds=path, loop_factory=loop_factory), Client(path) as client:
        client.send(b"GET /a HTTP/1.0\r\n\r\n")
        assert client.answer().body == b"http://localhost/a"
    assert seen.get() == ("", 0, "", 0)


def test_a_coroutine_handler_finds_the_body(serve, connect):
    async def handle(request, responder):
        responder.write(request.body().upper(), "text/plain")

    client = connect(serve(in_server_thread(handle)))
    client.send(post("/", b"content" * 50_000))
    assert client.answer().body == b"CONTENT" * 50_000


def test_repr(see):
    assert see(repr, message("GET", "/a")) == "<QHttpServerRequest GET /a>"
