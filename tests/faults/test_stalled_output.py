"""A reader of stderr or stdout that stalls stops neither the server nor its end, and gets whole lines afterwards."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sys
import threading
import time

import pytest
from client import Client
from server.conftest import Process

from fastresp import standard
from fastresp.standard import LIMIT, OVERHEAD, Output

REQUESTS = 5000
BATCH = 50
TARGET = "/" + "t" * 900
"""A line of the log of about 1 KB: far more than a pipe and the buffer hold."""

APP = """
import asyncio, logging, os, sys, threading, warnings

def handle(request, responder):
    responder.write("plain")

def prints(request, responder):
    print("p" * 900)
    responder.write("plain")

def logs(request, responder):
    logging.getLogger("own").warning("l" * 900)
    responder.write("plain")

def fails(request, responder):
    class Bad:
        def __del__(self):
            raise LookupError("u" * 900)
    Bad()
    warnings.warn("w" * 400 + os.urandom(8).hex())
    asyncio.get_running_loop().call_soon(lambda: 1 // 0)
    responder.write("plain")

def wsgi(environ, start_response):
    print("e" * 900, file=environ["wsgi.errors"])
    start_response("200 OK", [("content-length", "5")])
    return [b"plain"]
"""

BASIC = "import logging\nlogging.basicConfig(level=logging.INFO)\n" + APP


def ask(port: int, count: int) -> int:
    """How many of the requests, many at a time on one connection, were answered with 200."""
    answers = 0
    with socket.create_connection(("127.0.0.1", port), 60) as client:
        for first in range(0, count, BATCH):
            for i in range(first, first + BATCH):
                client.sendall(f"GET {TARGET}?n={i} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            data = b""
            while data.count(b"\r\n\r\nplain") < BATCH:
                piece = client.recv(65536)
                assert piece, data
                data += piece
            answers += data.count(b"HTTP/1.1 200 OK\r\n")
    return answers


def start(spawn, tmp_path, target: str, *arguments: str, source: str = APP) -> tuple[Process, int]:
    (tmp_path / "app.py").write_text(source)
    process = spawn(f"app:{target}", "--port", "0", "--grace", "5", *arguments)
    port = process.port()
    process.wait_for(r"^(stop):")
    return process, port


@pytest.mark.parametrize("source", [APP, BASIC], ids=["", "basicConfig"])
@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_an_access_log_that_is_not_read(spawn, tmp_path, loop, source):
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    process, port = start(spawn, tmp_path, "handle", "--access-log", "--loop", loop, source=source)
    assert ask(port, REQUESTS) == REQUESTS
    begun = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("target", ["prints", "logs", "fails", "wsgi"])
def test_what_else_is_written(spawn, tmp_path, target):
    process, port = start(spawn, tmp_path, target)
    assert ask(port, 500) == 500
    assert process.stop() == 0


def test_an_announcement_that_is_not_read(spawn, tmp_path):
    """The pipe is full before the server starts."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(write, b"x" * 4096):
            pass
    os.set_blocking(write, True)
    (tmp_path / "app.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as outer:
        process = spawn("app", "--fd", str(outer.fileno()), pass_fds=[outer.fileno()], stdout=write)
        os.close(write)
        assert ask(outer.getsockname()[1], 50) == 50
        assert process.stop() == 0
    os.close(read)


def test_lines_are_whole_and_counted(spawn, tmp_path):
    process, port = start(spawn, tmp_path, "handle", "--access-log")
    assert ask(port, REQUESTS) == REQUESTS
    told: list[int] = []
    dropped = 0
    while not dropped:  # the reader goes on: all that was kept, and then the count
        line = process.popen.stderr.readline()
        if match := re.fullmatch(r"fastresp: (\d+) lines were dropped here: stderr was not read in time\n", line):
            dropped = int(match[1])
        else:
            target = r"GET /t{900}\?n=(\d+) HTTP/1.1"
            match = re.fullmatch(rf'.* INFO fastresp\.access\[\d+\]: 127\.0\.0\.1:\d+ "{target}" 200 \d+\n', line)
            assert match, line
            told.append(int(match[1]))
    assert told == list(range(len(told)))
    assert len(told) + dropped == REQUESTS
    assert ask(port, BATCH) == BATCH
    again = [process.popen.stderr.readline() for _ in range(BATCH)]
    assert all(f"?n={i} " in line for i, line in enumerate(again))
    assert process.stop() == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="--workers needs Linux")
def test_workers(spawn, tmp_path):
    process, port = start(spawn, tmp_path, "handle", "--access-log", "--workers", "2")
    for _ in range(4):
        assert ask(port, REQUESTS // 4) == REQUESTS // 4
    assert process.stop() == 0


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_both_streams_in_one(spawn, tmp_path, kind):
    """As with `2>&1 |`, or systemd's journal: a line of the one is never in the middle of a line of the other."""
    read, write = os.pipe() if kind == "pipe" else [end.detach() for end in socket.socketpair()]
    (tmp_path / "app.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as outer:
        process = spawn(
            "app:prints", "--access-log", "--fd", str(outer.fileno()),
            pass_fds=[outer.fileno(), write], stdout=write, redirections="2>&1",
        )  # fmt: skip
        os.close(write)
        ask(outer.getsockname()[1], 1000)
        process.popen.send_signal(signal.SIGTERM)
        lines = b""
        while piece := os.read(read, 65536):
            lines += piece
        os.close(read)
        process.popen.wait(30)
    for line in lines.decode().splitlines():
        assert re.fullmatch(
            r"p+|fastresp: \d+ lines? w\w+ dropped here: .*|\d{4}-\d\d-\d\d [\d:,]+ [A-Z]+ [a-z.]+\[\d+\]: .*"
            r"|(fastresp|interface|compiled|loop|stop)\b.*",
            line,
        ), line


def test_short_lines_count_for_what_they_take():
    read, write = os.pipe()
    output = Output(write, "stdout")
    try:
        for _ in range(LIMIT // 4):
            output.put(b"\n")
        assert output._pieces.qsize() <= LIMIT // OVERHEAD
    finally:
        os.close(read)
        output.flush(10)
        os.close(write)


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")


@forks
@pytest.mark.parametrize("size", [900, 70_000])
def test_a_child_that_a_handler_waits_for(spawn, tmp_path, size):
    """What it says is lost, and it does not stand in the handler's way."""
    source = f"""
def forks(request, responder):
    pid = os.fork()
    if pid == 0:
        for number in range(100):
            print("c" * {size}, flush=True)
        os._exit(3)
    responder.write(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
"""
    process, port = start(spawn, tmp_path, "forks", source=APP + source)
    with Client(port) as client:
        for _ in range(2):
            client.get()
            assert client.answer().body == b"3"
    assert process.stop() == 0


@forks
def test_what_a_child_says_is_written_before_it_ends(spawn, tmp_path):
    source = """
def forks(request, responder):
    pid = os.fork()
    if pid == 0:
        print("c" * 70_000)
        print("last")
        os._exit(0)
    os.waitpid(pid, 0)
    responder.write("plain")
"""
    process, port = start(spawn, tmp_path, "forks", source=APP + source)
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        process.wait_for(r"^(c{70000})$")
        process.wait_for(r"^(last)$")
        assert client.recv(65536).endswith(b"plain")
    assert process.stop() == 0


def test_a_slow_reader_of_a_child(monkeypatch):
    """What a child says is waited for as long as something of it is taken, however long the whole takes."""
    monkeypatch.setattr(standard, "LAST_SECONDS", 0.2)
    read, write = os.pipe()
    output = Output(write, "stdout")
    output._forked()
    piece = b"x" * 300_000
    put = threading.Thread(target=output.put, args=(piece,))
    put.start()
    received = b""
    while len(received) < len(piece):
        time.sleep(0.02)  # which makes it slow: 1.5 seconds
        received += os.read(read, 4096)
    put.join(10)
    assert not output._waiting
    assert not output._is_late
    os.close(read)
    os.close(write)
