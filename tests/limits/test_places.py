"""A client's place among the connections, kept by what works for it: handlers, and devices that are being closed."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import suppress
from queue import Empty

import pytest
from client import Client
from connection.tools import Inbox, in_loop, message, post, settle, wait_for_no_connection

from fastresp.wsgi import WsgiHandler

LIMITS = [("max_connections", 503), ("max_connections_per_host", 429)]


class Scene:
    """What works for a request until it is let go."""

    def __init__(self) -> None:
        self.begun = Inbox()
        self.ended = Inbox()
        self.go = threading.Event()

    async def wait(self) -> None:
        while not self.go.is_set():  # noqa: ASYNC110 (it is set in another thread)
            await asyncio.sleep(0.005)
        self.ended.put()

    async def coroutine(self, request, responder):
        await request.read()
        self.begun.put()
        await self.wait()
        responder.write(b"piece")

    def generator(self, request, responder):
        async def pieces():
            try:
                while True:
                    yield b"piece"
                    await asyncio.sleep(0.01)
            finally:
                await self.wait()

        responder.write(pieces(), "text/plain")
        self.begun.put()

    def generator_in_a_class(self, request, responder):
        scene = self

        class Pieces:
            async def __aiter__(self):
                try:
                    while True:
                        yield b"piece"
                        await asyncio.sleep(0.01)
                finally:
                    await scene.wait()

        responder.write(Pieces(), "text/plain")
        self.begun.put()

    def read(self, request, responder):
        scene = self

        class Device:
            reads = 0

            def read(self, count):
                self.reads += 1
                if self.reads > 1:
                    scene.begun.put()
                    scene.go.wait(10)
                return b"piece"

            def close(self):
                scene.ended.put()

        responder.write(Device(), "text/plain")

    def close(self, request, responder):
        scene = self

        class Device:
            def read(self, count):
                return b"piece"

            def close(self):
                scene.go.wait(10)
                scene.ended.put()

        responder.write(Device(), "text/plain")
        self.begun.put()

    def wsgi(self, environ, start_response):
        start_response("200 OK", [])
        if environ["PATH_INFO"] == "/works":
            self.begun.put()
            self.go.wait(10)
            self.ended.put()
        return [b"x"]


@pytest.mark.parametrize("work", ["coroutine", "wsgi", "generator", "generator_in_a_class", "read", "close"])
@pytest.mark.parametrize(("limit", "status"), LIMITS)
def test_a_client_that_leaves_keeps_its_place_while_something_works_for_it(serve, connect, limit, status, work):
    """For that holds what the client has sent; or one client had any number of them at work."""
    scene = Scene()
    handler = getattr(scene, work)
    server = serve(WsgiHandler(handler) if work == "wsgi" else handler, **{limit: 1})
    client = connect(server)
    client.send(post("/works", b"x" * 1000))
    scene.begun.get()
    if work not in ("coroutine", "wsgi"):
        client.until(b"piece")
    client.reset()
    wait_for_no_connection(server)
    try:
        for _ in range(3):
            with Client(server.port) as other:
                assert other.answer().status == status
    finally:
        scene.go.set()
    scene.ended.get()
    while in_loop(server, lambda: len(server._service.left)):  # a thread is about to say so
        settle(server)
    with connect(server) as other:
        other.send(post("/works", b"x" * 1000))
        scene.begun.get()
    scene.ended.get()


@pytest.mark.parametrize(("limit", "status"), LIMITS)
def test_not_for_ever(serve, connect, caplog, limit, status):
    """What waits for an event that never comes, as a stream does whose application does not look whether anybody is
    still there, keeps nobody out for longer than write_timeout."""
    caplog.set_level(logging.INFO, "fastresp")
    scene = Scene()
    server = serve(scene.coroutine, write_timeout=0.3, **{limit: 1})
    admitted = 0
    while admitted < 3:
        client = connect(server)
        client.send(post("/works", b"x"))
        with suppress(Empty):
            scene.begun.get(0.1)
            admitted += 1
        client.reset()
        wait_for_no_connection(server)
    assert any("its place among the connections is given up" in line for line in caplog.messages)
    scene.go.set()
    for _ in range(3):
        scene.ended.get()
    settle(server)


def test_handlers_behind_their_answers_are_bounded(serve, connect):
    """A connection that has many of them at work is closed behind an answer, and keeps its place until they end."""
    scene = Scene()

    async def handle(request, responder):
        responder.write(b"x", "text/plain")
        await scene.wait()

    client = connect(serve(handle))
    count = 0
    is_last = False
    while not is_last:
        client.get()
        is_last = bool(client.answer().all(b"connection"))
        count += 1
    assert client.rest() == b""
    assert 128 <= count <= 130  # a task may not have begun, or not ended
    scene.go.set()
    scene.ended.take(count)


def test_what_a_plain_handler_returns_counts_too(serve, connect):
    """It is awaited behind the answer."""
    scene = Scene()

    def handle(request, responder):
        responder.write(b"x", "text/plain")
        return scene.wait()

    client = connect(serve(handle))
    for _ in range(128):
        client.get()
        assert not client.answer().all(b"connection")
    client.get()
    assert client.answer().one(b"connection") == b"close"
    scene.go.set()
    scene.ended.take(129)


def test_many_in_one_read(serve, connect):
    """The last of them says so."""
    scene = Scene()
    count = 300

    def handle(request, responder):
        responder.write(request.path.encode(), "text/plain")
        return scene.wait()

    client = connect(serve(handle))
    client.send(b"".join(message("GET", f"/{number}") for number in range(count)))
    answers = []
    while True:
        answers.append(client.answer())
        if answers[-1].all(b"connection"):
            break
    assert [answer.body for answer in answers] == [b"/%d" % number for number in range(len(answers))]
    assert len(answers) == 129
    scene.go.set()
    scene.ended.take(129)


@pytest.mark.parametrize("how", ["waits", "is idle", "ends"])
def test_a_connection_waits_for_the_close_of_a_result(serve, connect, how):
    """It is work of the thread, too: all threads are not one client's then. What waits for it is no idle connection."""
    scene = Scene()

    class Result(list):
        def close(self):
            scene.begun.put()
            scene.go.wait(10)
            scene.ended.put()

    def app(environ, start_response):
        start_response("200 OK", [])
        return Result([b"x"])

    server = serve(WsgiHandler(app, threads=8), keep_alive_timeout=0.1 if how == "is idle" else 10)
    client = connect(server)
    for _ in range(2):
        client.get()
    assert client.answer().body == b"x"
    scene.begun.get()
    assert scene.begun.count == 1
    if how == "is idle":
        time.sleep(0.4)  # of the server's own clock
    elif how == "ends":
        ending = asyncio.run_coroutine_threadsafe(server.close(600), server._loop)
        time.sleep(0.3)  # LAST_CALL is a time
    scene.go.set()
    scene.ended.take(1)
    assert client.answer().body == b"x"
    scene.ended.get()
    if how == "ends":
        ending.result(10)


def test_a_connection_waits_for_no_close_for_ever(serve, connect):
    """Behind a proxy, it is another client's request that would wait. Some of them may be at work: the last says so."""
    scene = Scene()

    class Result(list):
        def close(self):
            scene.go.wait(30)
            scene.ended.put()

    def app(environ, start_response):
        start_response("200 OK", [])
        return Result([environ["PATH_INFO"].encode()])

    # how often the server looks follows the shortest time-out
    client = connect(serve(WsgiHandler(app, threads=8), keep_alive_timeout=0.2, write_timeout=600))
    client.send(b"".join(message("GET", f"/{number}") for number in range(9)))
    answers = [client.answer() for _ in range(3)]
    assert [answer.body for answer in answers] == [b"/0", b"/1", b"/2"]
    assert [answer.all(b"connection") for answer in answers] == [[], [], [b"close"]]
    assert client.rest() == b""
    assert not scene.ended.count
    scene.go.set()
    scene.ended.take(3)
