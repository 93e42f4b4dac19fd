"""What a handler or a callback raises, of whatever kind, ends its request with one line in the log."""

from __future__ import annotations

import asyncio
import logging

import pytest
from connection.tools import Inbox, message, wait_for_no_connection

from fastresp.errors import BodyError


class Own(BaseException):
    """One that is no Exception."""


class Odd(Exception):
    """One that looks like none."""

    @property
    def __class__(self):
        raise LookupError("of the test's")


class Liar(Exception):
    """One that says it is another, whose attributes it has not."""

    __class__ = BodyError


KINDS = [
    ValueError,
    Odd,
    Liar,
    asyncio.CancelledError,
    GeneratorExit,
    StopIteration,
    StopAsyncIteration,
    SystemExit,
    KeyboardInterrupt,
    Own,
]


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def lines():
    lines = Lines()
    logger = logging.getLogger("fastresp")  # not asyncio's, which tells of other tests' tasks when they are collected
    logger.addHandler(lines)
    yield lines.records
    logger.removeHandler(lines)


def one_line(lines, text: str, path: str, kind: type[BaseException]) -> None:
    """One ERROR line, with the traceback."""
    assert [record.levelname for record in lines] == ["ERROR"], [record.getMessage() for record in lines]
    assert text in lines[0].getMessage()
    assert path in lines[0].getMessage()
    found = lines[0].exc_info[1]
    # a coroutine turns a StopIteration into a RuntimeError, and so does Python with StopAsyncIteration in a generator
    assert type(found) is kind or type(found.__cause__) is kind


def plain(kind):
    def handle(request, responder):
        if request.path == "/bad":
            raise kind("of the handler's")
        responder.write(request.target, "text/plain")

    return handle


def coroutine(kind):
    async def handle(request, responder):
        if request.path == "/bad":
            raise kind("of the handler's")
        responder.write(request.target, "text/plain")

    return handle


def waiting(kind):
    async def handle(request, responder):
        await asyncio.sleep(0)
        if request.path == "/bad":
            raise kind("of the handler's")
        responder.write(request.target, "text/plain")

    return handle


def in_the_middle(kind):
    def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        responder.write_chunk("begun")
        if request.path == "/bad":
            raise kind("of the handler's")
        responder.write_end_chunked()

    return handle


def in_the_middle_of_a_coroutine(kind):
    async def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        responder.write_chunk("begun")
        await responder.drain()
        if request.path == "/bad":
            raise kind("of the handler's")
        responder.write_end_chunked()

    return handle


@pytest.mark.parametrize("kind", KINDS)
class TestHandlers:
    @pytest.mark.parametrize("handler", [plain, coroutine, waiting])
    def test_500_and_those_behind_are_answered(self, serve, connect, lines, handler, kind):
        server = serve(handler(kind))
        client = connect(server)
        client.send(message("GET", "/before") + message("GET", "/bad") + message("GET", "/behind") * 3)
        assert client.answer().body == b"/before"
        answer = client.answer()
        assert answer.status == 500
        assert answer.all(b"connection") == []
        for _ in range(3):
            assert client.answer().body == b"/behind"
        other = connect(server)
        other.get("/other")
        assert other.answer().body == b"/other"
        one_line(lines, "the handler failed on", "/bad", kind)

    @pytest.mark.parametrize("handler", [in_the_middle, in_the_middle_of_a_coroutine])
    def test_broken_off(self, serve, connect, lines, handler, kind):
        server = serve(handler(kind))
        client = connect(server)
        client.get("/bad")
        data = client.rest()
        assert data.endswith(b"5\r\nbegun\r\n")
        other = connect(server)
        other.get("/other")
        assert other.answer().body == b"begun"
        one_line(lines, "the handler failed on", "/bad", kind)

    def test_a_callback_of_on_close(self, serve, connect, lines, kind):
        called = Inbox()

        def fail():
            called.put()
            raise kind("of the callback's")

        def handle(request, responder):
            if request.path == "/bad":
                responder.on_close(called.put)
                responder.on_close(fail)
                responder.on_close(called.put)
            responder.write(request.target, "text/plain")

        server = serve(handle)
        client = connect(server)
        client.send(message("GET", "/bad") + message("GET", "/behind") * 3)
        assert client.answer().body == b"/bad"
        for _ in range(3):
            assert client.answer().body == b"/behind"
        called.take(3)
        client.socket.close()
        wait_for_no_connection(server)
        one_line(lines, "a callback of on_close() failed", "", kind)

    def test_a_callback_that_is_called_as_the_client_leaves(self, serve, connect, lines, kind):
        called, asked = Inbox(), Inbox()
        responders = []

        def fail():
            called.put()
            raise kind("of the callback's")

        def handle(request, responder):
            responder.on_close(fail)
            responder.on_close(called.put)
            responders.append(responder)
            asked.put()

        server = serve(handle)
        client = connect(server)
        client.get()
        asked.get()
        client.reset()
        called.take(2)
        wait_for_no_connection(server)
        one_line(lines, "a callback of on_close() failed", "", kind)


@pytest.mark.parametrize("when", ["before", "in the middle"])
class TestCancelled:
    """A handler awaits what another has cancelled."""

    def test_it_is_told(self, serve, connect, lines, when):
        async def handle(request, responder):
            if request.path == "/fine":
                responder.write("fine")
                return
            if when != "before":
                responder.write_begin_chunked("text/plain")
                responder.write_chunk("begun")
            task = asyncio.ensure_future(asyncio.Event().wait())
            asyncio.get_running_loop().call_soon(task.cancel)
            await task

        server = serve(handle)
        client = connect(server)
        client.get("/path")
        if when == "before":
            assert client.answer().status == 500
            client.get("/fine")
            assert client.answer().body == b"fine"
        else:
            assert client.rest().endswith(b"5\r\nbegun\r\n")
        client.socket.close()
        wait_for_no_connection(server)
        one_line(lines, "the handler failed on", "/path", asyncio.CancelledError)


class Broken(logging.Handler):
    """A log that raises, itself."""

    def __init__(self, kind: type[BaseException]) -> None:
        super().__init__(logging.INFO)
        self.kind = kind
        self.calls = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.calls += 1
        raise self.kind("of the log's")


@pytest.mark.parametrize("kind", [ValueError, SystemExit, asyncio.CancelledError, Own])
@pytest.mark.parametrize("handler", [plain, coroutine, waiting])
def test_a_log_that_raises(serve, connect, kind, handler):
    broken = Broken(kind)
    logger = logging.getLogger("fastresp")
    logger.addHandler(broken)
    try:
        server = serve(handler(ValueError))
        client = connect(server)
        client.send(message("GET", "/before") + message("GET", "/bad") + message("GET", "/behind") * 3)
        assert client.answer().body == b"/before"
        assert client.answer().status == 500
        for _ in range(3):
            assert client.answer().body == b"/behind"
        assert broken.calls == 1
    finally:
        logger.removeHandler(broken)


@pytest.mark.parametrize("kind", [ValueError, SystemExit, Own])
@pytest.mark.parametrize(
    "handler",
    [
        plain,
        coroutine,
    ],
)
def test_an_access_log_that_raises(serve, connect, lines, kind, handler):
    broken = Broken(kind)
    logger = logging.getLogger("fastresp.access")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(broken)
    try:
        client = connect(serve(handler(ValueError), access_log=True))
        client.socket.settimeout(3)
        client.send(message("GET", "/one") + message("GET", "/two"))
        assert client.answer().body == b"/one"
        assert client.answer().body == b"/two"
    finally:
        logger.removeHandler(broken)
        logger.setLevel(level)
