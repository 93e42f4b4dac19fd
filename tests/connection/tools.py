"""What the tests of connections share: a bridge from the test's thread into the server's loop, and request builders."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from client import TIMEOUT

from fastresp import Server


def message(method: str, target: str, *fields: str, body: bytes = b"", version: str = "1.1") -> bytes:
    """A request with a Host field, the fields given, and a body; nothing frames the body but the fields given."""
    lines = [f"{method} {target} HTTP/{version}", "Host: test", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def post(target: str, body: bytes, *fields: str) -> bytes:
    """A POST framed by its content-length."""
    return message("POST", target, f"Content-Length: {len(body)}", *fields, body=body)


def chunked(target: str, *chunks: bytes, trailers: str = "", fields: tuple[str, ...] = ()) -> bytes:
    """A chunked POST."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    body += b"0\r\n" + trailers.encode("latin-1") + b"\r\n"
    return message("POST", target, "Transfer-Encoding: chunked", *fields, body=body)


def in_loop(server: Server, function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a function in the server's loop and returns what it returns."""
    result: Future[Any] = Future()

    def call() -> None:
        try:
            result.set_result(function(*arguments))
        except BaseException as error:
            result.set_exception(error)

    server._loop.call_soon_threadsafe(call)
    return result.result(TIMEOUT)


def settle(server: Server) -> None:
    """Lets the server's loop turn until what was in the sockets has been dealt with."""
    for _ in range(50):
        in_loop(server, int)


def wait_for_no_connection(server: Server) -> None:
    """Returns when the server has forgotten all connections; an error if that takes too long."""
    for _ in range(100):
        settle(server)  # it may not have accepted all of them yet
        if not in_loop(server, lambda: len(server._service.connections)):
            return
        asyncio.run_coroutine_threadsafe(server._service.closed(), server._loop).result(TIMEOUT)
    raise AssertionError("there are always connections")


class Gate:
    """What a coroutine of the server waits for until the test opens it."""

    def __init__(self) -> None:
        self._future: Future[None] = Future()

    def open(self) -> None:
        self._future.set_result(None)

    async def passed(self) -> None:
        await asyncio.wrap_future(self._future)


class Inbox:
    """Things that the server's thread hands to the test, in order."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self.count = 0

    def put(self, thing: Any = None) -> None:
        self.count += 1
        self._queue.put(thing)

    def get(self, timeout: float = TIMEOUT) -> Any:
        return self._queue.get(timeout=timeout)

    def take(self, count: int) -> list[Any]:
        return [self.get() for _ in range(count)]


class Late:
    """A plain handler that keeps what it was given; the test answers, in the server's loop."""

    def __init__(self) -> None:
        self.calls = Inbox()

    def __call__(self, request: Any, responder: Any) -> None:
        self.calls.put((request, responder))


def answer_late(server: Server, responder: Any, text: str) -> None:
    """Answers in the server's loop."""
    in_loop(server, responder.write, text)


class Log(logging.Handler):
    """Collects what is logged at WARNING and above; a test that expects something takes it out."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.inbox = Inbox()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{record.name}: {record.getMessage()}"
        if record.exc_info:
            line += "\n" + logging.Formatter().formatException(record.exc_info)
        self.lines.append(line)
        self.inbox.put(line)

    def expect(self, *parts: str) -> str:
        """Waits for the next line, which holds these parts, and takes it out."""
        line: str = self.inbox.get()
        for part in parts:
            assert part in line
        self.lines.remove(line)
        return line


@contextmanager
def nothing_logged() -> Iterator[Log]:
    """Asserts that nothing was logged at WARNING or above but what the test took out."""
    log = Log()
    root = logging.getLogger()
    root.addHandler(log)
    try:
        yield log
    finally:
        root.removeHandler(log)
    assert log.lines == [], log.lines
