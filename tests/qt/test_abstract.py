"""Qt's tests/auto/qabstracthttpserver and qhttpserverresponse, the cases that concern answering on HTTP/1.1."""

from __future__ import annotations

import pytest
from connection.tools import Inbox, Late, answer_late, in_loop, message, wait_for_no_connection

from fastresp import Headers, Response


class TestRequest:
    """request: the handler takes the responder and drops it; method, target and body are as sent."""

    @pytest.mark.parametrize(
        ("host", "target", "path"),
        [
            ("127.0.0.1", "/", "/"),
            ("0.0.0.0", "/", "/"),
            ("localhost", "/", "/"),
            ("localhost", "/?a=b", "/"),
            ("localhost", "/path%20with%20spaces", "/path with spaces"),
            ("localhost", "/path?q=a%20b+c", "/path"),
            ("localhost:8080", "/a/b/c", "/a/b/c"),
        ],
    )
    def test_row(self, serve, connect, log, host, target, path):
        seen = Inbox()

        def handle(request, responder):
            seen.put((request.method, request.target, request.path, request.body, request.headers["host"]))

        client = connect(serve(handle))
        client.send(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        answer = client.answer()
        assert seen.get() == ("GET", target.encode(), path, b"", host)
        # Qt sends nothing here and the client waits for ever; a dropped responder is an error of the handler's.
        assert (answer.status, answer.body) == (500, b"internal server error\n")
        log.expect(f"GET {target}", "dropped without an answer")

    def test_raw_spaces(self, serve, connect):
        """The row with raw spaces: Qt repairs them; RFC 9112, section 3.2, wants 400."""
        seen = Inbox()
        client = connect(serve(lambda request, responder: seen.put()))
        client.send(b"GET /path with spaces HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.answer().status == 400
        assert client.rest() == b""
        assert seen.count == 0


def test_qtbug82053(serve, connect):
    """qtbug82053: `CONNECT / HTTP/1.1` with bare line feeds must not crash: refused, and the server lives on."""
    server = serve(lambda request, responder: responder.write(request.method))
    client = connect(server)
    client.send(b"CONNECT / HTTP/1.1\n\n")
    assert client.answer().status == 400
    assert client.rest() == b""
    client = connect(server)
    client.get()
    assert client.answer().body == b"GET"


def test_http2handshake_on_http1(serve, connect):
    """http2handshake: the client preface of HTTP/2 without TLS and ALPN is no request of HTTP/1.1."""
    client = connect(serve(lambda request, responder: responder.write(200)))
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    answer = client.answer()
    assert answer.status in (400, 505)
    assert answer.one(b"connection") == b"close"


def test_socket_disconnected(serve, connect):
    """socketDisconnected: the client leaves while the handler waits, then the handler answers: no crash."""
    late, closed = Late(), Inbox()
    server = serve(late)
    client = connect(server)
    client.get()
    _, responder = late.calls.get()
    in_loop(server, responder.on_close, closed.put)
    client.reset()
    closed.get()
    in_loop(server, responder.write, 200)
    wait_for_no_connection(server)


def test_two_fields_and_a_body(serve, connect):
    """http2request: write(bytes, {name1, name2}): exactly these fields and content-length (and our date)."""
    fields = {"name1": "value1", "name2": "value2"}
    client = connect(serve(lambda request, responder: responder.write(b"foo", fields)))
    client.get("/foo")
    answer = client.answer()
    assert answer.without_date() == [(b"name1", b"value1"), (b"name2", b"value2"), (b"content-length", b"3")]
    assert answer.body == b"foo"


class TestResponse:
    """qhttpserverresponse, as its answers arrive."""

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("plain.txt", "text/plain; charset=utf-8"),
            ("page.html", "text/html; charset=utf-8"),
            ("image.png", "image/png"),
            ("image.jpg", "image/jpeg"),
            ("image.svg", "image/svg+xml"),
            ("data.json", "application/json"),
            ("unknown", "application/octet-stream"),
        ],
    )
    def test_mime_type_detection_from_file(self, serve, connect, tmp_path, name, kind):
        """mimeTypeDetectionFromFile: the type is told by the file's name."""
        path = tmp_path / name
        path.write_bytes(b"content")
        response = Response.from_file(path)
        assert response.mime_type == kind
        client = connect(serve(lambda request, responder: responder.send_response(response)))
        client.get()
        answer = client.answer()
        assert (answer.one(b"content-type").decode(), answer.body) == (kind, b"content")

    def test_headers(self, serve, connect):
        """headers: one content-type, no content-length of its own; repeated fields stay, in order; all can go."""
        responses = [Response(b""), Response(b"x"), Response(b"x")]
        assert len(responses[0].headers.values("content-type")) == 1
        assert responses[0].headers.values("content-length") == []
        responses[1].headers = Headers([("x-a", "1"), ("x-b", "2"), ("x-a", "3")])
        responses[2].headers = {}
        client = connect(serve(lambda request, responder: responder.send_response(responses[int(request.path[1:])])))
        client.send(b"".join(message("GET", f"/{number}") for number in range(3)))
        first, second, third = (client.answer() for _ in range(3))
        assert [name for name, _ in first.without_date()] == [b"content-type", b"content-length"]
        assert second.without_date() == [(b"x-a", b"1"), (b"x-b", b"2"), (b"x-a", b"3"), (b"content-length", b"1")]
        assert third.without_date() == [(b"content-length", b"1")]

    def test_sent_many_times(self, serve, connect):
        """A response is a value: it may be sent again, late, and by several connections."""
        response = Response("text", headers={"x-a": "1"})
        late = Late()
        server = serve(late)
        clients = [connect(server) for _ in range(3)]
        for client in clients:
            client.send(message("GET", "/") * 2)
        for _, responder in late.calls.take(6):
            in_loop(server, responder.send_response, response)
        answers = [client.answer() for client in clients for _ in range(2)]
        assert [answer.body for answer in answers] == [b"text"] * 6
        assert len({tuple(answer.without_date()) for answer in answers}) == 1
        client = clients[0]
        client.get()
        _, responder = late.calls.get()
        answer_late(server, responder, "other")
        assert client.answer().body == b"other"
