"""What the log says of faults: once, with the client's address; and a flood of faults does not flood it."""

from __future__ import annotations

import logging
import re
import socket
import threading

import pytest
from connection.tools import Gate, Inbox, Late, answer_late, in_loop, message, post, wait_for_no_connection

from fastresp.words import shown

FLOOD = 3000
MOST = 400
"""Lines for a flood that takes a few seconds."""


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.getMessage()}")


@pytest.fixture
def lines():
    handler = Lines()
    logger = logging.getLogger("fastresp")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)  # forgets what was enabled before; an assignment does not
    yield handler.lines
    logger.setLevel(level)
    logger.removeHandler(handler)


def address(client) -> str:
    host, port = client.socket.getsockname()
    return f"{host}:{port}"


def hello(request, responder):
    responder.write(request.body or b"hello", "text/plain")


def raises(request, responder):
    raise LookupError("of the handler's")


def raises_in_the_middle(request, responder):
    responder.write_begin_chunked("text/plain")
    raise LookupError("of the handler's")


async def raises_later(request, responder):
    await request.read()
    raise LookupError("of the handler's")


def never_answers(request, responder):
    return


@pytest.mark.parametrize(
    ("handler", "line"),
    [
        (raises, "ERROR the handler failed on GET /path from {}"),
        (raises_in_the_middle, "ERROR the handler failed on GET /path from {}"),
        (raises_later, "ERROR the handler failed on GET /path from {}"),
        (never_answers, "ERROR the responder of GET /path from {} was dropped without an answer"),
    ],
)
def test_a_handlers_fault(serve, connect, lines, handler, line):
    server = serve(handler)
    client = connect(server)
    client.get("/path")
    if handler is raises_in_the_middle:
        client.is_reset()
    else:
        assert client.answer().status == 500
    client.socket.getsockname()
    expected = line.format(address(client))
    client.socket.close()
    wait_for_no_connection(server)
    assert [entry for entry in lines if entry.startswith(expected)] == lines
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (message("GET", "/" + "x" * 70000), 414),
        (message("GET", "/", "X: " + "x" * 50000), 431),
        (message("POST", "/", "Content-Length: 99999999999"), 413),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ],
)
def test_a_clients_fault(serve, connect, lines, data, status):
    server = serve(hello)
    client = connect(server)
    client.send(data)
    assert client.answer().status == status
    expected = f"INFO {status} to {address(client)}: "
    client.socket.close()
    wait_for_no_connection(server)
    assert len(lines) == 1
    assert lines[0].startswith(expected)


def test_nothing_of_clients_that_leave(serve, connect, lines):
    """Nor of answers that are given after they left."""
    late = Late()
    server = serve(late)
    for leave in ("close", "reset"):
        client = connect(server)
        client.get()
        _, responder = late.calls.get()
        client.reset() if leave == "reset" else client.socket.close()
        gone = Inbox()
        in_loop(server, responder.on_close, gone.put)
        gone.get()
        answer_late(server, responder, "too late")
        del responder
    wait_for_no_connection(server)
    assert lines == []


def test_a_handler_that_is_cancelled(serve, connect, lines):
    """By the end of the server's patience: the client is not told a lie, the log is not filled."""
    begun, gate = Inbox(), Gate()

    async def handle(request, responder):
        begun.put()
        await gate.passed()

    server = serve(handle, grace=0.2)
    client = connect(server)
    client.get()
    begun.get()
    in_loop(server, lambda: [task.cancel() for task in server._service.tasks])
    assert client.answer().status == 500
    client.socket.close()
    wait_for_no_connection(server)
    assert len(lines) <= 1


def flood(port: int, data: bytes, count: int) -> None:
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", port), 10) as client:
            client.sendall(data)
            while client.recv(65536):
                pass


@pytest.mark.parametrize("kind", ["bad", "broken off"])
def test_a_flood_of_faults(serve, connect, lines, kind):
    """A few lines of each second, and one that counts the rest: none is forgotten."""

    async def read(request, responder):
        responder.write(await request.read())

    count = FLOOD if kind == "bad" else FLOOD // 5
    server = serve(hello if kind == "bad" else read)
    data = b"BAD\r\n\r\n" if kind == "bad" else post("/", b"body")[:-1]
    threads = [threading.Thread(target=flood_of, args=(server.port, data, count // 2, kind)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for_no_connection(server)
    in_loop(server, server._service.close)  # what the last second has not told yet
    assert len(lines) < MOST
    told = 0
    for line in lines:
        more = re.fullmatch(r"INFO and (\d+) more faults of clients in that second", line)
        told += int(more[1]) if more else 1
    assert told == count


def flood_of(port: int, data: bytes, count: int, kind: str) -> None:
    if kind == "bad":
        flood(port, data, count)
        return
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", port), 10) as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass


@pytest.fixture
def accesses():
    handler = Lines()
    logger = logging.getLogger("fastresp.access")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield handler.lines
    logger.setLevel(level)
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ('/x"y', r"/x\x22y"),
        ('/" 200 5\\', None),
        ("/back\\slash", r"/back\x5Cslash"),
        ("/a?b=%22", "/a?b=%22"),
        ("/" + "x" * 1023, "/" + "x" * 1023),
        ("/" + "x" * 1024, "/" + "x" * 1023 + "...[1025]"),
        ("/" + '"' * 60000, "/" + r"\x22" * 1023 + "...[60001]"),
    ],
)
def test_a_target_in_the_access_log(serve, connect, accesses, target, told):
    """As nginx escapes it, and no longer than a line may be."""
    server = serve(hello, access_log=True)
    client = connect(server)
    client.send(message("GET", target))
    answer = client.answer()
    assert answer.status == (200 if told else 400)
    expected = f'INFO {address(client)} "GET {told} HTTP/1.1" 200 '
    client.socket.close()
    wait_for_no_connection(server)
    assert [line[: len(expected)] for line in accesses] == ([expected] if told else [])


def test_text_of_clients():
    assert shown("plain text") == "plain text"
    assert shown('"\\\n\x00\x7f') == r"\x22\x5C\x0A\x00\x7F"
    assert shown("ü\udcff") == r"\xC3\xBC\xFF"
