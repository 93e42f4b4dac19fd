"""ASGI: what an application is told of a request, of its body, and of a client that leaves."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from contextlib import suppress
from urllib.parse import unquote_to_bytes

import pytest
from adapters.asgi_applications import body, length, read, start
from client import Client, needs_unix
from connection.tools import Inbox

from fastresp.asgi import AsgiHandler, ClientDisconnected
from fastresp.wsgi import WsgiHandler

needs_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no abstract sockets on this platform")


@pytest.fixture
def ask(asgi):
    """The scope that a request becomes."""

    def ask(data: bytes) -> dict:
        scopes = []

        async def app(scope, receive, send):
            scopes.append(scope)
            if scope["type"] == "http":
                await send(start(204))
                await send(body())

        client = asgi(app)
        client.send(data)
        assert client.answer().status == 204
        scopes[-1]["port of the client"] = client.socket.getsockname()[1]
        scopes[-1]["port of the server"] = client.socket.getpeername()[1]
        return scopes[-1]

    return ask


class TestScope:
    def test_all_of_it(self, ask):
        scope = ask(b"GET /a%20b?x=%20 HTTP/1.1\r\nHost: test\r\nX-Y: Z \r\nx-y: 2\r\n\r\n")
        client, server = scope.pop("port of the client"), scope.pop("port of the server")
        scope.pop("extensions")
        assert scope == {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/a b",
            "raw_path": b"/a%20b",
            "query_string": b"x=%20",
            "root_path": "",
            "headers": [(b"host", b"test"), (b"x-y", b"Z"), (b"x-y", b"2")],
            "client": ("127.0.0.1", client),
            "server": ("127.0.0.1", server),
            "state": {},
        }

    @pytest.mark.parametrize(
        ("target", "raw_path", "path", "query"),
        [
            (b"/", b"/", "/", b""),
            (b"/?", b"/", "/", b""),
            (b"/%C3%A9?a?b", b"/%C3%A9", "/\xe9", b"a?b"),
            (b"/x?q=%41", b"/x", "/x", b"q=%41"),
            (b"//a/../b", b"//a/../b", "//a/../b", b""),
            (b"http://test", b"/", "/", b""),
            (b"http://test/a%20?b", b"/a%20", "/a ", b"b"),
            (b"http://test?b/c", b"/", "/", b"b/c"),
        ],
    )
    def test_targets(self, ask, target, raw_path, path, query):
        scope = ask(b"GET %s HTTP/1.1\r\nhost: test\r\n\r\n" % target)
        assert (scope["raw_path"], scope["path"], scope["query_string"]) == (raw_path, path, query)

    def test_an_asterisk(self, ask):
        scope = ask(b"OPTIONS * HTTP/1.1\r\nhost: test\r\n\r\n")
        assert (scope["method"], scope["raw_path"], scope["path"]) == ("OPTIONS", b"*", "*")

    @pytest.mark.parametrize(("target", "path"), [("/x%20y?/", "/ä/v1/x y"), ("*", "*")])
    def test_where_a_proxy_has_it(self, serve, connect, target, path):
        async def app(scope, receive, send):
            if scope["type"] == "http":
                told = f"{scope['root_path']}|{scope['path']}|{unquote_to_bytes(scope['raw_path']).decode()}"
                await send(start())
                await send(body(told.encode()))

        client = connect(serve(AsgiHandler(app, root_path="/ä/v1")))
        client.get(target, method="OPTIONS")
        assert client.answer().body.decode() == f"/ä/v1|{path}|{path}"

    @pytest.mark.parametrize("handler_class", [AsgiHandler, WsgiHandler])
    def test_a_root_path_that_is_none(self, handler_class):
        with pytest.raises(TypeError, match="root_path is the path under which a proxy has the application, not None"):
            handler_class(print, root_path=None)
        for path in ("api", "/", "/api/", "/a?b", "/a%20b", "/a\r\nb", "/\ud800"):
            with pytest.raises(ValueError, match="root_path begins with a slash and ends without one"):
                handler_class(print, root_path=path)

    def test_the_host_of_a_target_replaces_the_field(self, ask):
        """RFC 9112, section 3.2.2."""
        scope = ask(b"GET http://real.example:81/ HTTP/1.1\r\nhost: other.example\r\nx: 1\r\n\r\n")
        assert scope["headers"] == [(b"host", b"real.example:81"), (b"x", b"1")]

    def test_http_10(self, ask):
        assert ask(b"GET / HTTP/1.0\r\n\r\n")["http_version"] == "1.0"

    @needs_unix
    @pytest.mark.parametrize("abstract", [False, pytest.param(True, marks=needs_linux)])
    def test_a_unix_socket(self, server_class, loop_factory, tmp_path, abstract):
        scopes = []

        async def app(scope, receive, send):
            scopes.append(scope)
            await send(start(204))
            await send(body())

        path = f"\0{tmp_path}" if abstract else str(tmp_path / "s")
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(path)
            sock.listen()
            with (
                server_class(AsgiHandler(app)).background(sock=sock, loop_factory=loop_factory),
                Client(path) as client,
            ):
                client.get()
                assert client.answer().status == 204
        assert (scopes[-1]["client"], scopes[-1]["server"]) == (None, (path, None))


class TestBody:
    @pytest.fixture
    def echo(self, asgi):
        async def app(scope, receive, send):
            if scope["type"] == "http":
                pieces, last = await read(receive)
                await send(start(200, (b"x-pieces", str(len(pieces)).encode()), (b"x-last", last.encode())))
                await send(body(b"".join(pieces)))

        return asgi(app)

    def test_none(self, echo):
        echo.get()
        answer = echo.answer()
        assert (answer.one(b"x-pieces"), answer.body) == (b"1", b"")

    def test_one_that_came_with_its_head(self, echo):
        echo.send(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody")
        answer = echo.answer()
        assert (answer.one(b"x-pieces"), answer.body) == (b"1", b"body")

    @pytest.mark.parametrize("field", [b"content-length: 6", b"transfer-encoding: chunked"])
    def test_one_that_comes_later(self, asgi, field):
        """The application reads the first piece while the second is not yet sent."""
        seen = threading.Event()

        async def app(scope, receive, send):
            if scope["type"] == "http":
                first = await receive()
                assert (first["body"], first["more_body"]) == (b"one", True)
                seen.set()
                pieces, _ = await read(receive)
                await send(start())
                await send(body(b"".join(pieces)))

        client = asgi(app)
        chunked = b"chunked" in field
        client.send(b"POST / HTTP/1.1\r\nhost: x\r\n" + field + b"\r\n\r\n" + (b"3\r\none\r\n" if chunked else b"one"))
        assert seen.wait(10)
        client.send(b"3\r\ntwo\r\n0\r\n\r\n" if chunked else b"two")
        assert client.answer().body == b"two"

    def test_100_continue_when_it_is_read(self, echo):
        echo.send(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n")
        assert echo.answer().status == 100
        echo.send(b"body")
        assert echo.answer().body == b"body"

    def test_an_application_that_does_not_read_holds_the_client_back(self, asgi):
        go = asyncio.Event()
        loops = []
        called = threading.Event()

        async def app(scope, receive, send):
            loops.append(asyncio.get_running_loop())
            if scope["type"] == "http":
                called.set()
                await go.wait()
                pieces, _ = await read(receive)
                await send(start())
                await send(body(str(sum(map(len, pieces))).encode()))

        client = asgi(app)
        size = 30_000_000
        client.send(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % size)
        assert called.wait(10)
        client.socket.settimeout(0.5)
        data = memoryview(bytes(size))
        with suppress(TimeoutError):
            while data:
                data = data[client.socket.send(data) :]
        assert data
        client.socket.settimeout(10)
        loops[-1].call_soon_threadsafe(go.set)
        client.send(data)
        assert client.answer().body == str(size).encode()


class TestDisconnects:
    def leaving(self, *events, reading=False, after=()):
        """An application that sends events, waits for the client to leave, sends more, and tells what it saw."""
        told = []
        done = threading.Event()
        ready = threading.Event()

        async def app(scope, receive, send):
            if scope["type"] != "http":
                return
            try:
                for event in events:
                    await send(event)
                told.append((await receive())["type"])
                ready.set()
                while told[-1] != "http.disconnect":
                    told.append((await receive())["type"])
                for event in after:
                    await send(event)
            except OSError as error:
                told.append(error)
                raise
            finally:
                done.set()

        return app, told, ready, done

    def test_receive_tells_it(self, asgi):
        app, told, ready, done = self.leaving()
        client = asgi(app)
        client.get()
        assert ready.wait(10)
        client.reset()
        assert done.wait(10)
        assert told == ["http.request", "http.disconnect"]

    def test_a_look_that_takes_no_turn(self, asgi):
        """As Starlette's is_disconnected() looks, which takes a receive() that waits for a no."""
        looks, ready, done = [], threading.Event(), threading.Event()

        def look(receive):
            coroutine = receive()
            try:
                coroutine.send(None)
            except StopIteration as end:
                return end.value["type"]
            coroutine.close()
            return None

        async def app(scope, receive, send):
            if scope["type"] != "http":
                raise NotImplementedError
            await receive()
            while len(looks) < 3 or looks[-1] is None:
                looks.append(look(receive))
                ready.set()
                await asyncio.sleep(0.01)
            looks.append(look(receive))
            done.set()

        client = asgi(app)
        client.get()
        assert ready.wait(10)
        client.reset()
        assert done.wait(10)
        assert looks[-2:] == ["http.disconnect"] * 2

    @pytest.mark.parametrize("content", [b"", b"ab"])
    def test_behind_a_complete_answer(self, asgi, content):
        """Also where nobody has read the request's content, of which `content` has come."""
        told = Inbox()

        async def app(scope, receive, send):
            if scope["type"] == "http":
                await send(start(200))
                await send(body(b"answer"))
                told.put(await receive())

        client = asgi(app)
        client.send(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n" + content)
        assert client.answer().body == b"answer"
        assert told.get() == {"type": "http.disconnect"}

    def test_in_the_middle_of_the_body(self, asgi):
        app, told, ready, done = self.leaving()
        client = asgi(app)
        client.send(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")
        assert ready.wait(10)
        client.reset()
        assert done.wait(10)
        assert told == ["http.request", "http.disconnect"]

    @pytest.mark.parametrize(
        ("events", "after"),
        [
            ([], [start()]),
            ([start()], [body(b"x")]),
            ([start(), body(b"x", more=True)], [body(b"x", more=True)]),
            ([start(), body(b"x", more=True)], [body(b"x")]),
            ([start(200, length(9)), body(b"x", more=True)], [body(b"x", more=True)]),
        ],
    )
    def test_send_raises_an_os_error(self, asgi, log, events, after):
        app, told, ready, done = self.leaving(*events, after=after)
        client = asgi(app)
        client.get()
        assert ready.wait(10)
        client.reset()
        assert done.wait(10)
        assert isinstance(told[-1], ClientDisconnected)
        assert str(told[-1]) == "nothing more can be sent: the client is gone, or has the whole answer"
        assert not any("Traceback" in line or "had left" in line for line in log.lines)

    def test_a_send_that_waits_ends(self, asgi):
        failed = threading.Event()
        begun = threading.Event()

        async def app(scope, receive, send):
            if scope["type"] == "http":
                await send(start(200, *([length(1 << 40)] if scope["path"] == "/measured" else [])))
                try:
                    while True:
                        await send(body(bytes(1 << 20), more=True))
                        begun.set()
                except OSError:
                    failed.set()

        for target in ("/measured", "/chunked"):
            client = asgi(app)
            client.get(target)
            assert begun.wait(10)
            client.reset()
            assert failed.wait(10)
            failed.clear()
            begun.clear()

    def test_behind_the_answer_receive_tells_it_at_once(self, asgi):
        told = Inbox()

        async def app(scope, receive, send):
            if scope["type"] == "http":
                await send(start())
                await send(body(b"answer"))
                told.put([(await receive())["type"], (await receive())["type"]])

        client = asgi(app)
        client.get()
        assert client.answer().body == b"answer"
        assert told.get() == ["http.disconnect", "http.disconnect"]

    def test_waiting_receives_end_with_the_answer(self, asgi):
        """As frameworks do that listen for the client's end beside the answer; one waiter's end is not the other's."""
        told = Inbox()

        async def app(scope, receive, send):
            if scope["type"] == "http":
                await receive()
                cancelled, waiting = (asyncio.create_task(receive()) for _ in range(2))
                await asyncio.sleep(0)
                cancelled.cancel()
                await send(start())
                await send(body(b"x", more=True))
                assert not waiting.done()
                await send(body(b"y"))
                told.put(await waiting)

        client = asgi(app)
        for _ in range(2):
            client.get()
            assert client.answer().body == b"xy"
            assert told.get() == {"type": "http.disconnect"}
