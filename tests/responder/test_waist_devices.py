"""Devices on an exchange that knows no protocol: when they are read, and that they are closed."""

from __future__ import annotations

import asyncio
import io

from connection.fake import turns
from responder.recorder import CHUNKED


class Device:
    def __init__(self, pieces, fails=False):
        self.pieces, self.fails, self.closed = pieces, fails, 0

    async def read(self, count):
        if self.pieces:
            return self.pieces.pop(0)
        if self.fails:
            raise LookupError("on purpose")
        return b""

    def close(self):
        self.closed += 1


def test_a_device_waits_for_its_client(play):
    async def scene(dispatch):
        device = Device([b"one", b"two"])
        exchange = dispatch(lambda _, responder: responder.write(device, "a/b"))
        exchange.blocked = asyncio.get_running_loop().create_future()
        await turns()
        assert exchange.events == [("start", 200, b"", "a/b", CHUNKED, [])]
        blocked, exchange.blocked = exchange.blocked, None
        blocked.set_result(None)
        await turns()
        assert exchange.events[1:] == [("data", b"one"), ("data", b"two"), ("finish", b"")]
        assert device.closed == 1

    play(scene)


def test_a_file_is_not_read_before_its_turn(play):
    async def scene(dispatch):
        file = io.BytesIO(b"content")

        def handle(_, responder):
            exchange_of.append(responder)

        exchange_of = []
        exchange = dispatch(handle)
        exchange.is_first = False
        exchange.blocked = asyncio.get_running_loop().create_future()
        exchange_of.pop().write(file, "a/b")
        await turns()
        assert exchange.events == [("start", 200, b"", "a/b", 7, [])]
        blocked, exchange.blocked = exchange.blocked, None
        blocked.set_result(None)
        await turns()
        assert exchange.events[1:] == [("data", b"content"), ("finish", b"")]

    play(scene)


def test_a_device_that_fails(play, caplog):
    async def scene(dispatch):
        device = Device([b"one"], fails=True)
        exchange = dispatch(lambda _, responder: responder.write(device, "a/b"))
        await turns()
        assert exchange.events[1:] == [("data", b"one"), ("abort",)]
        assert device.closed == 1
        assert "on purpose" in caplog.text

    play(scene)


def test_a_device_whose_client_leaves(play):
    async def scene(dispatch):
        device = Device([b"one"] * 10)
        exchange = dispatch(lambda _, responder: responder.write(device, "a/b"))
        exchange.blocked = asyncio.get_running_loop().create_future()
        await turns()
        exchange.lose()
        await turns()
        assert device.closed == 1
        assert len(exchange.work) == 1  # until the reader has ended
        assert exchange.work[0].done()

    play(scene)
