"""A server that runs out of descriptors keeps serving those it has, is quiet about it, and takes in new ones when there
is room again.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from asyncio import constants
from contextlib import ExitStack, suppress

import pytest
from client import Client

LIMIT = 64
FLOOD = 200

APP = """
def handle(request, responder):
    responder.write(b"hello", "text/plain")
"""


def ask(client: Client) -> None:
    client.get()
    assert client.answer().body == b"hello"


@pytest.fixture
def flooded(site):
    """A server without a descriptor left, and clients that it has served before."""
    server = site(APP, descriptors=LIMIT)
    with ExitStack() as stack:
        good = [stack.enter_context(server.connect()) for _ in range(5)]
        for client in good:
            ask(client)
        others = stack.enter_context(ExitStack())
        for _ in range(FLOOD):
            client = others.enter_context(socket.socket())
            client.settimeout(10)
            client.connect(("127.0.0.1", server.port))
        end = time.monotonic() + 10
        while server.descriptors() < LIMIT - 2:
            assert time.monotonic() < end
            for client in good:
                ask(client)
        yield server, good, others


def test_no_accept_is_tried_behind_the_end(server_class, loop_factory):
    """asyncio puts it off for a second."""
    failures = []

    class Listening(socket.socket):
        def accept(self):
            failed.set()
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context["exception"]))
        server = server_class(lambda request, responder: None)
        await server.start(sock=listening)
        with socket.create_connection(("127.0.0.1", server.port)):
            await failed.wait()
            await server.close(0)
        await asyncio.sleep(constants.ACCEPT_RETRY_DELAY + 0.2)

    with Listening() as listening, asyncio.Runner(loop_factory=loop_factory) as runner:
        if not isinstance(runner.get_loop(), asyncio.SelectorEventLoop):
            pytest.skip("accepts by itself")
        failed = asyncio.Event()
        listening.bind(("127.0.0.1", 0))
        runner.run(main())
    assert {error.errno for error in failures} == {errno.EMFILE}


def test_the_log_says_what_becomes_of_new_clients(flooded, loop_factory):
    server, _, _ = flooded
    end = time.monotonic() + 10
    while "no file descriptor is left" not in server.log():
        assert time.monotonic() < end
        time.sleep(0.01)
    turned_away = loop_factory.__module__.startswith("uvloop")
    assert ("so that uvloop ends new connections without a word" in server.log()) is turned_away
    assert ("and new connections have to wait" in server.log()) is not turned_away


def test_keeps_serving_and_recovers(flooded):
    server, good, others = flooded
    before, begun = server.cpu(), time.monotonic()
    answered = 0
    while time.monotonic() < begun + 1.5:
        for client in good:
            ask(client)
            answered += 1
        time.sleep(0.05)
    assert answered >= 5
    assert server.cpu() - before < 0.75, "a busy loop"
    others.close()
    end = time.monotonic() + 10
    while True:
        with suppress(OSError, AssertionError), server.connect() as client:
            client.socket.settimeout(2)
            ask(client)
            break
        assert time.monotonic() < end, "no new client is served"
    for client in good:
        ask(client)
    log = server.log()
    assert len(log) < 20000, log[:2000]
    assert server.stop() == 0


def test_ends_in_time(flooded):
    server, good, _ = flooded
    begun = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begun < 10
    for client in good:
        assert client.rest() == b""
