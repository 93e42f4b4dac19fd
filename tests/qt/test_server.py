"""Qt's tests/auto/qhttpserver, the cases that concern answering (the routing itself is the handler's here)."""

from __future__ import annotations

import asyncio
import threading

import pytest
from client import Client
from connection.tools import Gate, Inbox, Late, answer_late, in_loop, message, post, wait_for_no_connection
from qt.routes import routes

from fastresp import Config, Headers, Response, StatusCode

MIB = 1024 * 1024
LARGE = b"".join(b"%08d\n" % number for number in range(4400))
JSON_FILE = b'{ "key": "value" }\n'


@pytest.fixture
def client(serve, connect, tmp_path) -> Client:
    (tmp_path / "text.html").write_bytes(b"<html></html>\n")
    (tmp_path / "application.json").write_bytes(JSON_FILE)
    return connect(serve(routes(tmp_path)))


TEXT = "text/plain"
EMPTY = "application/x-empty"


class TestRouteGet:
    @pytest.mark.parametrize(
        ("target", "status", "kind", "body"),
        [
            ("/", 200, TEXT, "Hello world get"),
            ("/page/10", 200, TEXT, "page: 10"),
            ("/page/-10", 200, TEXT, "page: -10"),
            ("/page/10/detail", 200, TEXT, "page: 10 detail"),
            ("/page/-10/detail", 404, EMPTY, ""),
            ("/user/test", 200, TEXT, "test"),
            ("/user/test%20test%20,!a+.", 200, TEXT, "test test ,!a+."),
            ("/user/james/bond", 200, TEXT, "james-bond"),
            ("/test/api/v0/cmds?val=1", 200, TEXT, "path: api/v0/cmds"),
            ("/api/v5.1", 200, TEXT, "api 5.1v"),
            ("/api/v5.", 200, TEXT, "api 5.0v"),
            ("/api/v6.0", 200, TEXT, "api 6.0v"),
            ("/api/v5.1/user/10", 200, TEXT, "api 5.1v, user id - 10"),
            ("/api/v5.2/user/11/settings?role=admin", 200, TEXT, "api 5.2v, user id - 11, set settings role=admin#''"),
            ("/custom/15", 404, EMPTY, ""),
            ("/custom/10?key=11&g=1", 200, TEXT, "Custom router rule: 10, key=11"),
            ("/custom/10?g=1&key=12", 200, TEXT, "Custom router rule: 10, key=12"),
            ("/post-and-get", 200, f"{TEXT}; charset=utf-8", "Hello world get"),
            ("/any", 200, f"{TEXT}; charset=utf-8", "Get"),
            ("/test", 200, "text/html", "test msg"),
            ("/file/text.html", 200, "text/html; charset=utf-8", "<html></html>\n"),
            ("/file/application.json", 200, "application/json", JSON_FILE.decode()),
            ("/file/missing.html", 404, EMPTY, ""),
            ("/json-object/", 200, "application/json", '{"property":"value"}'),
            ("/json-array/", 200, "application/json", '[1,"2",{"name":"test"}]'),
            ("/data-and-custom-status-code/", 202, "application/json", '{"property":"value"}'),
            ("/chunked/", 200, TEXT, "part 1 of the message, part 2 of the message"),
            ("/future/1", 200, f"{TEXT}; charset=utf-8", "future is coming"),
            ("/future/0", 404, EMPTY, ""),
            ("/not-found", 404, EMPTY, ""),
            ("/invalid-rule-method", 404, EMPTY, ""),
        ],
    )
    def test_row(self, client, target, status, kind, body):
        """routeGet: each row's status, content-type and body."""
        client.get(target)
        answer = client.answer()
        assert answer.status == status
        assert answer.one(b"content-type").decode() == kind
        assert answer.body.decode() == body


def test_route_keep_alive(client):
    """routeKeepAlive: GET, POST with a body and a header, POST without a body, GET on one connection; no carry-over."""
    keep = "Connection: keep-alive"
    client.get("/user/one", keep)
    assert client.answer().body == b"one"
    client.send(post("/post-body", b"some content", keep, "Content-Type: text/plain"))
    assert client.answer().body == b"some content"
    client.send(post("/post-body", b"", keep))
    assert client.answer().body == b""
    client.get("/user/two", keep)
    assert client.answer().body == b"two"


class TestRoutePost:
    @pytest.mark.parametrize(
        ("target", "kind", "body", "answer"),
        [
            ("/", "text/plain; charset=utf-8", b"", b"Hello world post"),
            ("/post-and-get", "text/plain; charset=utf-8", b"", b"Hello world post"),
            ("/any", "text/plain; charset=utf-8", b"", b"Post"),
            ("/post-body", "text/plain", b"some post data", b"some post data"),
            ("/post-body", "text/plain", LARGE, LARGE),
            ("/req-and-resp", "text/html", b"test", b"test"),
            ("/resp-and-req", "text/html", b"test", b"test"),
        ],
        ids=["root", "post-and-get", "any", "small-body", "large-body", "req-and-resp", "resp-and-req"],
    )
    def test_row(self, client, target, kind, body, answer):
        """routePost: each row's content-type and body."""
        client.send(post(target, body))
        found = client.answer()
        assert (found.status, found.one(b"content-type").decode(), found.body) == (200, kind, answer)

    def test_deleted_route(self, client):
        """routePost [/deleted-route]: nobody is there any more: 404, empty."""
        client.send(post("/deleted-route", b"data"))
        answer = client.answer()
        assert (answer.status, answer.one(b"content-type"), answer.body) == (404, EMPTY.encode(), b"")


class TestRouteDelete:
    def test_method_mismatch(self, client):
        """routeDelete: a route for other methods: 404, empty."""
        client.send(message("DELETE", "/post-and-get"))
        answer = client.answer()
        assert (answer.status, answer.one(b"content-type"), answer.body) == (404, EMPTY.encode(), b"")

    def test_any(self, client):
        """routeDelete: the route that takes every method."""
        client.send(message("DELETE", "/any"))
        assert client.answer().body == b"Delete"


def test_route_extra_headers(client):
    """routeExtraHeaders: the content-type that replaced the first one, and the Server header; nothing twice."""
    client.get("/extra-headers")
    answer = client.answer()
    assert answer.without_date() == [
        (b"Content-Type", b"application/x-empty"), (b"Server", b"test server"), (b"content-length", b"0")
    ]  # fmt: skip


@pytest.mark.parametrize("count", [1, 8])
def test_get_long_chunks(serve, connect, count):
    """getLongChunks: three chunks of 8 MiB (newer: 1 MiB), every byte in order."""
    chunks = [bytes([letter]) * count * MIB for letter in b"ABC"]

    def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        responder.write_chunk(chunks[0])
        responder.write_chunk(chunks[1])
        responder.write_end_chunked(chunks[2])

    client = connect(serve(handle))
    client.get()
    head = client.head()
    assert head.one(b"transfer-encoding") == b"chunked"
    for chunk in chunks:
        assert client.until(b"\r\n") == b"%x\r\n" % len(chunk)
        left = len(chunk)
        while left:
            piece = client.exactly(min(left, len(client.buffer) or 1))
            assert piece == chunk[:1] * len(piece)
            left -= len(piece)
        assert client.exactly(2) == b"\r\n"
    assert client.until(b"\r\n\r\n") == b"0\r\n\r\n"
    client.get("/", "Connection: close", method="HEAD")
    assert client.answer("HEAD").status == 200


def test_after_request(serve, connect):
    """afterRequest: an unmatched path, two handlers add headers: 404, empty, both headers in order."""

    def handle(request, responder):
        response = Response(StatusCode.NotFound)
        response.headers.append("Test-First", "1")
        response.headers.append("Test-Second", "2")
        responder.send_response(response)

    client = connect(serve(handle))
    client.get("/test-after-request")
    answer = client.answer()
    assert answer.status == 404
    assert answer.without_date() == [
        (b"content-type", b"application/x-empty"), (b"Test-First", b"1"), (b"Test-Second", b"2"),
        (b"content-length", b"0"),
    ]  # fmt: skip


def test_disconnected_in_event_loop(serve, connect):
    """disconnectedInEventLoop: the client leaves while the handler keeps the loop busy: no crash, nobody is called."""
    called, left = Inbox(), Gate()

    def handle(request, responder):
        called.put()
        left._future.result(10)
        responder.write(b"to nobody", "text/plain")

    server = serve(handle)
    client = connect(server)
    client.get()
    called.get()
    client.reset()
    left.open()
    wait_for_no_connection(server)


def test_multiple_requests(serve, connect):
    """multipleRequests: the same route twice: both answers are "3"."""
    numbers = [1, 2, 3]
    client = connect(serve(lambda request, responder: responder.write(str(max(numbers)))))
    for _ in range(2):
        client.get()
        assert client.answer().body == b"3"


def test_pipelined_requests(serve, connect):
    """pipelinedRequests: ten pipelined GETs, each gets its own number."""
    client = connect(serve(lambda request, responder: responder.write(request.path[1:])))
    client.send(b"".join(message("GET", f"/{number}") for number in range(10)))
    assert [client.answer().body for _ in range(10)] == [b"%d" % number for number in range(10)]


def test_pipelined_future_requests(serve, connect):
    """pipelinedFutureRequests: ten pipelined GETs, later ones are ready earlier, the order is right."""
    late = Late()
    server = serve(late)
    client = connect(server)
    client.send(b"".join(message("GET", f"/{number}") for number in range(10)))
    for request, responder in reversed(late.calls.take(10)):
        answer_late(server, responder, request.path[1:])
    assert [client.answer().body for _ in range(10)] == [b"%d" % number for number in range(10)]


def test_missing_handler(serve, connect):
    """missingHandler: the default is 404, then another handler answers 200, then it is the default again."""
    default = lambda request, responder: responder.write(404)  # noqa: E731
    chosen = [default]
    client = connect(serve(lambda request, responder: chosen[0](request, responder)))
    statuses = []
    for handler in (default, lambda request, responder: responder.write(200), default):
        chosen[0] = handler
        client.get("/missing")
        statuses.append(client.answer().status)
    assert statuses == [404, 200, 404]


def test_multiple_responses(serve, connect):
    """multipleResponses: send_response(102), then send_response("done"): the client ends with 200, text/plain."""

    def handle(request, responder):
        responder.send_response(Response(102))
        responder.send_response(Response("done"))

    client = connect(serve(handle))
    client.get()
    interim = client.answer()
    assert interim.status_line == b"HTTP/1.1 102 Processing"
    assert interim.fields == []
    answer = client.answer()
    assert answer.status_line == b"HTTP/1.1 200 OK"
    assert answer.one(b"content-type") == b"text/plain; charset=utf-8"
    assert answer.body == b"done"


@pytest.mark.parametrize("late", [False, True])
def test_local_socket(server_class, loop_factory, tmp_path, late):
    """localSocket: a raw GET on a local socket: exact bytes, with our own choice of fields."""

    async def answer(request, responder):
        if late:
            await asyncio.sleep(0)
        responder.write(b"test msg", "text/html")

    path = str(tmp_path / "socket")
    expected = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 8\r\n\r\ntest msg"
    server = server_class(answer, config=Config(date_header=False))
    with server.background(uds=path, loop_factory=loop_factory), Client(path) as client:
        for _ in range(2):
            client.send(b"GET /test HTTP/1.1\r\nHost: local\r\n\r\n")
            assert client.exactly(len(expected)) == expected


def test_work_of_another_thread(serve, connect):
    """contextObjectInOtherThreadWarning: work of another thread comes back through the loop."""
    late = Late()
    server = serve(late)
    client = connect(server)
    client.get()
    _, responder = late.calls.get()
    thread = threading.Thread(target=in_loop, args=(server, responder.write, Headers({"x-thread": "yes"})))
    thread.start()
    thread.join(10)
    assert client.answer().one(b"x-thread") == b"yes"
