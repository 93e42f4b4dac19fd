"""Clients that leave in the middle of an answer: writers stop, devices are closed, the log stays empty."""

from __future__ import annotations

import asyncio

from connection.test_disconnects import LEAVING, go
from connection.tools import Inbox, Late, message, settle, wait_for_no_connection


class Device:
    """Gives bytes for ever, and counts how often it was closed."""

    def __init__(self) -> None:
        self.closed = Inbox()

    async def read(self, count: int) -> bytes:
        await asyncio.sleep(0)
        return b"x" * count

    def close(self) -> None:
        self.closed.put()


@LEAVING
class TestWhileAnswering:
    def test_chunks(self, serve, connect, leave):
        found = Inbox()

        async def handle(request, responder):
            responder.on_close(lambda: found.put("closed"))
            responder.write_begin_chunked("text/plain")
            while not responder.is_response_canceled:
                responder.write_chunk(b"x" * 100000)
                await responder.drain()
                await asyncio.sleep(0)
            responder.write_end_chunked(b"unheard")
            found.put("ended")

        server = serve(handle)
        client = connect(server)
        client.get()
        client.exactly(1000)
        go(client, leave)
        assert found.take(2) == ["closed", "ended"]
        wait_for_no_connection(server)

    def test_a_handler_that_waits_for_the_slow_client(self, serve, connect, leave):
        """drain() must not wait for a client that is gone."""
        found = Inbox()

        async def handle(request, responder):
            responder.write_begin_chunked("text/plain")
            responder.write_chunk(b"x" * 30000000)
            found.put("draining")
            await responder.drain()
            found.put(responder.is_response_canceled)

        server = serve(handle)
        client = connect(server)
        client.get()
        assert found.get() == "draining"
        go(client, leave)
        assert found.get() is True
        wait_for_no_connection(server)

    def test_a_large_answer(self, serve, connect, leave):
        server = serve(lambda request, responder: responder.write(b"x" * 30000000, "text/plain"))
        client = connect(server)
        client.get()
        client.exactly(1000)
        go(client, leave)
        wait_for_no_connection(server)

    def test_a_device(self, serve, connect, leave):
        device = Device()
        server = serve(lambda request, responder: responder.write(device, "text/plain"))
        client = connect(server)
        client.get()
        client.exactly(1000)
        go(client, leave)
        device.closed.get()
        wait_for_no_connection(server)
        assert device.closed.count == 1

    def test_a_file(self, serve, connect, leave, tmp_path):
        path = tmp_path / "large"
        path.write_bytes(b"x" * 30000000)
        files = []

        def handle(request, responder):
            files.append(open(path, "rb"))  # noqa: SIM115
            responder.write(files[0], "text/plain")

        server = serve(handle)
        client = connect(server)
        client.get()
        client.exactly(1000)
        go(client, leave)
        wait_for_no_connection(server)
        settle(server)
        assert files[0].closed

    def test_pipelined(self, serve, connect, leave):
        """One answer on its way, others held behind it."""
        device = Device()
        late = Late()

        def handle(request, responder):
            if request.path == "/device":
                responder.write(device, "text/plain")
            elif request.path == "/late":
                late(request, responder)
            else:
                responder.write(b"x" * 1000, "text/plain")

        server = serve(handle)
        client = connect(server)
        client.send(message("GET", "/device") + message("GET", "/held") + message("GET", "/late"))
        client.exactly(1000)
        _, responder = late.calls.get()
        go(client, leave)
        device.closed.get()
        wait_for_no_connection(server)
        assert responder.is_response_canceled is True


def test_a_device_that_has_nothing_yet(serve, connect):
    """The device waits, the client leaves: the device is closed all the same."""
    reading, closed = Inbox(), Inbox()

    async def device():
        try:
            yield b"first"
            reading.put()
            await asyncio.Event().wait()
        finally:
            closed.put()

    server = serve(lambda request, responder: responder.write(device(), "text/plain"))
    client = connect(server)
    client.get()
    client.until(b"first")
    reading.get()
    client.reset()
    closed.get()
    wait_for_no_connection(server)
