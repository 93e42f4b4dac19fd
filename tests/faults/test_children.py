"""A child that a handler forks ends where it comes back from the handler: it answers nothing, and serves nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from connection.tools import message
from server.clients import get, remarks

from fastresp.wsgi import WsgiHandler

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a child elsewhere has no copy of the loop"),
    pytest.mark.filterwarnings("ignore:.* is multi-threaded:DeprecationWarning"),
]

APP = """
import asyncio, gc, os, sys

here = os.getpid()

def fork(way):
    pid = os.fork()
    if pid == 0:
        print("child", os.getpid(), flush=True)
        if way == "exit":
            sys.exit(3)
        elif way == "text":
            sys.exit("the child's last words")
        elif way == "raise":
            raise LookupError("of the child's")
        elif way == "interrupt":
            raise KeyboardInterrupt
        elif way == "lost":
            gc.collect()  # which tells the loop of a task of the parent's
            sys.exit(3)
    return pid

def count(request):
    if os.getpid() != here:
        print("served by the child", request, flush=True)

def plain(request, responder):
    count(request.path)
    if request.path.startswith("/wait/"):
        _, status = os.waitpid(int(request.path[6:]), 0)
        responder.write(str(os.waitstatus_to_exitcode(status)))
    else:
        pid = fork(request.path[1:]) if request.path != "/pid" else here
        responder.write(str(pid))

async def coroutine(request, responder):
    if request.path == "/lost":
        gc.disable()
        asyncio.create_task(asyncio.Event().wait())
    await asyncio.sleep(0.01)
    plain(request, responder)

async def waits(request, responder):
    plain(request, responder)
    await asyncio.sleep(0)

async def thread(request, responder):
    count(request.path)
    if request.path.startswith("/wait/"):
        plain(request, responder)
    else:
        responder.write(str(await asyncio.to_thread(fork, request.path[1:])))

async def task(request, responder):
    count(request.path)
    if request.path.startswith("/wait/"):
        plain(request, responder)
        return
    found = asyncio.get_running_loop().create_future()
    async def run():
        pid = os.fork()
        if pid == 0:
            print("child", os.getpid(), flush=True)
            if request.path == "/exit":
                sys.exit(3)
        found.set_result(pid)
    task.task = asyncio.create_task(run())
    responder.write(str(await found))

async def asgi(scope, receive, send):
    if scope["type"] == "http":
        count(scope["path"])
        if scope["path"].startswith("/wait/"):
            _, status = os.waitpid(int(scope["path"][6:]), 0)
            text = str(os.waitstatus_to_exitcode(status))
        else:
            text = str(fork(scope["path"][1:]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": text.encode()})

def wsgi(environ, start_response):
    count(environ["PATH_INFO"])
    if environ["PATH_INFO"].startswith("/wait/"):
        _, status = os.waitpid(int(environ["PATH_INFO"][6:]), 0)
        text = str(os.waitstatus_to_exitcode(status))
    else:
        text = str(fork(environ["PATH_INFO"][1:]))
    start_response("200 OK", [])
    return [text.encode()]

class Device:
    def __init__(self, way):
        self.way = way
    def read(self, count):
        way, self.way = self.way, ""
        return str(fork(way)).encode() if way else b""

def device(request, responder):
    if request.path.startswith("/wait/"):
        plain(request, responder)
    else:
        responder.write(Device(request.path[1:]), "text/plain")

def stream(environ, start_response):
    if environ["PATH_INFO"].startswith("/wait/"):
        yield from wsgi(environ, start_response)
        return
    start_response("200 OK", [])
    yield b" "
    yield str(fork(environ["PATH_INFO"][1:])).encode()
    yield b" "
"""

STATUS = {"exit": 3, "text": 1, "raise": 1, "interrupt": 130, "return": 0, "lost": 3}
CASES = [
    *[(kind, way) for kind in ("plain", "coroutine", "wsgi") for way in STATUS if way != "lost"],
    ("coroutine", "lost"),
    *[(kind, way) for kind in ("waits", "thread", "task", "asgi", "stream", "device") for way in ("exit", "return")],
]


def ask(client, path: str) -> int:
    client.get(path)
    answer = client.answer()
    assert answer.status == 200
    return int(answer.body)


@pytest.mark.parametrize(("kind", "way"), CASES)
def test_it_ends(site, kind, way):
    server = site(APP + f"handle = {kind}\n", "--grace", "5")
    with server.connect() as client:
        child = ask(client, f"/{way}")
        server.process.wait_for(f"^(child {child})$")
        assert ask(client, f"/wait/{child}") == STATUS[way]
        assert server.stop() == 0
    log = server.log()
    if way in ("raise", "interrupt"):
        assert log.count("Traceback") == 1
        assert "the handler failed" not in log
    elif way == "text":
        assert "the child's last words\n" in log
    elif way == "lost":
        assert "Task was destroyed but it is pending" in log
    else:
        assert remarks(log) == []
    assert "served by" not in server.process.popen.stdout.read()


def test_it_ends_where_its_sockets_can_not_be_let_go(site):
    """As where no descriptor is left to do that with."""
    broken = """
import fastresp.forks

def release(addresses, poll):
    raise OSError(24, "Too many open files")

fastresp.forks.release = release
handle = plain
"""
    server = site(APP + broken, "--grace", "5")
    with server.connect() as client:
        child = ask(client, "/exit")
        assert ask(client, f"/wait/{child}") == STATUS["exit"]
    assert server.stop() == 0


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
def test_what_is_pipelined_is_the_parents(site, kind):
    server = site(APP + f"handle = {kind}\n", "--grace", "5")
    with server.connect() as client:
        client.send(message("GET", "/return") + message("GET", "/pid") * 3)
        child = int(client.answer().body)
        assert [int(client.answer().body) for _ in range(3)] == [server.pid] * 3
        assert ask(client, f"/wait/{child}") == 0
    assert server.stop() == 0
    assert "served by" not in server.process.popen.stdout.read()


def test_threads_of_wsgi_are_made_again_in_a_child(server_class, loop_factory):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [str(os.getpid()).encode()]

    handler = WsgiHandler(app, threads=2)
    with server_class(handler).background(port=0, loop_factory=loop_factory) as server:
        for _ in range(3):
            assert get(server.port) == (200, str(os.getpid()).encode())
        pid = os.fork()
        if pid == 0:
            with server_class(handler).background(port=0, loop_factory=loop_factory) as other:
                os._exit(0 if get(other.port) == (200, str(os.getpid()).encode()) else 1)
        try:
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            raise


def test_a_child_of_the_program_leaves_the_block(server_class, loop_factory):
    """A server in the background is the parent's."""

    def hello(request, responder):
        responder.write("hello")

    pid = 0
    with server_class(hello).background(port=0, loop_factory=loop_factory):
        pid = os.fork()
    if pid == 0:
        os._exit(7)
    try:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise


@pytest.mark.parametrize("way", ["fork", "process 1"])
def test_it_has_signals_of_its_own(way):
    """Not those of a worker, whose parent hastens its end; nor those of the first process of a container."""
    program = """
import os, signal, sys
from fastresp import signals

signals.obey_parent()
assert signals.Stop()._is_worker
if sys.argv[1] != "fork":
    signal.signal(signal.SIGTERM, signals._fall)
pid = os.fork()
if pid == 0:
    try:
        os.kill(os.getpid(), signal.SIGTERM) if sys.argv[1] != "fork" else os._exit(signals.Stop()._is_worker)
    finally:
        os._exit(7)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)
"""
    status = subprocess.run([sys.executable, "-P", "-c", program, way], timeout=30, check=False).returncode
    assert status == (0 if way == "fork" else -signal.SIGTERM & 0xFF)
