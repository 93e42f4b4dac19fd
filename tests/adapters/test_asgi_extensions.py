"""ASGI: what its extensions send: trailers, early hints, paths of files."""

from __future__ import annotations

import pytest
from adapters.asgi_applications import answering, body, length, start

from fastresp.asgi import AsgiHandler

PLAIN = (b"content-type", b"text/plain")


class TestExtensions:
    def test_they_are_told(self, asgi):
        told = []

        async def app(scope, receive, send):
            if scope["type"] == "http":
                told.append(scope["extensions"])
                scope["extensions"]["mine"] = {}
                await send(start())
                await send(body())

        client = asgi(app)
        for _ in range(2):
            client.get()
            assert client.answer().status == 200
        assert [name for name in told[0] if name != "mine"] == [
            "http.response.early_hint",
            "http.response.trailers",
        ]
        assert sorted(told[1]) == sorted(told[0])  # and not twice "mine"

    @pytest.mark.parametrize("fields", [[], [length(4)]])
    @pytest.mark.parametrize("pieces", [[body(b"data")], [body(b"da", more=True), body(b"ta")]])
    def test_trailers(self, asgi, fields, pieces):
        more = {"type": "http.response.trailers", "headers": [(b"x-a", b"1")], "more_trailers": True}
        last = {"type": "http.response.trailers", "headers": [(b"x-b", b"2")]}
        client = asgi(answering(start(200, (b"trailer", b"x-a, x-b"), *fields, trailers=True), *pieces, more, last))
        for _ in range(2):
            client.get("/", "TE: gzip, Trailers")
            answer = client.answer()
            assert answer.fields == [(b"trailer", b"x-a, x-b"), (b"transfer-encoding", b"chunked")]
            assert answer.body == b"data"
            assert answer.trailers == [(b"x-a", b"1"), (b"x-b", b"2")]

    @pytest.mark.parametrize(("field", "left"), [(b"Expires", None), (b"Expires, X-A,Content-Length", b" X-A")])
    def test_a_trailer_field_of_what_can_not_be_one(self, asgi, field, left):
        """As a proxy passes it on."""
        client = asgi(answering(start(200, (b"trailer", field)), body(b"da", more=True), body(b"ta")))
        client.get()
        answer = client.answer()
        assert (answer.status, answer.body) == (200, b"data")
        assert answer.all(b"trailer") == ([] if left is None else [left.strip()])

    def test_trailers_behind_refused_ones(self, asgi):
        async def app(scope, receive, send):
            if scope["type"] == "http":
                await send(start(200, (b"trailer", b"x-a"), trailers=True))
                await send(body(b"data"))
                with pytest.raises(ValueError, match="x-a"):
                    await send({"type": "http.response.trailers", "headers": [(b"x-a", b"1\r\n")]})
                await send({"type": "http.response.trailers", "headers": [(b"x-a", b"2")]})

        client = asgi(app)
        client.get("/", "TE: trailers")
        answer = client.answer()
        assert (answer.body, answer.trailers) == (b"data", [(b"x-a", b"2")])

    @pytest.mark.parametrize("asked", [(), ("TE: gzip",), ("TE: trailers",)])
    def test_trailers_that_are_left_out(self, asgi, asked):
        """The client has not asked for any, or nothing has announced them."""
        trailers = {"type": "http.response.trailers", "headers": [(b"x-a", b"1"), (b"content-length", b"1")]}
        announced = [(b"trailer", b"x-a;q=1" if asked == ("TE: trailers",) else b"x-a")]
        client = asgi(answering(start(200, *announced, trailers=True), body(b"data"), trailers))
        for _ in range(2):
            client.get("/", *asked)
            answer = client.answer()
            assert (answer.body, answer.trailers) == (b"data", [])

    @pytest.mark.parametrize("pieces", [[body(b"xy")], [body(b"x", more=True), body(b"y")]])
    def test_a_tunnel_states_no_length(self, asgi, pieces):
        """RFC 9110, section 9.3.6: there is no content that it could be of."""
        client = asgi(answering(start(200, length(2)), *pieces), connect=True)
        client.send(b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")
        assert client.rest() == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"

    def test_early_hints(self, asgi):
        links = [b"</a.css>; rel=preload", b"</b.js>; rel=preload"]
        client = asgi(answering({"type": "http.response.early_hint", "links": links}, start(), body(b"ok")))
        client.get()
        hint = client.answer()
        assert (hint.status, hint.fields) == (103, [(b"link", links[0]), (b"link", links[1])])
        assert client.answer().body == b"ok"

    @pytest.mark.parametrize("hint", [{"links": []}, {}])
    def test_an_early_hint_of_nothing(self, asgi, hint):
        client = asgi(answering({"type": "http.response.early_hint", **hint}, start(), body(b"ok")))
        client.get()
        assert client.answer().body == b"ok"

    def test_an_early_hint_that_is_late(self, asgi):
        hint = {"type": "http.response.early_hint", "links": [b"</a.css>"]}
        client = asgi(answering(start(), body(b"o", more=True), hint, body(b"k", more=True), hint, body()))
        client.get()
        assert client.answer().body == b"ok"

    def test_pathsend_is_offered_where_it_is_asked_for(self, serve, connect):
        told = []

        async def app(scope, receive, send):
            if scope["type"] == "http":
                told.append("http.response.pathsend" in scope["extensions"])
                await send(start())
                await send(body())

        for pathsend in (False, True):
            client = connect(serve(AsgiHandler(app, pathsend=pathsend)))
            client.get()
            assert client.answer().status == 200
        assert told == [False, True]

    def test_pathsend(self, asgi, tmp_path):
        path = tmp_path / "file.txt"
        path.write_bytes(b"content" * 1000)
        send = {"type": "http.response.pathsend", "path": str(path)}
        client = asgi(answering(start(200, PLAIN), send))
        for method in ("GET", "HEAD"):
            client.get(method=method)
            answer = client.answer(method)
            assert answer.fields == [PLAIN, length(7000)]
            assert answer.body == (path.read_bytes() if method == "GET" else b"")

    def test_pathsend_of_what_is_not_there(self, asgi, log):
        client = asgi(answering(start(), {"type": "http.response.pathsend", "path": "/nowhere/at/all"}))
        client.get()
        assert client.answer().status == 500
        log.wait_for("/nowhere/at/all")
