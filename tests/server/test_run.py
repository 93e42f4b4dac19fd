"""A server in a thread of its own, and as the whole process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading

import pytest
from server.clients import REQUEST, Late, connect, get, hello, read_all

from fastresp.runner import run
from fastresp.server import new_event_loop

GRACES = {
    -1: ValueError,
    float("nan"): ValueError,
    10**400: ValueError,
    1.1e9: ValueError,
    "5": TypeError,
    None: TypeError,
}


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

    @pytest.mark.parametrize("grace", GRACES)
    def test_a_grace_of_no_use(self, server_class, grace):
        """Before anything starts, not at the end."""
        server = server_class(hello)
        with pytest.raises(GRACES[grace], match="grace"), server.background(port=0, grace=grace):
            raise AssertionError("unreachable")
        with server.background(port=0):  # it was not started
            pass

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

    @pytest.mark.parametrize("quiet", [False, True])
    def test_it_says_where_it_listens(self, loop_factory, capsys, quiet):
        ports = []

        def on_start(server):
            ports.append(server.port)
            os.kill(os.getpid(), signal.SIGTERM)

        run(hello, port=0, loop_factory=loop_factory, on_start=on_start, quiet=quiet)
        printed, told = capsys.readouterr()
        assert printed == ""
        assert told.count("\n") == (0 if quiet else 1)
        assert told.startswith("" if quiet else f"fastresp at http://127.0.0.1:{ports[0]} (")

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
            with contextlib.suppress(asyncio.CancelledError):
                run(hello, port=0, loop_factory=loop_factory, on_start=on_start)

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

    @pytest.mark.parametrize("grace", GRACES)
    def test_a_grace_of_no_use(self, grace):
        """Before anything starts, not at the end."""
        with pytest.raises(GRACES[grace], match="grace"):
            run(hello, port=0, grace=grace, on_start=lambda server: os.kill(os.getpid(), signal.SIGTERM))

    @pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
    def test_a_start_that_exits(self, loop_factory, caplog, error):
        class Handler:
            async def start_up(self):
                raise error(3)

            def __call__(self, request, responder):
                pass

        with pytest.raises(error):
            run(Handler(), port=0, loop_factory=loop_factory)
        assert caplog.text == ""

    def test_where_a_loop_runs(self, drive):
        async def main():
            run(hello)

        with pytest.raises(RuntimeError, match=r"run\(\) blocks; .* `await Server\(handler\).start\(\)`"):
            drive(main())
