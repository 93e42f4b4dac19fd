"""The end of a server waits for all that works, and says what it waits for and what it cuts."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal

import pytest
from connection.tools import message, settle
from server.clients import get

APP = """
import asyncio, sys, threading

async def work(seconds):
    print("working", flush=True)
    await asyncio.sleep(seconds)
    print("done", flush=True)

async def handle(request, responder):
    if request.path == "/after":
        responder.write("answered")
    await work(60 if request.query_string else 2 if request.path == "/slow" else 0.5)
    if request.path == "/slow":
        responder.write("late")

class Threaded:
    def __init__(self):
        self.threads = []

    def __call__(self, request, responder):
        def main():
            print("working", flush=True)
            self.goes_on.wait(0.5)
            print("done", flush=True)
        self.goes_on = threading.Event()
        self.threads.append(threading.Thread(target=main, daemon=True))
        self.threads[0].start()
        responder.write("answered")

    async def drained(self):
        for thread in self.threads:
            await asyncio.get_running_loop().run_in_executor(None, thread.join)

    async def shut_down(self):
        print("shut down", flush=True)

threaded = Threaded()

def exits(request, responder):
    loop = asyncio.get_running_loop()
    async def exit():
        sys.exit(3)
    def interrupt():
        raise KeyboardInterrupt
    if request.path == "/task":
        exits.task = loop.create_task(exit())
    elif request.path == "/callback":
        loop.call_soon(interrupt)
    elif request.path == "/last":
        async def last():
            try:
                await asyncio.sleep(60)
            finally:
                sys.exit(4)
        exits.last = loop.create_task(last())
    responder.write("fine")
"""


def begin(server, path: str) -> None:
    """Asks, and leaves when the handler works."""
    with server.connect() as client:
        client.send(message("GET", path))
        server.process.wait_for("(working)")
        if path.startswith("/after"):
            client.answer()


@pytest.mark.parametrize("path", ["/after", "/left"])
def test_it_waits_for_handlers(site, path):
    """Behind their answers, and behind their clients."""
    server = site(APP, "--grace", "20")
    begin(server, path)
    assert server.stop() == 0
    assert "done\n" in server.process.popen.stdout.read()
    assert "cut" not in server.log()


def test_it_waits_for_threads(site):
    server = site(APP.replace("async def handle", "async def other") + "handle = threaded\n", "--grace", "20")
    begin(server, "/after")
    assert server.stop() == 0
    assert server.process.popen.stdout.read().endswith("done\nshut down\n")
    assert "waiting for the handler's calls in threads\n" in server.log()


def test_it_says_what_it_does(site):
    server = site(APP, "--grace", "20")
    with server.connect() as client:
        client.send(message("GET", "/slow"))
        server.process.wait_for("(working)")
        assert server.stop() == 0
        assert client.answer().status == 200
    steps = [
        rf"SIGTERM: closing http://127\.0\.0\.1:{server.port}: what runs has 20 s to end",
        "waiting for 1 connection, 1 request and 1 coroutine handler",
        "closed",
    ]
    lines = server.log().splitlines()
    assert len(lines) == len(steps)
    for line, step in zip(lines, steps, strict=True):
        assert re.fullmatch(rf"\S+ \S+ INFO fastresp\[{server.pid}\]: {step}", line), line


def test_it_says_what_it_cuts(site):
    server = site(APP, "--grace", "0.4")
    begin(server, "/after?long")
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(23)]
        for client in clients:
            client.send(message("GET", '/slow?long="'))
            server.process.wait_for("(working)")
        addresses = ["{}:{}".format(*client.socket.getsockname()) for client in clients]
        assert server.stop() == 0
    warnings = [line.partition(": ")[2] for line in server.log().splitlines() if " WARNING fastresp[" in line]
    cut = [line for line in warnings if line.startswith("cut at the end of grace: GET /slow?long=")]
    assert len(cut) == 20
    assert {line.rpartition(" from ")[2] for line in cut} < set(addresses)
    assert warnings[20:] == ["and 3 answers more cut", "cancelled at the end of grace: 24 coroutine handlers"]


WSGI = """
import time
from fastresp.wsgi import WsgiHandler

class Answer:
    def __init__(self, seconds, pieces):
        self.seconds, self.pieces = seconds, pieces

    def __iter__(self):
        print("working", flush=True)
        for _ in range(self.pieces):
            yield bytes(1 << 20)

    def close(self):
        time.sleep(self.seconds)
        print("put away", flush=True)

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        print("working", flush=True)
        time.sleep(600)
    start_response("200 OK", [])
    return Answer(600, 1) if path == "/answered" else Answer(0.2, 1000)

handle = WsgiHandler(app, threads=4, spool_limit=0)
"""


def test_it_says_that_it_cuts_what_a_thread_does_behind_its_answer(site):
    """Also where it cuts other requests."""
    server = site(WSGI, "--grace", "0.4")
    with server.connect() as client, server.connect() as other:
        client.get("/answered")
        assert len(client.answer().body) == 1 << 20
        other.get("/slow")
        for _ in range(2):
            server.process.wait_for("(working)")
        assert server.stop() == 0
    assert "WARNING fastresp" in server.log()
    assert "cut at the end of grace: GET /slow" in server.log()
    assert server.log().count("given up at the end of grace: the handler's calls in threads, which go on\n") == 1


def test_a_thread_that_is_let_go_puts_its_things_away(site):
    """It has waited for a client that reads nothing until that was dropped."""
    server = site(WSGI, "--grace", "0.4")
    with server.connect() as client:
        client.get("/stream")
        server.process.wait_for("(working)")
        assert server.stop() == 0
    assert "put away\n" in server.process.popen.stdout.read()
    assert "cut at the end of grace: GET /stream" in server.log()
    assert "given up" not in server.log()


def test_a_second_signal(site):
    server = site(APP, "--grace", "60")
    begin(server, "/left?long")
    server.process.popen.send_signal(signal.SIGTERM)
    while "waiting for" not in server.log():
        pass
    assert server.stop() == 0
    assert "INFO fastresp" in server.log()
    assert "a second signal: what still runs is dropped" in server.log()
    assert "cancelled at the end of grace: 1 coroutine handler" in server.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_exits_in_a_task_ends_nothing_else(site, number):
    """Nor who raises KeyboardInterrupt in a callback: a signal comes another way."""
    server = site(APP + "handle = exits\n", "--grace", "5")
    for path in ("/task", "/callback", "/last", "/task"):
        assert get(server.port, path) == (200, b"fine")
    assert server.process.stop(number) == 0
    log = server.log()
    assert log.count("ERROR fastresp") == 4
    assert log.count("a task or a callback raised SystemExit(3), which does not end the server") == 2
    assert "raised KeyboardInterrupt()" in log
    assert "raised SystemExit(4)" in log
    assert log.count("in interrupt\n") == 1  # the traceback


def test_nor_in_the_background(serve, caplog):
    tasks = []

    def handle(request, responder):
        async def leave():
            raise SystemExit(5)

        tasks.append(asyncio.get_running_loop().create_task(leave()))
        responder.write("fine")

    server = serve(handle)
    for _ in range(3):
        assert get(server.port) == (200, b"fine")
    settle(server)
    told = [record.getMessage() for record in caplog.records if record.name == "fastresp"]
    assert set(told) == {"a task or a callback raised SystemExit(5), which does not end the server"}
    assert [str(task.exception()) for task in tasks] == ["5"] * 3  # or asyncio logs them, in another test


def test_a_program_with_signal_handlers_of_its_own_ends_as_it_says(site):
    source = """
import signal, sys

class Handler:
    async def start_up(self):
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))

    def __call__(self, request, responder):
        responder.write("fine")

handle = Handler()
"""
    server = site(source)
    server.process.wait_for("^(stop):")
    assert server.stop() == 7


def test_it_needs_no_task_factory(site):
    """One of the application's may take other arguments than the loop gives it, or fail."""
    factory = """
def factory(loop, coroutine, **options):
    raise TypeError("a factory that fails")

async def handle(request, responder):
    asyncio.get_running_loop().set_task_factory(factory)
    await work(0.5)
    responder.write("late")
"""
    server = site(APP + factory, "--grace", "20")
    with server.connect() as client:
        client.send(message("GET", "/"))
        server.process.wait_for("(working)")
        assert server.stop() == 0
        assert client.answer().body == b"late"
    assert "closed\n" in server.log()
    assert "Traceback" not in server.log()
