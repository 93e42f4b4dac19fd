"""When a connection goes on after an answer, and when it ends (RFC 9112, section 9.3): nothing is carried over."""

from __future__ import annotations

import pytest
from connection.tools import Inbox, message, post


def hello(request, responder):
    responder.write(b"hello", "text/plain")


def mirror(request, responder):
    responder.write(
        {
            "method": request.method,
            "target": request.target.decode(),
            "query": request.query.items(),
            "x": request.headers.values("x"),
            "body": request.body.decode(),
        }
    )


class TestGoesOn:
    def test_many_requests(self, serve, connect):
        client = connect(serve(hello, date_header=False))
        expected = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"
        for _ in range(500):
            client.get()
            assert client.exactly(len(expected)) == expected

    def test_nothing_is_carried_over(self, serve, connect):
        client = connect(serve(mirror))
        client.send(message("GET", "/a?q=1", "X: one", "X: two"))
        first = client.answer().body
        assert first == b'{"method":"GET","target":"/a?q=1","query":[["q","1"]],"x":["one","two"],"body":""}'
        client.send(post("/b", b"some body"))
        assert client.answer().body == b'{"method":"POST","target":"/b","query":[],"x":[],"body":"some body"}'
        client.send(post("/c?d", b""))
        assert client.answer().body == b'{"method":"POST","target":"/c?d","query":[["d",""]],"x":[],"body":""}'
        client.send(message("GET", "/a?q=1", "X: one", "X: two"))
        assert client.answer().body == first

    def test_a_request_that_is_kept_stays_what_it_was(self, serve, connect):
        kept = []

        def keep(request, responder):
            kept.append(request)
            responder.write(200)

        client = connect(serve(keep))
        for number in range(20):
            client.send(post(f"/{number}?n={number}", b"body %d" % number, f"X: {number}"))
            assert client.answer().status == 200
        for number, request in enumerate(kept):
            assert request.target == b"/%d?n=%d" % (number, number)
            assert request.query["n"] == request.headers["x"] == str(number)
            assert request.body == b"body %d" % number

    def test_http_1_1_is_silent_about_it(self, serve, connect):
        client = connect(serve(hello))
        client.get()
        assert client.answer().all(b"connection") == []

    @pytest.mark.parametrize("option", ["keep-alive", "Keep-Alive", "keep-alive, te"])
    def test_http_1_0_that_asks_for_it(self, serve, connect, option):
        client = connect(serve(hello))
        for _ in range(3):
            client.get("/", f"Connection: {option}", version="1.0")
            answer = client.answer()
            assert answer.status_line == b"HTTP/1.1 200 OK"
            assert answer.one(b"connection") == b"keep-alive"
            assert answer.body == b"hello"

    def test_empty_lines_between_requests(self, serve, connect):
        client = connect(serve(hello))
        client.send(b"\r\n" + message("GET", "/") + b"\r\n" + message("GET", "/"))
        assert [client.answer().body for _ in range(2)] == [b"hello", b"hello"]

    @pytest.mark.parametrize("upgrade", ["websocket", "h2c", "TLS/1.3"])
    def test_an_upgrade_is_declined(self, serve, connect, upgrade):
        """RFC 9110, section 7.8: a server may ignore it and go on with HTTP/1.1, bodies included."""
        client = connect(serve(mirror))
        fields = ["Connection: Upgrade", f"Upgrade: {upgrade}"]
        client.send(message("GET", "/", *fields) + post("/", b"body", *fields))
        assert client.answer().body.startswith(b'{"method":"GET"')
        assert client.answer().body.endswith(b'"body":"body"}')


class TestEnds:
    @pytest.mark.parametrize(
        "fields", [["Connection: close"], ["connection: TE, Close"], ["Connection: te", "Connection: close"]]
    )
    def test_when_the_client_says_close(self, serve, connect, fields):
        client = connect(serve(hello))
        client.get("/", *fields)
        answer = client.answer()
        assert answer.one(b"connection") == b"close"
        assert answer.body == b"hello"
        assert client.rest() == b""

    def test_http_1_0(self, serve, connect):
        client = connect(serve(hello))
        client.get(version="1.0")
        answer = client.answer()
        assert answer.one(b"connection") == b"close"
        assert answer.body == b"hello"
        assert client.rest() == b""

    def test_when_the_handler_says_close(self, serve, connect):
        def handle(request, responder):
            responder.write(b"bye", {"Connection": "close"})

        client = connect(serve(handle))
        client.get()
        answer = client.answer()
        assert answer.one(b"connection") == b"close"
        assert answer.body == b"bye"
        assert client.rest() == b""

    def test_what_follows_a_close_is_not_handled(self, serve, connect):
        calls = Inbox()

        def handle(request, responder):
            calls.put()
            responder.write(b"last", "text/plain")

        client = connect(serve(handle))
        client.send(message("GET", "/", "Connection: close") + message("GET", "/") * 10)
        assert client.answer().body == b"last"
        assert client.rest() == b""
        assert calls.count == 1

    def test_chunked_content_for_http_1_0(self, serve, connect):
        def handle(request, responder):
            responder.write_begin_chunked({"content-type": "text/plain"}, ["x-sum"])
            responder.write_chunk(b"one ")
            responder.write_end_chunked(b"two", {"x-sum": "1"})

        client = connect(serve(handle, date_header=False))
        client.get("/", "Connection: keep-alive", version="1.0")
        assert client.rest() == b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\none two"

    def test_an_error_of_the_client(self, serve, connect):
        client = connect(serve(hello))
        client.send(b"GET /\r\n\r\n")
        answer = client.answer()
        assert answer.status_line == b"HTTP/1.1 400 Bad Request"
        assert answer.one(b"connection") == b"close"
        assert answer.one(b"content-type") == b"text/plain; charset=utf-8"
        assert client.rest() == b""

    def test_a_fault_of_the_handler_does_not(self, serve, connect, log):
        def handle(request, responder):
            if request.target == b"/bad":
                raise RuntimeError("a secret")
            responder.write(b"good", "text/plain")

        client = connect(serve(handle))
        client.get("/bad")
        answer = client.answer()
        assert (answer.status, answer.body) == (500, b"internal server error\n")
        log.expect("GET /bad", "RuntimeError: a secret")
        client.get("/")
        assert client.answer().body == b"good"
