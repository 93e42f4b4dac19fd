"""A start that hangs, because a database is away, say: signals end it."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

import pytest

from fastresp import Server, run
from fastresp.hooks import StartUpError

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="--workers and /proc are Linux's")

START = """
import asyncio, os, signal, threading, time

def take():
    time.sleep(0.3)  # till the loop sleeps
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

class Handler:
    async def start_up(self):
        print("starting", os.getpid(), flush=True)
        if os.environ.get("WAY") == "thread":
            threading.Thread(target=take).start()
        if os.environ.get("WAY") == "blocks":
            time.sleep(600)
        await asyncio.sleep(600)

    def __call__(self, request, responder):
        pass

handle = Handler()

async def asgi(scope, receive, send):
    await receive()
    print("starting", os.getpid(), flush=True)
    try:
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise
"""


def wait_until_taken(pid: int) -> None:
    """Until no signal is on its way to the process."""
    while re.search(r"^S\w*Pnd:\s+0*[1-9a-f]", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE):
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("target", ["app:handle", "app:asgi"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_ends_a_start(spawn, tmp_path, loop_name, number, target, workers):
    (tmp_path / "app.py").write_text(START)
    process = spawn(target, "--port=0", "--loop", loop_name, "--workers", workers)
    process.wait_for("(starting)")
    assert process.stop(number) == 0
    name = signal.Signals(number).name if workers == "1" else "SIGTERM"
    log = process.popen.stderr.read()
    assert f": {name}: the start is given up\n" in log
    assert log.count("\n") == 1
    assert ("cancelled" in process.popen.stdout.read()) is (target == "app:asgi")


def test_a_signal_that_another_thread_takes(spawn, tmp_path, loop_name):
    """As the system may have it: the loop's thread, in which handlers run, is woken."""
    (tmp_path / "app.py").write_text(START)
    process = spawn("app", "--port=0", "--loop", loop_name, environment={"WAY": "thread"})
    assert process.popen.wait(20) == 0
    assert ": SIGTERM: the start is given up\n" in process.popen.stderr.read()


def test_a_second_signal_ends_a_start_that_blocks(spawn, tmp_path, loop_name):
    (tmp_path / "app.py").write_text(START)
    process = spawn("app", "--port=0", "--loop", loop_name, environment={"WAY": "blocks"})
    process.wait_for("(starting)")
    process.popen.send_signal(signal.SIGTERM)
    wait_until_taken(process.popen.pid)
    assert process.stop() == -signal.SIGTERM


class Cancelled:
    """Its start awaits what something else cancels."""

    async def start_up(self):
        task = asyncio.ensure_future(asyncio.sleep(600))
        asyncio.get_running_loop().call_soon(task.cancel)
        await task

    def __call__(self, request, responder):
        pass


@pytest.mark.parametrize(
    "begin",
    [lambda handler, **given: Server(handler).background(**given).__enter__(), run],
    ids=["background", "run"],
)
def test_one_that_is_cancelled_by_itself_has_failed(loop_factory, begin):
    """It was taken for the end that a signal asks for: background() waited for ever, run() returned."""
    with pytest.raises(StartUpError, match="the start was cancelled"):
        begin(Cancelled(), port=0, loop_factory=loop_factory)


def test_a_callback_of_the_start_that_is_cancelled(loop_factory):
    def on_start(server):
        raise asyncio.CancelledError("on_start")

    with pytest.raises(asyncio.CancelledError, match="on_start"):
        run(lambda request, responder: None, port=0, loop_factory=loop_factory, on_start=on_start, quiet=True)
