"""The command line's --workers: several processes at one address, replaced when they die, and ended together."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from client import Client
from server.clients import remarks
from server.supervisors import APP, TIMEOUT, ask, begin_at, gone, wait_until_gone, workers

from fastresp import supervisor

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="--workers needs Linux")


@pytest.fixture
def app(tmp_path):
    (tmp_path / "app.py").write_text(APP)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_answer_and_end_together(spawn, app, number, loop_name):
    process = spawn("app:handle", "--workers", "3", "--port", "0", "--loop", loop_name)
    pids = workers(process.port(), 3)
    assert process.wait_for(r"^workers: (\d)") == "3"
    assert process.popen.pid not in pids
    assert process.stop(number) == 0
    assert all(map(gone, pids))
    assert remarks(process.popen.stderr.read()) == []
    assert process.popen.stdout.read().count("fastresp ") == 0, "one has spoken for all"


@pytest.mark.parametrize("way", ["uds", "fd"])
def test_a_shared_socket(spawn, app, tmp_path, way):
    path = str(tmp_path / "app.sock")
    if way == "uds":
        process = spawn("app:handle", "--workers=2", "--uds", path)
    else:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path)
        listening.listen()
        fd = listening.fileno()
        process = spawn("app:handle", "--workers=2", "--fd", str(fd), pass_fds=[fd])
        listening.close()
    process.wait_for(r"^(stop):")
    pids = workers(path, 1)
    assert process.stop() == 0
    assert all(map(gone, pids))
    assert os.path.exists(path) is (way == "fd")
    assert remarks(process.popen.stderr.read()) == []


def test_a_unix_socket_is_let_go_as_the_end_begins(spawn, app, tmp_path):
    """Nobody is kept waiting behind the requests in progress, and a successor may listen at the path."""
    path = str(tmp_path / "app.sock")
    process = spawn("app:waits", "--workers=2", "--grace=60", "--uds", path)
    process.wait_for(r"^(stop):")
    with Client(path) as client:
        client.get()
        process.wait_for("(working)")
        process.popen.send_signal(signal.SIGTERM)
        while os.path.exists(path):
            time.sleep(0.01)
        assert process.popen.poll() is None
        successor = spawn("app:handle", "--workers=2", "--uds", path)
        successor.wait_for(r"^(stop):")
        (tmp_path / "go").touch()
        assert client.answer().body == b"late"
    assert process.popen.wait(TIMEOUT) == 0
    assert os.path.exists(path)
    assert successor.stop() == 0


def test_a_terminal_that_stops_what_is_in_the_background(spawn, app):
    """Who reads, and after `stty tostop` who writes: workers are process groups of their own."""
    import termios

    master, slave = os.openpty()
    modes = termios.tcgetattr(slave)
    modes[3] |= termios.TOSTOP
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        fd = listening.fileno()
        arguments = ("app:handle", "--workers=2", "--fd", str(fd))
        process = spawn(*arguments, pass_fds=[fd], stdin=slave, stdout=slave, preexec_fn=lambda: begin_at(slave))
        os.close(slave)
        assert ask(listening.getsockname()[1], "/read") == b"OSError"
    assert process.stop() == 0
    os.close(master)


@pytest.mark.parametrize("way", [signal.SIG_DFL, signal.SIG_IGN], ids=["", "started by one that ignores its children"])
def test_another_one_takes_its_place(spawn, app, way):
    environment = {"FASTRESP_WORKERS": "2"}
    process = spawn(
        "app:handle", "--port=0", environment=environment, preexec_fn=lambda: signal.signal(signal.SIGCHLD, way)
    )
    port = process.port()
    before = workers(port, 2)
    with pytest.raises(ValueError, match="invalid literal"):
        int(ask(port, "/die"))
    assert "ended with status 3; another one takes its place" in process.popen.stderr.readline()
    end = time.monotonic() + TIMEOUT
    while workers(port, 1) <= before:
        assert time.monotonic() < end
    assert process.stop() == 0


def test_a_child_that_is_no_worker(spawn, app, tmp_path):
    """Of a script that has become the parent; process 1 gets everybody's orphans, too."""
    os.mkfifo(tmp_path / "go")
    process = spawn("app:handle", "--port=0", "--workers=2", before='sh -c "read word; exit 5" <go & echo child $!;')
    child = int(process.wait_for(r"^child (\d+)"))
    port = process.port()
    workers(port, 2)
    (tmp_path / "go").write_text("on\n")
    wait_until_gone({child})
    ask(port, "/die")
    assert "ended with status 3; another one takes its place" in process.popen.stderr.readline()
    workers(port, 2)
    assert process.stop() == 0
    assert remarks(process.popen.stderr.read()) == []


def test_one_that_takes_long_to_start_holds_up_no_other(spawn, app, tmp_path):
    process = spawn("app:handle", "--port=0", "--workers=2")
    port = process.port()
    workers(port, 2)
    os.mkfifo(tmp_path / "slow")  # nobody writes: whoever is started now waits in its import
    for _ in range(2):
        ask(port, "/die")
        assert "ended with status 3; another one takes its place" in process.popen.stderr.readline()
    assert process.stop() == 0


def test_without_the_parent_they_end(spawn, app):
    process = spawn("app:handle", "--workers=2", "--port=0")
    pids = workers(process.port(), 2)
    process.popen.kill()
    wait_until_gone(pids)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["app:absent", "--workers=3"], 1, "absent"),
        (["app:failing", "--workers=3"], 1, "no database"),
        (["app:handle", "--workers=0"], 2, "--workers takes a number of processes, not '0'"),
    ],
)
def test_what_can_not_start_is_said_once(spawn, app, arguments, status, words):
    found, out, err = spawn(*arguments, "--port=0").ended()
    assert (found, out) == (status, "")
    assert err.count("\n") == 1, err
    assert words in err


def test_an_address_that_is_taken(spawn, app):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        status, out, err = spawn("app:handle", "--workers=2", "--port", str(port)).ended()
    assert (status, out) == (1, "")
    assert err == f"fastresp: 127.0.0.1:{port} is in use: another program listens there\n"


def test_an_address_of_nobody(spawn, app):
    status, out, err = spawn("app:handle", "--workers=2", "--port=0", "--host=192.0.2.7").ended()  # RFC 5737
    assert (status, out) == (1, "")
    assert err == "fastresp: 192.0.2.7:0 can't be listened on: this machine has no such address\n"


@pytest.mark.parametrize(("count", "told"), [(1, b"False"), (2, b"True")])
def test_a_wsgi_application_is_told_that_there_are_several(spawn, app, loop_name, count, told):
    process = spawn("app:wsgi", "--workers", str(count), "--port", "0", "--loop", loop_name)
    assert ask(process.port()) == told


def test_without_the_parent_they_end_in_their_import(spawn, app, tmp_path):
    (tmp_path / "hang").touch()
    process = spawn("app:handle", "--workers=2", "--port=0")
    pid = int(process.wait_for(r"importing (\d+)"))
    process.popen.kill()
    wait_until_gone({pid})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_import(spawn, app, tmp_path, number):
    (tmp_path / "hang").touch()
    process = spawn("app:handle", "--workers=2", "--port=0")
    pid = int(process.wait_for(r"importing (\d+)"))
    assert process.stop(number) == 0
    assert gone(pid)
    assert process.popen.stderr.read() == ""


def test_one_that_does_not_end_is_killed(spawn, app):
    process = spawn("app:handle", "--workers=2", "--port=0", "--grace=0.2")
    port = process.port()
    workers(port, 2)
    with closing(socket.create_connection(("127.0.0.1", port))) as client:
        client.sendall(b"GET /block HTTP/1.1\r\nHost: a\r\n\r\n")
        process.wait_for("(blocked)")
        assert process.stop() == 1
    assert re.search(
        r"WARNING fastresp\[\d+\]: worker \d+ has not ended in time, and is killed\n", process.popen.stderr.read()
    )


def test_three_signals_get_through(spawn, app):
    process = spawn("app:handle", "--workers=2", "--port=0", "--grace=600")
    port = process.port()
    workers(port, 2)
    with closing(socket.create_connection(("127.0.0.1", port))) as client:
        client.sendall(b"GET /block HTTP/1.1\r\nHost: a\r\n\r\n")
        process.wait_for("(blocked)")
        while process.popen.poll() is None:
            process.popen.send_signal(signal.SIGTERM)
            time.sleep(0.1)
    assert process.popen.returncode in (0, -signal.SIGTERM)  # the latter behind its end of Python


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_tells_each_process_cuts_nothing(spawn, app, tmp_path, loop_name, number):
    """As systemd does, whose KillMode=control-group is the default: the parent says it to the workers again."""
    process = spawn("app:waits", "--workers=2", "--port=0", "--loop", loop_name)
    port = process.port()
    with closing(socket.create_connection(("127.0.0.1", port), TIMEOUT)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        process.wait_for("(working)")
        for pid in [process.popen.pid, *children(process.popen.pid)]:
            os.kill(pid, number)
        missing = {" worker", "waiting for"}
        while missing:
            line = process.popen.stderr.readline()
            missing = {words for words in missing if words not in line}
        (tmp_path / "go").touch()
        assert client.recv(4096).endswith(b"late")
    assert process.popen.wait(TIMEOUT) == 0


PUTS_AWAY = """
import os, threading, time

def put_away():
    threading.main_thread().join()
    while not os.path.exists("go"):
        time.sleep(0.01)
    open(f"done.{os.getpid()}", "w").close()

threading.Thread(target=put_away).start()

def handle(request, responder):
    responder.write(str(os.getpid()))
"""


def test_a_second_signal_behind_the_end_of_the_server_cuts_nothing(spawn, tmp_path, loop_name):
    """What the application has left behind has the rest of the grace, also where each process is told twice."""
    (tmp_path / "app.py").write_text(PUTS_AWAY)
    process = spawn("app:handle", "--workers=2", "--port=0", "--loop", loop_name)
    workers(process.port(), 2)
    pids = children(process.popen.pid)
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    closed = 0
    while closed < 2:
        closed += "closed" in process.popen.stderr.readline()
    for pid in [*pids, process.popen.pid]:
        os.kill(pid, signal.SIGTERM)
    while " workers" not in process.popen.stderr.readline():
        pass
    (tmp_path / "go").touch()
    assert process.popen.wait(TIMEOUT) == 0
    assert all((tmp_path / f"done.{pid}").exists() for pid in pids)


def test_a_second_signal_drops_what_runs_in_workers(spawn, app, loop_name):
    process = spawn("app:waits", "--workers=2", "--port=0", "--grace=600", "--loop", loop_name)
    port = process.port()
    with closing(socket.create_connection(("127.0.0.1", port), TIMEOUT)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        process.wait_for("(working)")
        process.popen.send_signal(signal.SIGTERM)
        while "waiting for" not in process.popen.stderr.readline():
            pass
        assert process.stop() == 0
        assert client.recv(4096) == b""
    assert "a second signal: what still runs is dropped" in process.popen.stderr.read()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_several_that_die_are_replaced_side_by_side(spawn, app):
    process = spawn("app:handle", "--workers=4", "--port=0")
    port = process.port()
    before = workers(port, 4)
    time.sleep(supervisor.EARLY)
    begun = time.monotonic()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    after = workers(port, 4)
    assert not after & before
    assert time.monotonic() - begun < 3 * supervisor.PAUSE
    assert process.stop() == 0


@pytest.mark.parametrize("call", ["fork", "pipe"])
@pytest.mark.parametrize("reloads", [False, True], ids=["replacement", "reload"])
def test_one_that_cannot_be_started_ends_no_other(spawn, app, tmp_path, call, reloads):
    """The system has no memory, no process or no descriptor for it, for now."""
    (tmp_path / "sitecustomize.py").write_text(
        f"""
import os
real, calls = os.{call}, []
def fail():
    calls.append(None)
    if len(calls) == {3 if call == "fork" else 5}:
        raise OSError(12, "Cannot allocate memory")
    return real()
os.{call} = fail
"""
    )
    path = os.pathsep.join([str(tmp_path), *sys.path])
    process = spawn("app", "--port=0", "--workers=2", environment={"PYTHONPATH": path})
    port = process.port()
    pids = workers(port, 2)
    os.kill(process.popen.pid if reloads else pids.pop(), signal.SIGHUP if reloads else signal.SIGKILL)
    lines = iter(process.popen.stderr.readline, "")
    expected = "the reload is given up: no worker" if reloads else "no worker can be started, and the next attempt"
    assert any(expected in line for line in lines)
    now = workers(port, 2)
    assert now == pids if reloads else now > pids
    assert process.stop() == 0


@pytest.mark.parametrize("way", ["os.fork()", "ctypes.PyDLL(None).fork()"])
def test_one_that_leaves_a_child_behind_in_its_start(spawn, tmp_path, way):
    """The child has a copy of all that the worker has open; the second way runs no hooks of os.register_at_fork()."""
    (tmp_path / "app.py").write_text(
        f"""
import ctypes, os, signal

child = {way}
if child == 0:
    ctypes.PyDLL(None).pause()
print("child", child, flush=True)
raise RuntimeError("no database")
"""
    )
    process = spawn("app:handle", "--workers=2", "--port=0")
    child = int(process.wait_for(r"child (\d+)"))
    try:
        assert process.popen.wait(TIMEOUT) == 1
        assert "no database" in process.popen.stderr.readline()
    finally:
        os.kill(child, signal.SIGKILL)
