"""What a handler sees of a request: each attribute, and each form of the target (RFC 9112, section 3.2)."""

from __future__ import annotations

import asyncio
import gc
import sys

import pytest
from connection.fake import Wire
from connection.tools import Inbox, chunked, message, post

from fastresp import ResponderStateError


@pytest.fixture
def ask(serve, connect):
    """Sends one request and gives back what `look` made of it in the handler."""

    def ask(data: bytes, look):
        found = Inbox()

        def handle(request, responder):
            found.put(look(request))
            responder.write(204)

        client = connect(serve(handle))
        client.send(data)
        assert client.answer().status == 204
        return found.get()

    return ask


class TestStartLine:
    @pytest.mark.parametrize(
        "method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "M-SEARCH", "get"]
    )
    def test_method(self, ask, method):
        assert ask(message(method, "/"), lambda request: request.method) == method

    def test_head(self, ask):
        assert ask(message("HEAD", "/"), lambda request: request.method) == "HEAD"

    @pytest.mark.parametrize("version", ["1.0", "1.1"])
    def test_version(self, ask, version):
        assert ask(message("GET", "/", version=version), lambda request: request.http_version) == version

    def test_a_later_minor_version(self, ask):
        """RFC 9110, section 2.5: it is answered as the highest that we know."""
        assert ask(message("GET", "/", version="1.9"), lambda request: request.http_version) == "1.1"

    def test_target_is_as_sent(self, ask):
        target = "/a%2Fb/../c;d=e//?x=%20&y"
        assert ask(message("GET", target), lambda request: request.target) == target.encode()


class TestPath:
    @pytest.mark.parametrize(
        ("target", "path"),
        [
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("/a%20b", "/a b"),
            ("/a+b", "/a+b"),
            ("/%C3%A9t%c3%a9", "/été"),
            ("/a%2Fb", "/a/b"),
            ("/a%3Fb?c", "/a?b"),
            ("/%FF%41", "/\N{REPLACEMENT CHARACTER}A"),
            ("/%00", "/\0"),
            ("/?", "/"),
            ("/?a/b", "/"),
            ("//double", "//double"),
            ("/..", "/.."),
        ],
    )
    def test_origin_form(self, ask, target, path):
        raw = target.partition("?")[0].encode()
        assert ask(message("GET", target), lambda request: (request.path, request.raw_path)) == (path, raw)

    @pytest.mark.parametrize(
        ("target", "path", "query"),
        [
            ("http://other/a%20b?c=d", "/a b", b"c=d"),
            ("http://other", "/", b""),
            ("http://other/", "/", b""),
            ("http://other:8080?c=d/e", "/", b"c=d/e"),
            ("HTTP://other/x", "/x", b""),
            ("https://[::1]:1/x", "/x", b""),
        ],
    )
    def test_absolute_form(self, ask, target, path, query):
        def look(request):
            return request.target, request.path, request.query_string, request.raw_path

        raw = path.replace(" ", "%20").encode()
        assert ask(message("GET", target), look) == (target.encode(), path, query, raw)

    def test_asterisk_form(self, ask):
        def look(request):
            return request.method, request.target, request.path, request.query_string

        assert ask(message("OPTIONS", "*"), look) == ("OPTIONS", b"*", "*", b"")

    def test_authority_form(self, serve, connect):
        found = Inbox()

        def handle(request, responder):
            found.put((request.method, request.target))
            responder.write(405)

        client = connect(serve(handle, connect=True))
        client.send(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
        assert client.answer().status == 405
        assert found.get() == ("CONNECT", b"example.com:443")

    def test_a_tunnel_is_not_to_be_had(self, serve, connect):
        """RFC 9110, section 9.3.6: after a 2xx to CONNECT there is no HTTP any more, so the connection ends."""
        client = connect(serve(lambda request, responder: responder.write(b"dropped", "text/plain"), connect=True))
        client.send(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
        head = client.head()
        assert head.status == 200
        assert head.all(b"content-length") == head.all(b"transfer-encoding") == []
        assert head.one(b"connection") == b"close"
        assert client.rest() == b""

    @pytest.mark.parametrize(
        "line",
        [
            b"GET * HTTP/1.1",
            b"GET example.com:80 HTTP/1.1",
            b"GET a HTTP/1.1",
            b"CONNECT / HTTP/1.1",
            b"GET /a b HTTP/1.1",
        ],
    )
    def test_a_form_that_does_not_fit_the_method(self, serve, connect, line):
        calls = Inbox()
        client = connect(serve(lambda request, responder: calls.put()))
        client.send(line + b"\r\nHost: x\r\n\r\n")
        assert client.answer().status == 400
        assert client.rest() == b""
        assert calls.count == 0


class TestQuery:
    @pytest.mark.parametrize(
        ("query", "items"),
        [
            ("", []),
            ("a=1", [("a", "1")]),
            ("a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
            ("a+b=c+d", [("a b", "c d")]),
            ("a%20b=%C3%A9%2b", [("a b", "é+")]),
            ("a=%FF", [("a", "\N{REPLACEMENT CHARACTER}")]),
            ("a=%zz&b=%", [("a", "%zz"), ("b", "%")]),
            ("a", [("a", "")]),
            ("=1", [("", "1")]),
            ("&&a=1&", [("a", "1")]),
            ("a=b=c", [("a", "b=c")]),
            ("a=1;b=2", [("a", "1;b=2")]),
            ("a?b=c/d", [("a?b", "c/d")]),
        ],
    )
    def test_items(self, ask, query, items):
        def look(request):
            return request.query_string, request.query.items()

        assert ask(message("GET", "/path?" + query), look) == (query.encode(), items)

    def test_mapping(self, ask):
        def look(request):
            query = request.query
            assert query is request.query
            with pytest.raises(KeyError):
                query["absent"]
            with pytest.raises(TypeError):
                query["a"] = "2"
            return (
                query["a"],
                query.get("b"),
                query.get("absent"),
                query.getall("a"),
                list(query),
                len(query),
                "a" in query,
            )

        assert ask(message("GET", "/?a=1&b=2&a=3"), look) == ("1", "2", None, ["1", "3"], ["a", "b"], 2, True)

    def test_without_one(self, ask):
        assert ask(message("GET", "/"), lambda request: (request.query_string, request.query.items())) == (b"", [])


class TestHeaders:
    def test_all_of_them_in_order(self, ask):
        data = b"GET / HTTP/1.1\r\nHOST:x\r\nA: 1\r\na:2  \r\nEmpty:\r\nLatin: \xe9\r\nTab:\t\ta\tb\t\r\n\r\n"
        expected = [("HOST", "x"), ("A", "1"), ("a", "2"), ("Empty", ""), ("Latin", "é"), ("Tab", "a\tb")]
        assert ask(data, lambda request: list(request.headers)) == expected

    def test_by_name(self, ask):
        def look(request):
            headers = request.headers
            assert headers is request.headers
            return headers["x-a"], headers.values("X-A"), headers.combined_value("x-a"), headers.get("absent")

        assert ask(message("GET", "/", "X-a: 1", "x-A: 2"), look) == ("1", ["1", "2"], "1, 2", None)


class TestConnection:
    def test_scheme(self, ask):
        assert ask(message("GET", "https://test/"), lambda request: request.scheme) == "http"

    def test_addresses(self, serve, connect):
        found = Inbox()

        def handle(request, responder):
            found.put((request.remote_address, request.local_address))
            responder.write(204)

        server = serve(handle)
        client = connect(server)
        client.get()
        assert client.answer().status == 204
        remote, local = found.get()
        assert tuple(remote) == client.socket.getsockname()
        assert tuple(local) == ("127.0.0.1", server.port)

    def test_body_and_repr(self, ask):
        def look(request):
            return request.body, repr(request), len(request.trailers)

        assert ask(post("/path", b"body"), look) == (b"body", "<Request POST /path>", 0)

    def test_nothing_can_be_set(self, ask):
        def look(request):
            for name in ("method", "target", "path", "query", "headers", "body", "scheme", "trailers", "fresh"):
                with pytest.raises((AttributeError, TypeError)):
                    setattr(request, name, "x")
            with pytest.raises(TypeError):
                type(request)()
            return request.method

        assert ask(message("GET", "/"), look) == "GET"


class TestAfterTheHandler:
    """Objects that nobody has may serve the next request; those that somebody has may not."""

    def test_who_keeps_a_request_keeps_it_as_it_was(self, serve, connect):
        kept = []

        def handle(request, responder):
            if len(kept) % 2:
                assert request.headers, request.query
            kept.append(request)
            responder.write(204)

        server = serve(handle)
        clients = [connect(server) for _ in range(2)]
        for number in range(6):
            client = clients[number % 2]
            client.send(post(f"/{number}?n={number}", b"%d" % number, f"X-Number: {number}"))
            assert client.answer().status == 204
        assert [request.target for request in kept] == [b"/%d?n=%d" % (number, number) for number in range(6)]
        assert [request.path for request in kept] == [f"/{number}" for number in range(6)]
        assert [request.query["n"] for request in kept] == list("012345")
        assert [request.headers["x-number"] for request in kept] == list("012345")
        assert [request.body for request in kept] == [b"%d" % number for number in range(6)]

    def test_who_keeps_a_responder_has_answered_with_it(self, serve, connect):
        kept = []

        def handle(request, responder):
            for earlier in kept:
                with pytest.raises(ResponderStateError):
                    earlier.write("again")
            kept.append(responder)
            responder.write(request.target)

        client = connect(serve(handle))
        for number in range(4):
            client.get(f"/{number}")
            assert client.answer().body == b"/%d" % number

    def test_what_one_request_had_the_next_has_not(self, serve, connect):
        def handle(request, responder):
            body = request.body.decode()
            responder.write([request.path, request.query.items(), len(request.headers), body, list(request.trailers)])

        client = connect(serve(handle))
        client.send(post("/one?a=1", b"body", "X-A: 1"))
        assert client.answer().body == b'["/one",[["a","1"]],3,"body",[]]'
        client.get("/two")
        assert client.answer().body == b'["/two",[],1,"",[]]'

    @pytest.mark.parametrize("first", [(), (b"body",)])
    def test_nor_has_the_next_of_the_same_read(self, serve, connect, first):
        def handle(request, responder):
            trailer = request.trailers.get("x-t")
            body = request.body.decode()
            responder.write([request.path, request.query.items(), len(request.headers), body, trailer])

        client = connect(serve(handle))
        one = chunked("/one?a=1", *first, trailers="X-T: 1\r\n", fields=("X-A: 1",))
        client.send(one + message("GET", "/two") + one + post("/three", b"b"))
        content = b"".join(first)
        for _ in range(2):
            assert client.answer().body == b'["/one",[["a","1"]],3,"%b","1"]' % content
            assert client.answer().body in (b'["/two",[],1,"",null]', b'["/three",[],2,"b",null]')

    def test_the_server_keeps_no_body(self, serve, connect):
        bodies = []

        def handle(request, responder):
            bodies.append(request.body)
            responder.write(204)

        client = connect(serve(handle))
        client.send(post("/", b"a body of a few bytes"))
        assert client.answer().status == 204
        count = sys.getrefcount(bodies[0])
        assert count <= 2, "somebody has it but the list and this call"


def test_one_that_is_over_shows_nothing(twin):
    """A finder of leaks, say, looks at the spare one that a server keeps."""

    async def main():
        wire = Wire(twin, lambda _, responder: responder.write(b"ok", "a/b"))
        wire.feed(message("UNKNOWN", "/path?query"))
        kind = twin("core.request").Request
        seen = {(each.method, each.target, each.host) for each in gc.get_objects() if type(each) is kind}
        assert seen <= {("", b"", "")}
        wire.lose()

    asyncio.run(main())
