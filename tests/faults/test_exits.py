"""Exits in a program that handles signals itself: its handlers' end the server, in order; its tasks' end nothing."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time

import pytest
from server.clients import get

from fastresp.core import faults

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")

APP = """
import asyncio, os, signal, sys
from functools import partial

class Handler:
    def __init__(self):
        self.tasks = []

    async def start_up(self):
        INSTALL

    def leave(self, number, frame):
        sys.exit(7)

    async def __call__(self, request, responder):
        if request.path == "/task":
            self.tasks.append(asyncio.create_task(self.exit()))
        elif request.path == "/work":
            print("working", flush=True)
            await asyncio.sleep(600 if request.query_string else 0.5)
        responder.write("fine")

    async def exit(self):
        sys.exit(5)

    async def shut_down(self):
        print("put away", flush=True)

class Leaving:
    def __call__(self, number, frame):
        sys.exit(7)

def leave(status, number, frame):
    sys.exit(status)

handle = Handler()
"""
HARMLESS = [
    "signal.signal(signal.SIGHUP, lambda number, frame: None)",
    "signal.signal(signal.SIGTERM, lambda number, frame: None)",
    "signal.signal(signal.SIGINT, self.leave)",
    "signal.signal(signal.SIGINT, signal.SIG_IGN)",
    "signal.signal(signal.SIGINT, signal.default_int_handler)",
    "asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, print)",
]
LEAVING = [
    "signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))",
    "signal.signal(signal.SIGTERM, self.leave)",
    "signal.signal(signal.SIGTERM, Leaving())",
    "signal.signal(signal.SIGTERM, partial(leave, 7))",
    "signal.signal(signal.SIGHUP, self.leave)",
    "asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, sys.exit, 7)",
]


@pytest.mark.parametrize("install", HARMLESS)
def test_a_task_ends_nothing(site, install):
    server = site(APP.replace("INSTALL", install), "--grace", "5")
    for _ in range(2):
        assert get(server.port, "/task") == (200, b"fine")
        assert get(server.port, "/") == (200, b"fine")
    assert server.process.stop(signal.SIGINT if "SIGTERM" in install else signal.SIGTERM) == 0
    assert server.log().count("a task or a callback raised SystemExit(5), which does not end the server") == 2


@pytest.mark.parametrize("install", LEAVING)
def test_a_handler_of_a_signal_ends_it_in_order(site, install):
    server = site(APP.replace("INSTALL", install), "--grace", "20")
    with server.connect() as client:
        client.get("/work")
        server.process.wait_for("(working)")
        assert server.process.stop(signal.SIGHUP if "SIGHUP" in install else signal.SIGTERM) == 7
        assert client.answer().body == b"fine"
    assert server.process.popen.stdout.read() == "put away\n"
    assert "INFO fastresp" in server.log()
    assert ": closed\n" in server.log()
    assert "ERROR" not in server.log()
    assert "never awaited" not in server.log()


def test_a_second_interrupt_within_a_handler(tmp_path):
    """asyncio.run() raises it where the program is: it is no fault of the handler's."""
    (tmp_path / "program.py").write_text(
        "import asyncio, time\n"
        "from fastresp import Server\n"
        "def handle(request, responder):\n"
        "    print('working', flush=True)\n"
        "    end = time.monotonic() + 30\n"
        "    while time.monotonic() < end:\n"
        "        time.sleep(0.01)\n"
        "async def main():\n"
        "    server = Server(handle)\n"
        "    await server.start(port=0)\n"
        "    print(server.port, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "program.py"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        with socket.create_connection(("127.0.0.1", int(program.stdout.readline()))) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert program.stdout.readline() == "working\n"
            while program.poll() is None:
                program.send_signal(signal.SIGINT)
                time.sleep(0.1)
        assert "KeyboardInterrupt" in program.stderr.read()
    assert program.returncode in (1, 130, -signal.SIGINT)


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL, None])
def test_handlers_that_are_none(monkeypatch, handler):
    """SIGINT is ignored in what a script starts by `&`; None is what was not installed from Python."""
    monkeypatch.setattr(signal, "getsignal", lambda number: handler)
    assert not faults.passes_on(KeyboardInterrupt())
    assert not faults.may_raise(handler, signal.SIGTERM, SystemExit())


def test_the_second_time_it_drops_what_runs(site):
    server = site(APP.replace("INSTALL", LEAVING[0]), "--grace", "600")
    with server.connect() as client:
        client.get("/work?long")
        server.process.wait_for("(working)")
        server.process.popen.send_signal(signal.SIGTERM)
        while "waiting for" not in server.log():
            pass
        time.sleep(0.2)  # what a signal's handler raises in the middle of a log call costs the line
        assert server.stop() == 7
    assert "INFO fastresp" in server.log()
    assert "SystemExit(7): what still runs is dropped" in server.log()
