"""Qt's tests/auto/qhttpservermultithreaded: many clients at once, late answers, slow ends; TCP and a local socket."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import ExitStack

import pytest
from client import Client
from connection.tools import Gate, Inbox, message, post


async def change_case(request, responder):
    """Answers from a pool thread, as Qt's handler does."""
    body = await request.read()
    change = bytes.upper if request.path == "/upper" else bytes.lower
    responder.write(await asyncio.to_thread(change, body), "text/plain")


@pytest.fixture(params=["tcp", "local"])
def start(request, server_class, loop_factory, tmp_path):
    """Serves a handler on one kind of socket; gives a function that connects to it."""
    with ExitStack() as stack:

        def start(handler):
            path = str(tmp_path / "socket")
            server = server_class(handler)
            where = {"host": "127.0.0.1", "port": 0} if request.param == "tcp" else {"uds": path}
            stack.enter_context(server.background(**where, grace=5.0, loop_factory=loop_factory))
            return lambda: stack.enter_context(Client(server.port if request.param == "tcp" else path))

        yield start


@pytest.mark.parametrize(
    ("target", "body", "expected"),
    [
        ("/upper", b"upper case", b"UPPER CASE"),
        ("/lower", b"LOWER CASE", b"lower case"),
        ("/upper", b"", b""),
        ("/lower", b"\xc3\x84", b"\xc3\x84"),
        ("/upper", b"x" * 100000, b"X" * 100000),
        ("/lower", b"Y" * 100000, b"y" * 100000),
    ],
    ids=["upper", "lower", "empty", "not-ascii", "large-upper", "large-lower"],
)
def test_single_call(start, target, body, expected):
    """singleCall: one request, its echo in the other case."""
    client = start(change_case)()
    client.send(post(target, body))
    answer = client.answer()
    assert int(answer.one(b"content-length")) == len(expected)
    assert answer.body == expected


def test_multiple_calls_on_each_connection(start):
    """multipleCallsOnEachConnection: two connections, a hundred requests on each."""
    connect = start(change_case)
    clients = [connect() for _ in range(2)]
    for number in range(100):
        for client in clients:
            client.send(post("/upper", b"text %d" % number))
        for client in clients:
            assert client.answer().body == b"TEXT %d" % number


def test_more_connections_than_server_threads(start):
    """moreConnectionsThanServerThreads: twelve connections, two hundred requests on each."""
    connect = start(change_case)
    clients = [connect() for _ in range(12)]
    wrong = Inbox()

    def talk(client: Client, name: int) -> None:
        for number in range(0, 200, 10):
            client.send(b"".join(post("/upper", b"c%d r%d" % (name, number + offset)) for offset in range(10)))
            for offset in range(10):
                if client.answer().body != b"C%d R%d" % (name, number + offset):
                    wrong.put((name, number + offset))

    threads = [threading.Thread(target=talk, args=(client, name)) for name, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert wrong.count == 0


def test_read_slow(start):
    """readSlow: a client that takes ten bytes at a time gets all of them."""
    client = start(change_case)()
    client.send(post("/upper", b"some text " * 20))
    data = b""
    while not data.endswith(b"SOME TEXT " * 20):
        time.sleep(0.002)
        piece = client.socket.recv(10)
        assert piece
        data += piece
    assert data.startswith(b"HTTP/1.1 200 OK\r\n")


def test_post_slow(start):
    """postSlow: the head comes line by line; the names come back in order."""

    async def handle(request, responder):
        await request.read()
        responder.write(",".join(name for name, _ in request.headers))

    client = start(handle)()
    for line in (b"POST / HTTP/1.1", b"Host: x", b"First: 1", b"Second: 2", b"Third: 3", b"Content-Length: 4", b""):
        client.send(line + b"\r\n")
        time.sleep(0.02)
    client.send(b"body")
    assert client.answer().body == b"Host,First,Second,Third,Content-Length"


def test_use_semaphores(start):
    """useSemaphores: six handlers wait together, are let go, and each answers with its own number."""
    gate, waiting = Gate(), Inbox()

    async def handle(request, responder):
        waiting.put()
        await gate.passed()
        responder.write(request.path)

    connect = start(handle)
    clients = [connect() for _ in range(6)]
    for number, client in enumerate(clients):
        client.get(f"/{number}")
    waiting.take(6)
    gate.open()
    assert [client.answer().body for client in clients] == [b"/%d" % number for number in range(6)]


def test_waiting_in_parallel(start):
    """waitingInParallel: the handlers of two connections overlap."""
    met = asyncio.Event()
    inside = []

    async def handle(request, responder):
        inside.append(request.path)
        if len(inside) == 2:
            met.set()
        await met.wait()
        responder.write(request.path)

    connect = start(handle)
    clients = [connect(), connect()]
    for number, client in enumerate(clients):
        client.get(f"/{number}")
    assert [client.answer().body for client in clients] == [b"/0", b"/1"]


def test_wait_pipelined(start):
    """waitPipelined: three pipelined requests that take ever less time: the answers keep their order."""

    async def handle(request, responder):
        await asyncio.sleep(int(request.query["ms"]) / 1000)
        responder.write(request.query["ms"])

    client = start(handle)()
    client.send(b"".join(message("GET", f"/wait?ms={ms}") for ms in (150, 50, 1)))
    assert [client.answer().body for _ in range(3)] == [b"150", b"50", b"1"]


def test_many_waiting_to_respond(start):
    """manyWaitingToRespond: eighteen clients whose handlers wait are all answered."""

    async def handle(request, responder):
        await asyncio.sleep(0.02)
        responder.write(request.path)

    connect = start(handle)
    clients = [connect() for _ in range(18)]
    for number, client in enumerate(clients):
        client.get(f"/{number}")
    assert [client.answer().body for client in clients] == [b"/%d" % number for number in range(18)]


def test_one_slow_many_fast(start):
    """oneSlowManyFast: the fast ones finish while the slow one still runs."""
    gate = Gate()

    async def handle(request, responder):
        if request.path == "/slow":
            await gate.passed()
        responder.write(request.path)

    connect = start(handle)
    slow = connect()
    slow.get("/slow")
    fast = [connect() for _ in range(5)]
    for client in fast:
        client.get("/fast")
    assert [client.answer().body for client in fast] == [b"/fast"] * 5
    gate.open()
    assert slow.answer().body == b"/slow"
