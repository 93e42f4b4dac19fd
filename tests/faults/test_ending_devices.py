"""The end of a server waits for its devices to be closed, and for no other server's."""

from __future__ import annotations

import asyncio
import logging
import threading
from types import SimpleNamespace

import pytest
from client import Client
from connection.tools import message, wait_for_no_connection

from fastresp.core import closing
from fastresp.net import sockopts

PUT_AWAY = 0.3
"""Seconds that a device takes for it."""


class Reading:
    """A device whose read is cancelled, and whose aclose() takes its time as well."""

    def __init__(self, told):
        self.told = told

    async def read(self, count):
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(PUT_AWAY)

    async def aclose(self):
        await asyncio.sleep(PUT_AWAY)
        self.told.append("closed")


class Blocking:
    """A device whose read goes on in its thread."""

    def __init__(self, told, free=None):
        self.told = told
        self.free = free or threading.Event()
        self.begun = threading.Event()

    def read(self, count):
        self.told.append("read")
        self.begun.set()
        self.free.wait(PUT_AWAY if len(self.told) == 1 else 60)
        return b"x"

    def close(self):
        self.told.append("closed")


async def generating(told):
    try:
        yield b"x"
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(PUT_AWAY)
        told.append("closed")


@pytest.mark.parametrize("make", [Reading, Blocking, generating])
@pytest.mark.parametrize("grace", [5.0, 0.0])
def test_devices_are_closed_before_it_is_over(server_class, loop_factory, make, grace):
    """Also where their client has left before, and no connection is waited for."""
    told = []
    server = server_class(lambda _, responder: responder.write(make(told), "text/plain"))
    with server.background(host="127.0.0.1", port=0, grace=grace, loop_factory=loop_factory), Client(server.port) as it:
        it.get()
        it.until(b"\r\n\r\n")
        if grace:
            it.reset()
            wait_for_no_connection(server)
    assert told[-1] == "closed"


def test_a_device_of_another_server_of_this_loop(server_class, loop_factory):
    """It goes on, and nobody waits for it."""

    async def main():
        told = []
        first = server_class(lambda _, responder: responder.write(Reading(told), "text/plain"))
        second = server_class(lambda _, responder: responder.write(b"", "text/plain"))
        await first.start(host="127.0.0.1", port=0)
        await second.start(host="127.0.0.1", port=0)
        reader, writer = await asyncio.open_connection("127.0.0.1", first.port)
        writer.write(message("GET", "/"))
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.wait_for(second.close(grace=30), 10)
        writer.close()
        await first.close(grace=5)
        assert told == ["closed"]

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


def test_a_device_that_is_not_closed_in_time(server_class, loop_factory, caplog):
    caplog.set_level(logging.INFO, "fastresp")
    told, free = [1], threading.Event()
    device = Blocking(told, free)
    server = server_class(lambda _, responder: responder.write(device, "text/plain"))
    with server.background(host="127.0.0.1", port=0, grace=0.5, loop_factory=loop_factory), Client(server.port) as it:
        it.get()
        assert device.begun.wait(10)
        it.reset()
        wait_for_no_connection(server)
    assert "waiting for 1 device to be closed" in caplog.messages
    assert "given up at the end of grace: 1 device, not closed" in caplog.messages
    assert told == [1, "read"]
    free.set()


def test_another_server_of_the_loop_keeps_a_device_open(server_class, loop_factory):
    """That is waited for at the end of the other one alone."""
    told, free = [], threading.Event()

    async def main():
        one, other = server_class(lambda _, responder: responder.write(b"x")), server_class(blocks)
        await one.start(port=0)
        await other.start(port=0)
        reader, writer = await asyncio.open_connection("127.0.0.1", other.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        while told != [1, "read"]:  # noqa: ASYNC110
            await asyncio.sleep(0)
        sockopts.reset_at_close(writer.get_extra_info("socket"))  # a FIN says only that nothing more is sent
        writer.transport.abort()
        while other._service.connections:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await asyncio.wait_for(one.close(600), 10)
        assert other._service.devices
        free.set()
        await other.close(600)

    def blocks(_, responder):
        told.append(1)
        responder.write(Blocking(told, free), "text/plain")

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


def test_another_server_opens_and_closes_devices_meanwhile(monkeypatch):
    """In its thread, while this one looks for those of its own loop."""

    class Other:
        def get_loop(self):
            opened.add(Other())

    opened: set[object] = {Other()}
    monkeypatch.setattr(closing, "_open", opened)
    asyncio.run(asyncio.wait_for(in_this_loop(), 10))


async def in_this_loop():
    await closing.all_closed(SimpleNamespace(devices=set(), loop=asyncio.get_running_loop()))


def test_a_close_that_outlasts_the_grace_has_not_failed(server_class, loop_factory, caplog):
    """It is given up, which one line tells of all of them; in their threads they go on."""
    caplog.set_level(logging.INFO, "fastresp")
    free, begun, ended = threading.Event(), threading.Semaphore(0), threading.Semaphore(0)

    class Slow:
        def read(self, count):
            return b""

        def close(self):
            begun.release()
            free.wait(10)
            ended.release()

    server = server_class(lambda request, responder: responder.write(Slow(), "text/plain"))
    with server.background(port=0, grace=0.1, loop_factory=loop_factory):
        for _ in range(3):
            with Client(server.port) as client:
                client.get()
                assert client.answer().body == b""
            assert begun.acquire(timeout=10)
    free.set()
    assert all(ended.acquire(timeout=10) for _ in range(3))
    assert "3 devices, not closed" in caplog.text
    assert not [record for record in caplog.records if record.exc_info]
