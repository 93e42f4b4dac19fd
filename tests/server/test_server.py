"""A server's life: start, serve, close; in the running loop, in a thread, and as the whole process."""

from __future__ import annotations

import asyncio
import functools
import gc
import http.client
import os
import signal
import socket
import ssl
import sys
import threading
from types import SimpleNamespace

import pytest

from fastresp import server as server_module
from fastresp.config import Config
from fastresp.server import Server, new_event_loop, run

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


def hello(request, responder):
    responder.write(b"hello", "text/plain")


def get(port: int, path: str = "/") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def read_all(client: socket.socket) -> bytes:
    client.settimeout(10)
    data = b""
    try:
        while piece := client.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def read_until(client: socket.socket, end: bytes) -> None:
    data = b""
    while not data.endswith(end):
        piece = client.recv(65536)
        assert piece, data
        data += piece


def connect(port: int, data: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(data)
    return client


class Late:
    """A handler that keeps its responder, and an event that is set when it has one."""

    def __init__(self) -> None:
        self.responder = None
        self.called = threading.Event()

    def __call__(self, request, responder):
        self.responder = responder
        self.called.set()

    async def wait(self) -> None:
        while not self.called.is_set():
            await asyncio.sleep(0)


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
            with pytest.raises(RuntimeError, match="^this server was already started$"):
                await server.start(port=0)
            await server.close()
            with pytest.raises(RuntimeError, match="^this server was closed; make a new Server to serve again$"):
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

    def test_closed_while_it_starts(self, drive, server_class):
        async def main():
            server = server_class(hello)
            starting = asyncio.ensure_future(server.start(port=0))
            await asyncio.sleep(0)
            await server.close()
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
            engine = SimpleNamespace(new_service=new_service, new_protocol=None)

        config = Config(head_timeout=3.0)

        async def main():
            loop = asyncio.get_running_loop()
            for context in (None, certificate.server):
                server = Watched(hello, config=config)
                with pytest.raises(ZeroDivisionError):
                    await server.start(port=0, ssl=context)
                assert server.sockets == ()
            gather = server_module._gathers(loop)
            assert seen == [(hello, config, loop, False, gather), (hello, config, loop, True, gather)]

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
        assert server_module._gathers(loop) is not (affected and loop_name == "asyncio")


class TestClose:
    def test_before_start(self, drive):
        async def main():
            server = Server(hello)
            await server.close()
            with pytest.raises(RuntimeError, match="this server was closed"):
                await server.start(port=0)

        drive(main())

    def test_idle_connections_end_at_once(self, drive, server_class):
        async def main():
            server = server_class(hello)
            await server.start(port=0)
            with connect(server.port, REQUEST) as client:
                await asyncio.to_thread(read_until, client, b"\r\n\r\nhello")
                await server.close(60)
                assert await asyncio.to_thread(read_all, client) == b""

        drive(main())

    def test_a_running_request_is_answered(self, drive, server_class):
        async def main():
            late = Late()
            server = server_class(late)
            await server.start(port=0)
            port = server.port
            with connect(port, REQUEST) as client:
                await late.wait()
                closing = asyncio.ensure_future(server.close(60))
                while server.sockets:
                    await asyncio.sleep(0)
                with pytest.raises(ConnectionRefusedError):
                    connect(port)
                for _ in range(20):  # turns of the loop: it has begun to drain
                    await asyncio.sleep(0)
                assert not closing.done()
                late.responder.write(b"at last", "text/plain")
                await closing
                answer = await asyncio.to_thread(read_all, client)
                assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
                assert b"\r\nconnection: close\r\n" in answer
                assert answer.endswith(b"\r\n\r\nat last")

        drive(main())

    @pytest.mark.parametrize("grace", [0, 0.05])
    def test_what_takes_longer_is_dropped(self, drive, server_class, grace):
        async def main():
            late = Late()
            server = server_class(late)
            await server.start(port=0)
            with connect(server.port, REQUEST) as client:
                await late.wait()
                await server.close(grace)
                assert await asyncio.to_thread(read_all, client) == b""

        drive(main())

    def test_again_and_meanwhile(self, drive, server_class):
        async def main():
            late = Late()
            server = server_class(late)
            await server.start(port=0)
            with connect(server.port, REQUEST):
                await late.wait()
                slow = asyncio.ensure_future(server.close(float("inf")))
                await asyncio.sleep(0)
                longer = asyncio.ensure_future(server.close(60))
                await asyncio.sleep(0)
                assert not slow.done()
                await server.close(0)  # the earliest end counts
                await slow
                await longer
                await server.close()

        drive(main())

    def test_a_caller_that_gives_up_does_not_stop_it(self, drive, server_class):
        async def main():
            late = Late()
            server = server_class(late)
            await server.start(port=0)
            with connect(server.port, REQUEST) as client:
                await late.wait()
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(server.close(60), 0.01)
                late.responder.write(b"at last", "text/plain")
                await server.close()
                assert (await asyncio.to_thread(read_all, client)).endswith(b"at last")

        drive(main())

    @pytest.mark.parametrize("grace", [-1, float("nan")])
    def test_grace_below_zero(self, drive, grace):
        with pytest.raises(ValueError, match="grace must not be below zero"):
            drive(Server(hello).close(grace))

    def test_who_waits_in_the_queue_is_served(self, drive, server_class):
        # Connected and sent, but the loop has not seen it: closing the listener now would reset the connection.
        async def main():
            server = server_class(hello)
            await server.start(port=0)
            clients = [connect(server.port, REQUEST) for _ in range(20)]
            await server.close()
            for client in clients:
                with client:
                    assert (await asyncio.to_thread(read_all, client)).startswith(b"HTTP/1.1 200 OK\r\n")

        drive(main())


class TestBackground:
    def test_serves_in_a_thread(self, server_class, loop_factory):
        with server_class(hello).background(host="127.0.0.1", port=0, loop_factory=loop_factory) as server:
            assert get(server.port) == (200, b"hello")
            assert "fastresp" in [thread.name for thread in threading.enumerate()]
        assert server.port is None
        assert "fastresp" not in [thread.name for thread in threading.enumerate()]

    def test_the_loop_is_closed(self, server_class, loop_name):
        loops = []

        def factory():
            loops.append(new_event_loop(loop_name))
            return loops[0]

        with server_class(hello).background(port=0, loop_factory=factory):
            pass
        assert loops[0].is_closed()

    def test_errors_of_start_come_out_of_the_with(self, server_class, loop_factory):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with (
                pytest.raises(OSError, match="is in use"),
                server_class(hello).background(port=port, loop_factory=loop_factory),
            ):
                raise AssertionError("unreachable")
        with pytest.raises(ZeroDivisionError), server_class(hello).background(port=0, loop_factory=lambda: 1 // 0):
            raise AssertionError("unreachable")

    def test_errors_of_the_block_come_out_too(self, server_class, loop_factory):
        server = server_class(hello)
        with pytest.raises(KeyError), server.background(port=0, loop_factory=loop_factory):
            raise KeyError
        assert server.sockets == ()

    def test_grace(self, server_class, loop_factory):
        late = Late()
        with server_class(late).background(port=0, grace=0.05, loop_factory=loop_factory) as server:
            client = connect(server.port, REQUEST)
            assert late.called.wait(10)
        with client:
            assert read_all(client) == b""

    def test_two_at_once(self, server_class, loop_factory):
        one = server_class(hello).background(port=0, loop_factory=loop_factory)
        two = server_class(hello).background(port=0, loop_factory=loop_factory)
        with one as first, two as second:
            assert first.port != second.port
            assert get(first.port) == get(second.port) == (200, b"hello")


class TestRun:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_it(self, loop_factory, number):
        before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
        answers = []

        def client(port):
            answers.append(get(port))
            os.kill(os.getpid(), number)

        def on_start(server):
            threading.Thread(target=client, args=(server.port,)).start()

        run(hello, port=0, loop_factory=loop_factory, on_start=on_start)
        assert answers == [(200, b"hello")]
        assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before

    def test_the_second_signal_drops_what_runs(self, loop_factory):
        late = Late()
        answers = []

        def client(server):
            with connect(server.port, REQUEST) as connection:
                assert late.called.wait(10)
                os.kill(os.getpid(), signal.SIGTERM)
                while server.sockets:  # until the first one is heard
                    pass
                os.kill(os.getpid(), signal.SIGINT)
                answers.append(read_all(connection))

        def on_start(server):
            threads.append(threading.Thread(target=client, args=(server,)))
            threads[0].start()

        threads = []
        run(late, port=0, grace=600, loop_factory=loop_factory, on_start=on_start)
        threads[0].join()
        assert answers == [b""]

    def test_outside_the_main_thread(self, loop_factory):
        running = threading.Event()
        found = []

        def on_start(server):
            found.extend([server, asyncio.get_running_loop()])
            running.set()

        def main():
            try:
                run(hello, port=0, loop_factory=loop_factory, on_start=on_start)
            except asyncio.CancelledError:
                pass

        thread = threading.Thread(target=main)
        thread.start()
        assert running.wait(10)
        server, loop = found
        assert get(server.port) == (200, b"hello")
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks()])
        thread.join(10)
        assert not thread.is_alive()
        assert server.sockets == ()

    def test_errors_come_out(self, loop_factory):
        before = signal.getsignal(signal.SIGINT)
        with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="is in use"):
            run(hello, port=other.getsockname()[1], loop_factory=loop_factory)
        with pytest.raises(ZeroDivisionError):
            run(hello, port=0, loop_factory=loop_factory, on_start=lambda server: 1 // 0)
        assert signal.getsignal(signal.SIGINT) is before

    def test_where_a_loop_runs(self, drive):
        async def main():
            run(hello)

        with pytest.raises(RuntimeError, match=r"run\(\) blocks; .* `await Server\(handler\).start\(\)`"):
            drive(main())


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


def secure_get(port: int, context: ssl.SSLContext) -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=context)
    connection.request("GET", "/")
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found
