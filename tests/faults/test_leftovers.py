"""What an application leaves behind holds up no end: it is named in the log, and the process ends."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading

import pytest
from client import TIMEOUT
from server.clients import get, remarks
from server.supervisors import wait_until_gone

from fastresp import leftovers
from fastresp.runner import run

APP = """
import asyncio, atexit, multiprocessing, threading, time

atexit.register(print, "the last function", flush=True)

async def stubborn():
    while True:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            pass

async def again():
    try:
        await asyncio.sleep(600)
    finally:
        handle.task = asyncio.create_task(again())

async def generate():
    try:
        yield
    finally:
        await asyncio.sleep(600)

class Handler:
    async def __call__(self, request, responder):
        what = request.path[1:]
        if what == "task":
            self.task = asyncio.create_task(stubborn())
        elif what == "again":
            self.task = asyncio.create_task(again())
        elif what == "handler":
            responder.write("answered")
            await stubborn()
        elif what == "call":
            self.task = asyncio.create_task(asyncio.to_thread(time.sleep, 600))
        elif what == "generator":
            self.generator = generate()
            await anext(self.generator)
        elif what == "thread":
            threading.Thread(target=time.sleep, args=(600,), name="worker").start()
        elif what == "process":
            context = multiprocessing.get_context("fork")
            self.process = context.Process(target=time.sleep, args=(600,), name="worker")
            self.process.start()
            print("process", self.process.pid, flush=True)
        await asyncio.sleep(0)  # what has been made has begun
        responder.write("answered")

class Ending(Handler):
    async def shut_down(self):
        print("ending", flush=True)
        await stubborn()

handle, ending = Handler(), Ending()
"""

LINES = {
    "task": "1 task (stubborn), cancelled in vain",
    "again": "1 task (again), cancelled in vain",
    "handler": "1 task (Handler.__call__), cancelled in vain",
    "call": "calls in threads (asyncio.to_thread, run_in_executor), which go on",
    "generator": "asynchronous generators that are not closed",
    "thread": "the thread worker",
    "process": "the process worker",
}


@pytest.mark.parametrize("what", LINES)
def test_it_is_given_up(site, what):
    server = site(APP, "--grace", "0.3")
    assert get(server.port, f"/{what}") == (200, b"answered")
    child = int(server.process.wait_for(r"process (\d+)")) if what == "process" else 0
    assert server.stop() == 0
    if child:
        wait_until_gone({child})
    assert f"given up at the end: {LINES[what]}\n" in server.log()
    assert server.process.popen.stdout.read().endswith("the last function\n")


@pytest.mark.parametrize("what", ["task", "call", "generator"])
def test_a_second_signal_ends_the_waiting(site, what):
    server = site(APP, "--grace", "600")
    assert get(server.port, f"/{what}") == (200, b"answered")
    server.process.popen.send_signal(signal.SIGTERM)
    while "waiting for" not in server.log():
        pass
    server.process.popen.send_signal(signal.SIGTERM)
    while LINES[what] not in server.log():
        pass
    if what == "call":  # the interpreter would wait for its thread
        server.process.popen.send_signal(signal.SIGTERM)
    assert server.process.popen.wait(30) in (0, -signal.SIGTERM)


def test_a_thread_is_waited_for_within_grace(site):
    server = site(APP.replace("args=(600,)", "args=(1,)"), "--grace", "600")
    assert get(server.port, "/thread") == (200, b"answered")
    assert server.stop() == 0
    assert "given up" not in server.log()


def test_a_shutdown_that_is_cancelled_in_vain(site):
    server = site(APP + "handle = ending\n", "--grace", "0.3")
    assert server.stop() == 0
    assert "the handler's shutdown is given up: it took too long\n" in server.log()


def test_a_worker_that_leaves_a_thread(site):
    server = site(APP, "--grace", "0.3", "--workers", "2")
    assert get(server.port, "/thread") == (200, b"answered")
    assert server.stop() == 0
    assert "given up at the end: the thread worker\n" in server.log()
    assert "killed" not in server.log()


@pytest.mark.parametrize("count", ["1", "2"])
def test_a_grace_without_an_end(site, count):
    """The threads that watch the end of a process wait as long as they can."""
    server = site(APP, "--workers", count, "--grace", "inf")
    assert get(server.port, "/") == (200, b"answered")
    assert server.stop() == 0
    assert remarks(server.log()) == []


def test_a_process_with_no_limit_ends(capfd):
    program = """
import threading, time
from fastresp import exits
exits.limit(3, float("inf"))
threading.Thread(target=time.sleep, args=(0.3,)).start()
"""
    assert subprocess.run([sys.executable, "-P", "-c", program], timeout=TIMEOUT).returncode == 0
    assert capfd.readouterr().err == ""


def test_run_returns(loop_factory, caplog, monkeypatch):
    """The program goes on: what still runs is named, and not waited for."""
    monkeypatch.setattr(leftovers, "LEAST", 0.01)
    left, kept = threading.Event(), []

    def handle(request, responder):
        kept.append(asyncio.get_running_loop().run_in_executor(None, left.wait))
        responder.write("answered")

    def client(port):
        get(port)
        signal.raise_signal(signal.SIGTERM)

    def on_start(server):
        threading.Thread(target=client, args=(server.port,)).start()

    run(handle, port=0, grace=0, loop_factory=loop_factory, on_start=on_start)
    assert f"given up at the end: {LINES['call']}" in caplog.text
    left.set()
