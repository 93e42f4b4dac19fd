"""What a handler says to a server's end, and what it may do there."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from server.clients import REQUEST, get

from fastresp import ending
from fastresp.loops import comes_first


def test_a_shutdown_that_is_given_up(drive, server_class, caplog, monkeypatch):
    class Handler:
        def __call__(self, request, responder):
            pass

        async def shut_down(self):
            await asyncio.sleep(60)

    async def main():
        server = server_class(Handler())
        await server.start(port=0)
        await server.close(0)

    monkeypatch.setattr(ending, "_LEAST", 0.01)
    drive(main())
    assert "the handler's shutdown is given up: it took too long" in caplog.text


def test_a_shutdown_that_is_hastened(drive, server_class, caplog):
    """As by a second signal: that it took too long would not be true."""

    class Handler:
        def __call__(self, request, responder):
            pass

        async def shut_down(self):
            begun.set()
            await asyncio.sleep(60)

    begun = asyncio.Event()

    async def main():
        server = server_class(Handler())
        await server.start(port=0)
        closing = asyncio.ensure_future(server.close(60))
        await begun.wait()
        await server.close(0)
        await closing

    drive(main())
    assert "the handler's shutdown is given up: a second signal, or close(), said so" in caplog.text


def test_a_second_close_leaves_a_shutdown_its_time(drive, server_class, caplog):
    """The grace is over: what the shutdown has at the least is not."""

    class Handler:
        async def __call__(self, request, responder):
            asked.set()
            await asyncio.sleep(60)

        async def shut_down(self):
            begun.set()
            await go.wait()
            ended.append(True)

    asked, begun, go, ended = asyncio.Event(), asyncio.Event(), asyncio.Event(), []

    async def main():
        server = server_class(Handler())
        await server.start(port=0)
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await asked.wait()
        closing = asyncio.ensure_future(server.close(0.01))
        await begun.wait()
        again = asyncio.ensure_future(server.close(60))
        await asyncio.sleep(0)  # it has said its grace
        await asyncio.sleep(0)
        go.set()
        await again
        await closing
        writer.close()

    drive(main())
    assert ended == [True]
    assert "the handler's shutdown is given up" not in caplog.text


@pytest.mark.parametrize("name", ["drained", "shut_down"])
@pytest.mark.parametrize("error", [LookupError, SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_a_hook_that_fails(drive, server_class, caplog, name, error):
    class Handler:
        def __call__(self, request, responder):
            pass

    async def fail(self):
        raise error

    setattr(Handler, name, fail)

    async def main():
        server = server_class(Handler())
        await server.start(port=0)
        await server.close(1)
        assert server.sockets == ()

    drive(main())
    assert "the handler failed to " in caplog.text


def test_a_handler_that_closes_the_server_itself(drive, server_class):
    """It does not wait for its own end."""
    ended = []

    async def main():
        async def handle(request, responder):
            responder.write("last")
            await server.close(60)
            ended.append(True)

        server = server_class(handle)
        await server.start(port=0)
        assert await asyncio.to_thread(get, server.port) == (200, b"last")
        await server.close(60)
        await asyncio.sleep(0)

    drive(main())
    assert ended == [True]


def test_a_start_that_keeps_its_cancellation_to_itself(drive, server_class):
    """It comes to serve, and ends as any server."""

    class Handler:
        def __init__(self):
            self.begun, self.is_shut_down = asyncio.Event(), False

        def __call__(self, request, responder):
            pass

        async def start_up(self):
            self.begun.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

        async def shut_down(self):
            self.is_shut_down = True

    async def main():
        handler, leave = Handler(), asyncio.Event()
        server = server_class(handler)
        first = asyncio.create_task(comes_first(server.start(port=0), leave))
        await handler.begun.wait()
        leave.set()
        assert await first
        await server.close()
        assert handler.is_shut_down

    drive(main())


def test_a_start_that_has_dealt_with_a_failed_task_group(drive, server_class):
    """Which leaves a request to end with its task, in Python 3.11 and 3.12."""

    class Handler:
        def __call__(self, request, responder):
            responder.write("fine")

        async def start_up(self):
            with contextlib.suppress(ExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self.connect())
                    await asyncio.sleep(60)

        async def connect(self):
            raise OSError("no database")

    async def main():
        server = server_class(Handler())
        await server.start(port=0)
        assert await asyncio.to_thread(get, server.port) == (200, b"fine")
        await server.close()

    drive(asyncio.wait_for(main(), 60))


class Slow:
    """Its first call, or its shutdown, never ends of itself."""

    def __init__(self, where):
        self.where = where
        self.reached = asyncio.Event()

    def __call__(self, request, responder):
        self.responder = responder
        self.reached.set()

    async def shut_down(self):
        if self.where == "shutdown":
            self.reached.set()
            await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("call", "cut as close() was cancelled: GET / from 127.0.0.1:"),
        ("shutdown", "close() was cancelled in the middle of the handler's shutdown"),
    ],
)
def test_an_end_that_is_cancelled(drive, server_class, caplog, where, line):
    """As where the program ends in the middle of it: the log tells what that has cut."""

    async def main():
        handler = Slow(where)
        server = server_class(handler)
        await server.start(port=0)
        if where == "call":
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(REQUEST)
            await handler.reached.wait()
        ending = asyncio.create_task(server.close(60))
        await handler.reached.wait()
        while not server._service.draining:  # noqa: ASYNC110  (no event tells of it)
            await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await server.close(60)  # which nobody has cancelled
        with pytest.raises(asyncio.CancelledError):
            await ending
        if where == "call":
            del handler.responder
            assert await reader.read() == b""
            writer.close()

    drive(main())
    assert line in caplog.text
