"""WSGI (PEP 3333): what an application is told, and what wsgiref.validate says of all that is done to it."""

from __future__ import annotations

from wsgiref.validate import validator

import pytest
from adapters.wsgi_applications import PLAIN, answering, yielding
from client import Client, needs_unix

import fastresp
from fastresp.wsgi import WsgiHandler


@pytest.fixture
def ask(wsgi):
    """The environ that a request becomes."""

    def ask(data: bytes) -> dict:
        environs = []

        def app(environ, start_response):
            environs.append(environ)
            start_response("204 No Content", [])
            return []

        client = wsgi(app)
        client.send(data)
        assert client.answer().status == 204
        environs[0]["port of the client"] = str(client.socket.getsockname()[1])
        environs[0]["port of the server"] = str(client.socket.getpeername()[1])
        return environs[0]

    return ask


class TestEnviron:
    def test_all_of_it(self, ask, threads):
        environ = ask(b"POST /a%20b?x=%20 HTTP/1.1\r\nHost: test:1\r\nX-Y: Z\r\ncontent-length: 3\r\n\r\nabc")
        assert environ.pop("wsgi.input").read() == b"abc"
        assert environ.pop("wsgi.file_wrapper")
        assert environ.pop("wsgi.errors").write
        client, server = environ.pop("port of the client"), environ.pop("port of the server")
        assert environ == {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/a b",
            "QUERY_STRING": "x=%20",
            "REQUEST_URI": "/a%20b?x=%20",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": server,
            "SERVER_SOFTWARE": f"fastresp/{fastresp.__version__}",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_PORT": client,
            "CONTENT_LENGTH": "3",
            "HTTP_HOST": "test:1",
            "HTTP_X_Y": "Z",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input_terminated": True,
            "wsgi.multithread": threads > 1,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    @pytest.mark.parametrize("threads", [0, 1])
    def test_where_a_proxy_has_it(self, serve, connect, threads):
        def app(environ, start_response):
            start_response("200 OK", [])
            return [f"{environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode("latin-1")]

        client = connect(serve(WsgiHandler(app, threads=threads, root_path="/ä/v1")))
        client.get("/x%20y")
        assert client.answer().body == "/ä/v1|/x y".encode()

    def test_an_asterisk(self, ask):
        environ = ask(b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (environ["SCRIPT_NAME"], environ["PATH_INFO"], environ["REQUEST_URI"]) == ("", "", "*")

    def test_octets_are_latin_1(self, ask):
        environ = ask(b"GET /%C3%A9 HTTP/1.1\r\nhost: x\r\nx: caf\xc3\xa9\r\n\r\n")
        assert environ["PATH_INFO"].encode("latin-1").decode() == "/\xe9"
        assert environ["HTTP_X"].encode("latin-1").decode() == "caf\xe9"

    def test_repeated_fields_are_joined(self, ask):
        environ = ask(b"GET / HTTP/1.1\r\nhost: x\r\ncookie: a=1\r\nx: 1\r\nX: 2\r\nCookie: b=2\r\n\r\n")
        assert (environ["HTTP_X"], environ["HTTP_COOKIE"]) == ("1, 2", "a=1; b=2")

    @pytest.mark.parametrize("line", [b"x_real_ip: 1", b"content_length: 1", b"host_: 1", b"proxy: http://evil"])
    def test_fields_that_would_pass_for_others_are_left_out(self, ask, line):
        plain = ask(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert ask(b"GET / HTTP/1.1\r\nhost: x\r\n" + line + b"\r\n\r\n").keys() == plain.keys()

    def test_few_names_and_no_long_ones_are_remembered(self, ask, twin):
        names = [b"x" * 64, b"x" * 65, b"x" * 40000]
        told = ask(b"GET / HTTP/1.1\r\nhost: x\r\n%s: 1\r\n%s: 2\r\n%s: 3\r\n\r\n" % tuple(names))
        assert [told[f"HTTP_{name.decode().upper()}"] for name in names] == ["1", "2", "3"]
        remembered = twin("wsgi.environ")._variables
        assert [name in remembered for name in names] == [True, False, False]
        for number in range(600):
            assert ask(b"GET / HTTP/1.1\r\nhost: x\r\nx-%d: 1\r\n\r\n" % number)[f"HTTP_X_{number}"] == "1"
            assert b"x-%d" % number in remembered
            assert len(remembered) <= 512

    def test_the_content_type(self, ask):
        environ = ask(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\ncontent-length: 0\r\n\r\n")
        assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("a/b", "0")
        assert "HTTP_CONTENT_TYPE" not in environ

    def test_a_chunked_body_has_a_length(self, ask):
        environ = ask(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
        assert environ["CONTENT_LENGTH"] == "3"
        assert "HTTP_TRANSFER_ENCODING" not in environ
        assert list(environ["wsgi.input"]) == [b"abc"]

    def test_a_chunked_body_of_nothing_has_a_length(self, ask):
        environ = ask(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")
        assert environ["CONTENT_LENGTH"] == "0"
        assert "HTTP_TRANSFER_ENCODING" not in environ

    @needs_unix
    @pytest.mark.parametrize(
        ("host", "name", "port"),
        [
            ("a.example", "a.example", "80"),
            ("a.example:81", "a.example", "81"),
            ("[::1]", "[::1]", "80"),
            ("[::1]:81", "[::1]", "81"),
            ("", "localhost", "80"),
        ],
    )
    def test_on_a_unix_socket_the_server_is_called_what_the_client_calls_it(
        self, server_class, loop_factory, tmp_path, host, name, port
    ):
        def app(environ, start_response):
            start_response("200 OK", [])
            return [f"{environ['SERVER_NAME']} {environ['SERVER_PORT']} {environ['REMOTE_ADDR']!r}".encode()]

        path = str(tmp_path / "s")
        with server_class(WsgiHandler(app)).background(uds=path, loop_factory=loop_factory), Client(path) as client:
            client.send(f"GET / HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
            assert client.answer().body == f"{name} {port} ''".encode()

    def test_the_host_of_a_target_replaces_the_field(self, ask):
        environ = ask(b"GET http://real.example/a?b HTTP/1.1\r\nhost: other.example\r\n\r\n")
        assert (environ["HTTP_HOST"], environ["PATH_INFO"]) == ("real.example", "/a")
        assert environ["REQUEST_URI"] == "http://real.example/a?b"


class TestValidator:
    """wsgiref.validate looks at both sides of every call, and raises AssertionError."""

    @pytest.mark.parametrize(
        "request_",
        [
            b"GET /a%20b?c=d HTTP/1.1\r\nhost: x\r\n",
            b"HEAD / HTTP/1.1\r\nhost: x\r\n",
            b"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: a/b\r\ncontent-length: 0\r\n",
            b"GET http://a.example HTTP/1.1\r\nhost: x\r\n",
            b"OPTIONS * HTTP/1.1\r\nhost: x\r\n",
            b"GET / HTTP/1.0\r\n",
        ],
    )
    @pytest.mark.parametrize("make", [answering, yielding])
    def test_requests(self, wsgi, log, request_, make):
        client = wsgi(validator(make(b"checked", fields=(PLAIN, ("Content-Length", "7")))))
        client.send(request_ + b"connection: close\r\n\r\n")
        answer = client.answer(request_.split()[0].decode())
        assert answer.status == 200, log.lines
        client.rest()
        assert not log.lines

    def test_a_body(self, wsgi, log):
        def app(environ, start_response):
            stream = environ["wsgi.input"]
            lines = [stream.readline(), *stream.readlines(5), stream.read(100)]
            environ["wsgi.errors"].flush()
            write = start_response("200 OK", [PLAIN])
            write(b"|".join(lines))
            return [b"."]

        client = wsgi(validator(app))
        client.send(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\none\ntwo\nthr")
        assert client.answer().body == b"one\n|two\n|thr|."
        assert not log.lines
