"""A child that a handler forks has its own signals, and none of the server's sockets."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest
from client import TIMEOUT

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

APP = """
import asyncio, logging, multiprocessing, os, signal, time

def child():
    logging.getLogger("fastresp").warning("from the child")
    print("printed by the child")
    time.sleep(600)

def handle(request, responder):
    if request.path == "/fork":
        pid = os.fork()
        if pid == 0:
            child()
            os._exit(0)
    elif request.path == "/multiprocessing":
        process = multiprocessing.get_context("fork").Process(target=child, daemon=False)
        process.start()
        pid = process.pid
        handle.process = process
    else:
        pid = 0
    responder.write(str(pid))

def wsgi(environ, start_response):
    pid = os.fork()
    if pid == 0:
        child()
        os._exit(0)
    start_response("200 OK", [])
    return [str(pid).encode()]
"""


def wait_for(condition) -> None:
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter where it goes between open and read
        return True


def sockets_of(pid: int) -> list[str]:
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            continue
    return [link for link in found if link.startswith("socket:")]


@pytest.mark.parametrize("path", ["/fork", "/multiprocessing", "wsgi"])
def test_a_child(site, path):
    server = site(APP + ("handle = wsgi\n" if path == "wsgi" else ""), "--grace", "5")
    idle = server.connect()
    idle.get("/multiprocessing" if path != "wsgi" else "/")
    first = int(idle.answer().body)
    with server.connect() as client:
        client.get("/" if path == "wsgi" else path)
        pid = int(client.answer().body)
    try:
        wait_for(lambda: server.log().count("from the child") == 2)
        # its sockets are at most the loop's own pair
        inodes = set(sockets_of(pid))
        listening = {
            f"socket:[{line.split()[9]}]"
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
            if int(line.split()[1].rpartition(":")[2], 16) == server.port
        }
        assert listening
        assert not inodes & listening
        # the server closes: its client is told, although the child lives
        server.process.popen.send_signal(signal.SIGTERM)
        assert idle.socket.recv(100) == b""
        if path != "/multiprocessing" and path != "/fork":
            assert server.process.popen.wait(TIMEOUT) == 0
            with socket.create_server(("127.0.0.1", server.port)):
                pass
    finally:
        for each in (first, pid):
            os.kill(each, signal.SIGTERM)  # does what it does in any process
        wait_for(lambda: ended(first) and ended(pid))
    idle.socket.close()
    assert server.process.popen.wait(TIMEOUT) == 0
    out = server.process.popen.stdout.read()
    assert out.count("printed by the child") <= 2


def test_a_child_that_goes_on_in_the_loop_does_no_harm(site):
    """It can't wait where the server waits."""
    source = APP.replace("            child()\n            os._exit(0)\n    elif", "            return\n    elif")
    server = site(source, "--grace", "5")
    for _ in range(3):
        with server.connect() as client:
            client.get("/fork")
            pid = int(client.answer().body)
            assert pid > 0
        wait_for(lambda pid=pid: ended(pid))
        with server.connect() as client:
            client.get("/")
            assert client.answer().body == b"0"
    assert server.stop() == 0
