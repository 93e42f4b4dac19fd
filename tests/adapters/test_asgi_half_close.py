"""ASGI: a client that closes its side is told of at once, and may still take an answer; none is no fault."""

from __future__ import annotations

import asyncio
import logging

import pytest
from adapters.asgi_applications import body, start
from client import Client
from connection.tools import Inbox, wait_for_no_connection

from fastresp.asgi import AsgiHandler

PLAIN = (b"content-type", b"text/plain")
STARTS = pytest.mark.parametrize("begin", ["nothing", "start", "content"])


@pytest.fixture
def at_fin(serve, connect, log):
    """Runs `then(receive, send)` once the application was told of the FIN, behind a beginning of its answer."""

    def run(begin, then, *fields):
        told, ended = Inbox(), Inbox()

        async def app(scope, receive, send):
            if scope["type"] != "http":
                return
            try:
                assert (await receive())["type"] == "http.request"
                if begin != "nothing":
                    await send(start(200, PLAIN, *fields))
                if begin == "content":
                    await send(body(b"one ", more=True))
                told.put()
                assert (await receive())["type"] == "http.disconnect"
                await then(receive, send)
            finally:
                ended.put()

        server = serve(AsgiHandler(app), date_header=False)
        client = connect(server)
        client.get()
        told.get()
        client.half_close()
        ended.get()
        return server, client

    return run


def unfinished(client) -> None:
    """The connection ends, and nothing on it looks like a complete answer."""
    data = client.rest()
    assert b" 500 " not in data
    assert not data.endswith(b"0\r\n\r\n")


def no_fault(log) -> None:
    assert [line for line in log.lines if "failed" in line or "Traceback" in line or "dropped" in line] == []


@STARTS
def test_one_that_returns(at_fin, log, begin):
    async def then(receive, send):
        pass

    server, client = at_fin(begin, then)
    unfinished(client)
    log.wait_for("the application returned")
    wait_for_no_connection(server)
    no_fault(log)


@STARTS
def test_one_that_raises(at_fin, log, begin):
    async def then(receive, send):
        raise LookupError("nothing to do")

    server, client = at_fin(begin, then)
    unfinished(client)
    log.wait_for("the application ended with LookupError('nothing to do') on GET / from 127.0.0.1:")
    wait_for_no_connection(server)
    no_fault(log)


@STARTS
def test_one_that_answers(at_fin, log, begin):
    async def then(receive, send):
        if begin == "nothing":
            await send(start(200, PLAIN))
        if begin != "content":
            await send(body(b"one ", more=True))
        await send(body(b"two ", more=True))
        await send(body(b"three"))

    server, client = at_fin(begin, then)
    assert client.answer().body == b"one two three"
    assert client.rest() == b""
    wait_for_no_connection(server)
    no_fault(log)


@STARTS
def test_one_that_answers_and_raises(at_fin, log, begin):
    async def then(receive, send):
        if begin == "nothing":
            await send(start(200, PLAIN))
        await send(body(b"all"))
        raise LookupError("behind it")

    server, client = at_fin(begin, then)
    assert client.answer().body == (b"one all" if begin == "content" else b"all")
    assert client.rest() == b""
    wait_for_no_connection(server)


def test_one_that_answers_with_a_length(at_fin, log):
    async def then(receive, send):
        await send(body(b"two", more=False))

    server, client = at_fin("content", then, (b"content-length", b"7"))
    assert client.answer().body == b"one two"
    wait_for_no_connection(server)
    no_fault(log)


def test_one_that_returns_before_its_length(at_fin, log):
    async def then(receive, send):
        pass

    server, client = at_fin("content", then, (b"content-length", b"700"))
    assert client.rest().endswith(b"\r\n\r\none ")
    wait_for_no_connection(server)


def test_it_is_a_fault_where_the_client_is_there(serve, connect, log):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await receive()

    client = connect(serve(AsgiHandler(app)))
    client.get()
    assert client.answer().status == 500
    log.wait_for("the application returned without an answer")


def test_it_is_a_fault_behind_a_complete_answer(serve, connect, log):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send(start(200, PLAIN))
            await send(body(b"all"))
            while (await receive())["type"] != "http.disconnect":
                pass
            raise LookupError("behind it")

    client = connect(serve(AsgiHandler(app)))
    client.get()
    assert client.answer().body == b"all"
    log.wait_for("LookupError: behind it")


def test_a_stream_of_events_ends_at_the_fin(serve, connect, log):
    """As sse-starlette and others do: one task sends, another waits for the disconnect and cancels it."""
    ended, stopped = Inbox(), Inbox()

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return

        async def events():
            await send(start(200, (b"content-type", b"text/event-stream")))
            await send(body(b"data: first\n\n", more=True))
            try:
                await asyncio.Event().wait()
            finally:
                stopped.put()

        async def listen():
            while (await receive())["type"] != "http.disconnect":
                pass

        await receive()
        sending = asyncio.ensure_future(events())
        await listen()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        ended.put()

    server = serve(AsgiHandler(app))
    for leave in ("half_close", "close"):
        client = connect(server)
        client.get()
        client.until(b"data: first\n\n")
        client.half_close() if leave == "half_close" else client.socket.close()
        stopped.get()
        ended.get()
        if leave == "half_close":
            unfinished(client)
    wait_for_no_connection(server)
    no_fault(log)
    client = connect(server)
    client.get()
    client.until(b"data: first\n\n")
    closing = asyncio.run_coroutine_threadsafe(server.close(10.0), server._loop)
    client.half_close()
    closing.result(5)


def test_many_of_them_are_few_lines(at_fin, log, monkeypatch):
    """Twenty in a second, and then how many there were more."""

    async def then(receive, send):
        pass

    now = 100.0
    monkeypatch.setattr("fastresp.asgi.remarks.monotonic", lambda: now)
    server, _ = at_fin("nothing", then)
    for _ in range(49):
        with Client(server.port) as client:
            client.get()
            client.half_close()
            assert client.rest() == b""
    wait_for_no_connection(server)
    now = 101.0
    with Client(server.port) as client:
        client.get()
        client.half_close()
        assert client.rest() == b""
    log.wait_for("and 30 more applications")
    assert len([line for line in log.lines if "the application returned without a whole answer" in line]) <= 21


def test_no_answer_in_the_access_log(serve, connect, caplog):
    """As of any client that leaves before its answer begins."""
    caplog.set_level(logging.INFO, "fastresp.access")

    async def app(scope, receive, send):
        if scope["type"] == "http":
            while (await receive())["type"] != "http.disconnect":
                pass

    server = serve(AsgiHandler(app), access_log=True)
    client = connect(server)
    client.get()
    client.half_close()
    assert client.rest() == b""
    wait_for_no_connection(server)
    assert [message.partition(" ")[2] for message in caplog.messages] == ['"GET / HTTP/1.1" 499 0']


def test_an_end_that_another_task_is_told_of(serve, connect, log):
    """It takes back nothing of what send() has said: that the client has the whole answer is no fault."""
    ended = Inbox()

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        assert (await receive())["type"] == "http.request"
        try:
            await send(start(200, PLAIN))
            await send(body(b"one", more=True))
            try:
                await send(body(b"two", more=True))
            except OSError:
                assert (await receive())["type"] == "http.disconnect"
                raise
        finally:
            ended.put()

    client = connect(serve(AsgiHandler(app)))
    client.get(method="HEAD")
    client.head()
    ended.get()
    client.get(method="HEAD")
    client.head()
    ended.get()
    no_fault(log)
