"""An application of several processes, and who of them is there, for the tests of --workers."""

from __future__ import annotations

import os
import socket
import time
from contextlib import closing

APP = """
import asyncio, os, time

if os.path.exists("hang"):
    print("importing", os.getpid(), flush=True)
    time.sleep(600)
if os.path.exists("broken"):
    1 // 0

if os.path.exists("slow"):
    open("slow").close()

def handle(request, responder):
    if request.path == "/die":
        os._exit(3)
    if request.path == "/block":
        print("blocked", flush=True)
        while True:
            time.sleep(600)
    if request.path == "/read":
        try:
            os.read(0, 1)
        except OSError as error:
            return responder.write(type(error).__name__)
    responder.write(f"{os.getpid()}")

async def waits(request, responder):
    print("working", flush=True)
    while not os.path.exists("go"):
        await asyncio.sleep(0.01)
    responder.write("late")

class Failing:
    async def start_up(self):
        from fastresp.hooks import StartUpError
        raise StartUpError("no database")

    def __call__(self, request, responder):
        pass

failing = Failing()

def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [str(environ["wsgi.multiprocess"]).encode()]
"""
TIMEOUT = 20.0


def ask(address, path="/") -> bytes:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with closing(socket.socket(family)) as client:
        client.settimeout(TIMEOUT)
        client.connect(address if isinstance(address, str) else ("127.0.0.1", address))
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        data = b""
        while piece := client.recv(4096):
            data += piece
    return data.rpartition(b"\r\n\r\n")[2]


def workers(address, count: int) -> set[int]:
    """The processes that answer, when so many have been seen."""
    seen: set[int] = set()
    end = time.monotonic() + TIMEOUT
    while len(seen) < count:
        assert time.monotonic() < end, seen
        try:
            answer = ask(address)
        except ConnectionError:  # a worker that dies takes its queue along
            continue
        if answer:
            seen.add(int(answer))
    return seen


def begin_at(terminal: int) -> None:
    """In a process that begins: a session of its own at this terminal."""
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):  # now, or between the two looks
        return True


def wait_until_gone(pids: set[int]) -> None:
    end = time.monotonic() + TIMEOUT
    while not all(map(gone, pids)):
        assert time.monotonic() < end
        time.sleep(0.01)
