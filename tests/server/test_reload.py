"""SIGHUP: workers are replaced one after the other; a single process serves on, or ends with its terminal."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing

import pytest
from server.supervisors import APP, TIMEOUT, ask, begin_at, gone, workers

from fastresp import signals

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="--workers needs Linux")


@pytest.fixture
def app(tmp_path):
    (tmp_path / "app.py").write_text(APP)


@pytest.mark.parametrize("number", [1, 2])
def test_a_reload(spawn, app, tmp_path, number):
    """New workers, of the new code, and no request is lost meanwhile."""
    process = spawn("app:handle", "--workers=2", "--port=0")
    port = process.port()
    before = workers(port, 2)
    (tmp_path / "app.py").write_text(APP.replace('f"{os.getpid()}"', 'f"{os.getpid()}000"'))
    for pid in [process.popen.pid, *(before if number == 2 else ())]:
        os.kill(pid, signal.SIGHUP)
    asked = 0
    end = time.monotonic() + TIMEOUT
    while not all(map(gone, before)):
        assert time.monotonic() < end
        assert ask(port)
        asked += 1
    assert asked
    after = workers(port, 2)
    assert all(pid % 1000 == 0 for pid in after)
    assert process.stop() == 0


def test_a_stop_behind_a_reload(spawn, app, tmp_path, loop_name):
    """Those that the reload has ended have the rest of their time."""
    process = spawn("app:waits", "--workers=2", "--port=0", "--loop", loop_name)
    port = process.port()
    with closing(socket.create_connection(("127.0.0.1", port), TIMEOUT)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        process.wait_for("(working)")
        process.popen.send_signal(signal.SIGHUP)
        while "waiting for" not in process.popen.stderr.readline():
            pass
        process.popen.send_signal(signal.SIGTERM)
        while "SIGTERM: closing" not in process.popen.stderr.readline():
            pass
        (tmp_path / "go").touch()
        assert client.recv(4096).endswith(b"late")
    assert process.popen.wait(TIMEOUT) == 0


def test_a_reload_of_code_that_fails(spawn, app, tmp_path):
    process = spawn("app:handle", "--workers=2", "--port=0")
    port = process.port()
    before = workers(port, 2)
    (tmp_path / "broken").touch()
    process.popen.send_signal(signal.SIGHUP)
    while "the reload is given up" not in process.popen.stderr.readline():
        pass
    assert workers(port, 2) == before
    assert process.stop() == 0


def test_a_reload_of_code_that_hangs(spawn, app, tmp_path):
    """The next one takes its place."""
    process = spawn("app:handle", "--workers=2", "--port=0")
    port = process.port()
    before = workers(port, 2)
    (tmp_path / "hang").touch()
    process.popen.send_signal(signal.SIGHUP)
    hanging = int(process.wait_for(r"importing (\d+)"))
    assert workers(port, 2) == before
    (tmp_path / "hang").unlink()
    process.popen.send_signal(signal.SIGHUP)
    while f"worker {hanging}, which has not begun to serve, is given up" not in process.popen.stderr.readline():
        pass
    assert "new workers take the places of 2" in process.popen.stderr.readline()
    while not all(map(gone, before)):
        assert ask(port)
    assert not workers(port, 2) & before
    assert process.stop() == 0


def test_a_hangup_does_not_kill_a_single_process(spawn, app, loop_name):
    process = spawn("app:handle", "--port=0", "--loop", loop_name)
    port = process.port()
    assert int(ask(port)) == process.popen.pid
    process.popen.send_signal(signal.SIGHUP)
    assert "SIGHUP: a single process does not reload itself and serves on" in process.popen.stderr.readline()
    assert int(ask(port)) == process.popen.pid
    assert process.stop() == 0


def test_a_terminal_that_is_closed_ends_it(spawn, app):
    master, slave = os.openpty()
    process = spawn("app:handle", "--port=0", stdin=slave)
    os.close(slave)
    assert int(ask(process.port())) == process.popen.pid
    os.close(master)
    assert process.stop(signal.SIGHUP) == 0
    assert ": SIGHUP: closing " in process.popen.stderr.read()


@pytest.mark.parametrize("arguments", [(), ("--workers=2",)], ids=["single", "workers"])
def test_a_terminal_that_is_closed_and_was_not_the_input(spawn, app, arguments):
    """The system tells by SIGHUP."""
    master, slave = os.openpty()
    process = spawn("app:handle", "--port=0", *arguments, stdin=subprocess.DEVNULL, preexec_fn=lambda: begin_at(slave))
    os.close(slave)
    assert ask(process.port())
    process.wait_for(r"^(stop):")
    os.close(master)
    assert process.popen.wait(TIMEOUT) == 0
    assert ": SIGHUP: closing " in process.popen.stderr.read()


def ignoring_hangups_at(terminal):
    """As nohup(1) begins a process."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    begin_at(terminal)


def test_a_service_that_outlives_its_terminal_is_reloaded(spawn, app):
    master, slave = os.openpty()
    options = {"stdin": subprocess.DEVNULL, "preexec_fn": lambda: ignoring_hangups_at(slave)}
    process = spawn("app:handle", "--port=0", "--workers=2", **options)
    os.close(slave)
    port = process.port()
    before = workers(port, 2)
    os.close(master)
    process.popen.send_signal(signal.SIGHUP)
    assert "SIGHUP: new workers take the places of 2" in process.popen.stderr.readline()
    end = time.monotonic() + TIMEOUT
    while not all(map(gone, before)):
        assert time.monotonic() < end
        assert ask(port)
    assert process.stop() == 0


def test_a_hangup_is_told_from_a_reload_that_comes_later(monkeypatch):
    """Where nobody has said that the terminal was closed (disown)."""
    now, fault = [100.0], [0]
    monkeypatch.setattr(signals, "_fault_of_controlling", lambda: fault[0])
    monkeypatch.setattr(signals, "_is_input", lambda: False)
    monkeypatch.setattr(signals.time, "monotonic", lambda: now[0])
    terminal = signals.Terminal()
    assert terminal.may_close()
    assert not terminal.hangs_up()
    fault[0] = errno.ENXIO
    assert terminal.hangs_up()
    now[0] += 0.5
    assert terminal.hangs_up()  # the shell's, behind the system's
    now[0] += 1
    assert not terminal.hangs_up()
    assert not terminal.may_close()


SLOW = """
import asyncio

async def handle(request, responder):
    print("asked", flush=True)
    await asyncio.to_thread(open, "gate")
    responder.write("whole")
"""


@pytest.mark.parametrize("arguments", [(), ("--workers=2",)], ids=["single", "workers"])
def test_a_hangup_is_never_the_second_signal(spawn, tmp_path, arguments):
    """The shell passes on to its jobs what the system has sent them itself."""
    (tmp_path / "app.py").write_text(SLOW)
    os.mkfifo(tmp_path / "gate")
    master, slave = os.openpty()
    options = {"stdin": subprocess.DEVNULL, "preexec_fn": lambda: begin_at(slave)}
    process = spawn("app:handle", "--port=0", "--grace=60", *arguments, **options)
    os.close(slave)
    port = process.port()
    with closing(socket.create_connection(("127.0.0.1", port), TIMEOUT)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        process.wait_for("^(asked)")
        os.close(master)
        # a worker may get the supervisor's signal before the system's
        assert re.search(": SIG(HUP|TERM): closing", process.popen.stderr.readline())
        for _ in range(3):
            process.popen.send_signal(signal.SIGHUP)
        with open(tmp_path / "gate", "w"):
            pass
        assert client.recv(1000).endswith(b"whole")
    assert process.popen.wait(TIMEOUT) == 0
    assert "second signal" not in process.popen.stderr.read()


AROUND = """
import sys, threading

print("importing", flush=True)
sys.stdin.readline()

class Handler:
    def __call__(self, request, responder):
        responder.write("here")

    async def shut_down(self):
        threading.Thread(target=self.put_away).start()

    def put_away(self):
        sys.stdin.readline()
        print("put away", flush=True)

handle = Handler()
"""


def test_a_hangup_before_a_single_process_serves_and_behind_its_end(spawn, tmp_path, loop_name):
    (tmp_path / "app.py").write_text(AROUND)
    process = spawn("app", "--port=0", "--loop", loop_name, stdin=subprocess.PIPE)

    def hang_up() -> None:
        process.popen.send_signal(signal.SIGHUP)
        process.popen.stdin.write("go on\n")
        process.popen.stdin.flush()

    process.wait_for("(importing)")
    hang_up()
    assert ask(process.port()) == b"here"
    process.popen.send_signal(signal.SIGTERM)
    while ": closed" not in process.popen.stderr.readline():
        pass
    hang_up()
    assert process.popen.wait(TIMEOUT) == 0
    assert "put away\n" in process.popen.stdout.read()
