"""A server's handler and its start: every way of listening, and what goes wrong."""

from __future__ import annotations

import _socket
import asyncio
import functools
import gc
import os
import socket
import ssl
import sys
import threading
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from client import needs_unix
from server.clients import REQUEST, Late, connect, get, hello, secure_get

from fastresp import sockets
from fastresp.config import Config
from fastresp.loops import gathers
from fastresp.server import Server, new_event_loop


class TestHandler:
    @pytest.mark.parametrize(
        "handler",
        [
            hello,
            lambda *arguments: None,
            lambda request, responder, more=1: None,
            functools.partial(lambda app, request, responder: None, 1),
            SimpleNamespace(method=hello).method,
            print,
            Late(),
        ],
    )
    def test_what_can_be_called_with_two(self, handler):
        assert Server(handler).handler is handler

    def test_a_coroutine_function(self):
        async def handle(request, responder): ...

        assert Server(handle).handler is handle

    def test_too_few_arguments(self):
        def one(request): ...

        with pytest.raises(TypeError) as caught:
            Server(one)
        assert str(caught.value) == (
            "a handler takes two positional arguments, (request, responder); "
            "this one is TestHandler.test_too_few_arguments.<locals>.one(request)"
        )

    def test_too_many_arguments(self):
        async def application(scope, receive, send): ...

        with pytest.raises(TypeError, match=r"application\(scope, receive, send\)$"):
            Server(application)

    def test_not_callable(self):
        with pytest.raises(TypeError, match=r"a handler is a function of \(request, responder\), not 'app'"):
            Server("app")

    def test_a_generator_would_never_run(self):
        async def stream(request, responder):
            yield b""

        with pytest.raises(TypeError, match=r"stream\(request, responder\) is a generator$"):
            Server(stream)

    def test_config_of_another_type(self):
        with pytest.raises(TypeError, match=r"config takes a fastresp.Config, not \{\}"):
            Server(hello, config={})


class TestStart:
    def test_tcp(self, drive, server_class):
        async def main():
            server = server_class(hello)
            assert server.port is None
            assert server.sockets == ()
            await server.start(port=0)
            port = server.port
            assert server.urls == (f"http://127.0.0.1:{port}",)
            assert [sock.getsockname() for sock in server.sockets] == [("127.0.0.1", port)]
            assert await asyncio.to_thread(get, port) == (200, b"hello")
            await server.close()
            assert server.port is None
            assert server.sockets == ()
            with pytest.raises(ConnectionRefusedError):
                connect(port)

        drive(main())

    def test_every_interface(self, drive, server_class):
        async def main():
            server = server_class(hello)
            await server.start(None, 0)
            assert len({sock.getsockname()[1] for sock in server.sockets}) == 1
            assert await asyncio.to_thread(get, server.port) == (200, b"hello")
            await server.close()

        drive(main())

    @needs_unix
    def test_unix(self, drive, server_class, tmp_path):
        path = tmp_path / "s"

        async def main():
            server = server_class(hello)
            await server.start(uds=path)
            assert server.port is None
            assert server.urls == (f"unix:{path}",)
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
                client.sendall(REQUEST)
                assert (await asyncio.to_thread(client.recv, 15)) == b"HTTP/1.1 200 OK"
            await server.close()
            assert not path.exists()

        drive(main())

    @needs_unix
    def test_unix_loses_nobody_at_the_end(self, drive, server_class, tmp_path):
        """Whoever could connect is answered, however late that was."""
        path = str(tmp_path / "s")

        async def main():
            server = server_class(hello)
            await server.start(uds=path)
            closing = asyncio.ensure_future(server.close())
            with ExitStack() as stack:
                clients = []
                while len(clients) < 1000:
                    client = stack.enter_context(socket.socket(socket.AF_UNIX))
                    try:
                        client.connect(path)
                    except FileNotFoundError:
                        break
                    client.sendall(REQUEST)
                    clients.append(client)
                    await asyncio.sleep(0)
                await closing
                for client in clients:
                    assert client.recv(15) == b"HTTP/1.1 200 OK"
                assert len(clients) < 100

        drive(main())

    @needs_unix
    def test_unix_keeps_its_queue(self, drive, server_class, tmp_path, monkeypatch):
        """Others may share the socket: it must not have a queue of one while the loop turns."""
        steps = []

        def listen(self, backlog):
            steps.append(backlog)
            _socket.socket.listen(self, backlog)

        async def turn():
            while True:
                steps.append("turn")
                await asyncio.sleep(0)

        async def main():
            server = server_class(hello)
            turning = asyncio.ensure_future(turn())
            await server.start(uds=tmp_path / "s")
            await server.close()
            turning.cancel()

        monkeypatch.setattr(socket.socket, "listen", listen)
        drive(main())
        following = [steps[place + 1] for place, step in enumerate(steps) if step == 1]
        assert "turn" not in following

    @needs_unix
    def test_unix_leaves_a_successor_its_file(self, drive, server_class, tmp_path):
        path = tmp_path / "s"

        async def main():
            old, new = server_class(hello), server_class(hello)
            await old.start(uds=path)
            path.unlink()
            await new.start(uds=path)
            await old.close()
            assert path.exists()
            await new.close()
            assert not path.exists()

        drive(main())

    def test_a_descriptor(self, drive, server_class):
        async def main():
            with socket.create_server(("127.0.0.1", 0)) as outer:
                server = server_class(hello)
                await server.start(fd=os.dup(outer.fileno()))
                assert server.port == outer.getsockname()[1]
                assert await asyncio.to_thread(get, server.port) == (200, b"hello")
                await server.close()
                connect(outer.getsockname()[1]).close()  # it still listens for its owner

        drive(main())

    @needs_unix
    def test_the_file_of_an_inherited_unix_socket_is_not_ours(self, drive, server_class, tmp_path):
        async def main():
            with socket.socket(socket.AF_UNIX) as outer:
                outer.bind(str(tmp_path / "s"))
                outer.listen()
                server = server_class(hello)
                await server.start(fd=os.dup(outer.fileno()))
                await server.close()
                assert (tmp_path / "s").exists()

        drive(main())

    def test_a_socket(self, drive, server_class):
        async def main():
            sock = socket.socket()
            sock.bind(("127.0.0.1", 0))
            server = server_class(hello)
            await server.start(sock=sock)
            assert server.sockets == (sock,)
            assert await asyncio.to_thread(get, server.port) == (200, b"hello")
            await server.close()
            assert sock.fileno() == -1

        drive(main())

    def test_tls(self, drive, server_class, certificate):
        async def main():
            server = server_class(hello)
            await server.start(port=0, ssl=certificate.server)
            assert server.urls == (f"https://127.0.0.1:{server.port}",)
            assert await asyncio.to_thread(secure_get, server.port, certificate.client) == (200, b"hello")
            await server.close()

        drive(main())

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"uds": "/x", "fd": 3}, "give uds or fd, not both"),
            ({"uds": "/x", "port": 1}, "give host and port or uds, not both"),
            ({"fd": 3, "host": "::1"}, "give host and port or fd, not both"),
        ],
    )
    def test_two_ways_at_once(self, drive, options, message):
        with pytest.raises(ValueError, match=message):
            drive(Server(hello).start(**options))

    def test_ssl_of_another_type(self, drive):
        with pytest.raises(TypeError, match=r"ssl takes a ready ssl.SSLContext, not True"):
            drive(Server(hello).start(port=0, ssl=True))
        with pytest.raises(ValueError, match="PROTOCOL_TLS_CLIENT"):
            drive(Server(hello).start(port=0, ssl=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)))

    def test_twice(self, drive, server_class):
        async def main():
            server = server_class(hello)
            await server.start(port=0)
            with pytest.raises(RuntimeError, match=r"^this server was already started$"):
                await server.start(port=0)
            await server.close()
            with pytest.raises(RuntimeError, match=r"^this server was closed; make a new Server to serve again$"):
                await server.start(port=0)

        drive(main())

    def test_after_a_failure_another_address_may_be_tried(self, drive, server_class):
        async def main():
            with socket.create_server(("127.0.0.1", 0)) as other:
                server = server_class(hello)
                with pytest.raises(OSError, match="is in use: another program listens there"):
                    await server.start(port=other.getsockname()[1])
                await server.start(port=0)
                await server.close()

        drive(main())

    def test_closed_while_it_starts(self, drive, server_class, monkeypatch):
        closed = threading.Event()
        resolve = sockets.resolve

        def slow(host, port, *, names=True):
            if names:
                closed.wait(10)
            return resolve(host, port, names=names)

        monkeypatch.setattr(sockets, "resolve", slow)

        async def main():
            server = server_class(hello)
            starting = asyncio.ensure_future(server.start("localhost", 0))
            await asyncio.sleep(0)
            await server.close()
            closed.set()
            with pytest.raises(RuntimeError, match="this server was closed while it started"):
                await starting
            assert server.sockets == ()

        drive(main())

    def test_nothing_is_left_open(self, drive, server_class):
        async def main():
            server = server_class(hello)
            await server.start(port=0)
            await asyncio.to_thread(get, server.port)
            await server.close()

        drive(main())  # the loop opens what it keeps
        gc.collect()
        before = len(os.listdir("/dev/fd"))
        drive(main())
        gc.collect()
        assert len(os.listdir("/dev/fd")) == before

    def test_the_service_learns_what_it_must(self, drive, certificate):
        seen = []

        def new_service(*arguments):
            seen.append(arguments)
            raise ZeroDivisionError

        class Watched(Server):
            engine = SimpleNamespace(new_service=new_service, new_connection=None, new_tls=None)

        config = Config(head_timeout=3.0)

        async def main():
            loop = asyncio.get_running_loop()
            for context in (None, certificate.server):
                server = Watched(hello, config=config)
                with pytest.raises(ZeroDivisionError):
                    await server.start(port=0, ssl=context)
                assert server.sockets == ()
            plain = (hello, config, loop, False, gathers(loop))
            assert seen == [plain, (hello, config, loop, True, True)]

        drive(main())


class TestGather:
    @pytest.mark.parametrize(
        ("version", "affected"),
        [
            ((3, 11, 9), False),
            ((3, 12, 0), True),
            ((3, 12, 8), True),
            ((3, 12, 9), False),
            ((3, 13, 0), True),
            ((3, 13, 1), True),
            ((3, 13, 2), False),
            ((3, 14, 0), False),
        ],
    )
    def test_where_writelines_forgets_to_pause(self, loop_name, version, affected, monkeypatch):
        loop = new_event_loop(loop_name)
        loop.close()
        monkeypatch.setattr(sys, "version_info", (*version, "final", 0))
        assert gathers(loop) is not (affected and loop_name == "asyncio")


class TestLoop:
    def test_the_default_is_uvloop_where_there_is_one(self, monkeypatch):
        uvloop = pytest.importorskip("uvloop")
        loop = new_event_loop()
        loop.close()
        assert isinstance(loop, uvloop.Loop)
        monkeypatch.setitem(sys.modules, "uvloop", None)
        loop = new_event_loop()
        loop.close()
        assert type(loop).__module__.startswith("asyncio")
        with pytest.raises(ImportError):
            new_event_loop("uvloop")

    def test_another_name(self):
        with pytest.raises(ValueError, match="a loop is 'auto', 'uvloop' or 'asyncio', not 'trio'"):
            new_event_loop("trio")
