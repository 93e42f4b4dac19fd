"""Thousands of connections at once: servers as processes of their own, and a client that asks them all and waits."""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fastresp

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: crowd\r\nAccept: */*\r\n\r\n"
BODY = b"hello"
PATIENCE = 60.0
IP_BIND_ADDRESS_NO_PORT = 24  # Linux; Python names it from 3.12 on
PER_ADDRESS = 5000
"""Connections from one address of 127.0.0.0/8, so that its ports suffice."""

APP = """
def handle(request, responder):
    responder.write(b"hello", "text/plain")
"""

EMPTY = """
import asyncio, sys, uvloop

ANSWER = b"HTTP/1.1 200 OK\\r\\ncontent-type: text/plain\\r\\ncontent-length: 5\\r\\n\\r\\nhello"

class Empty(asyncio.Protocol):
    __slots__ = ("transport",)
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(ANSWER)

async def main():
    server = await asyncio.get_running_loop().create_server(Empty, "127.0.0.1", 0, backlog=2048)
    print("http://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()

uvloop.run(main())
"""
"""uvloop's own transport with a protocol that holds nothing but it."""

TIMES = ("--keep-alive-timeout", "300", "--head-timeout", "300")


def raise_descriptors(count: int) -> int:
    """Lets this process, and those it starts, have `count` descriptors and some more; how many there may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 200 if hard == resource.RLIM_INFINITY else min(hard, count + 200)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted) - 200


class Site:
    """A server that runs as a process."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self.popen = popen
        self.port = 0
        self.others = 0  # sockets of its own
        for line in popen.stdout or ():
            if "http://" in line:
                self.port = int(line.rpartition(":")[2].strip(" /\n"))
                self.others = self.connections()
                return
        raise RuntimeError("the server did not start")

    def memory(self) -> int:
        """Bytes that only this process has in memory."""
        for line in Path(f"/proc/{self.popen.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Private_Dirty:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no figure")

    def cpu(self) -> float:
        """Seconds of processor time used so far."""
        numbers = Path(f"/proc/{self.popen.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")

    def connections(self) -> int:
        """Sockets that it has open, without those that it had when it started."""
        root = f"/proc/{self.popen.pid}/fd"
        count = 0
        for name in os.listdir(root):
            try:
                count += os.readlink(f"{root}/{name}").startswith("socket:")
            except FileNotFoundError:
                continue
        return count - self.others

    def stop(self) -> int:
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(30)


@contextmanager
def site(directory: Path, *arguments: str, kind: str = "fastresp", pure: bool = False) -> Iterator[Site]:
    """A server of kind `fastresp`, or `empty`; it ends with the block."""
    if kind == "empty":
        command = [sys.executable, "-c", EMPTY]
    else:
        (directory / "app.py").write_text(APP)
        command = [sys.executable, "-m", "fastresp", "app", "--port", "0", *TIMES, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FASTRESP_")}
    environment["PYTHONPATH"] = str(Path(fastresp.__file__).parents[1])
    environment["FASTRESP_NO_EXTENSIONS"] = str(int(pure))
    popen = subprocess.Popen(command, cwd=directory, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield Site(popen)
    finally:
        if popen.poll() is None:
            popen.kill()
        popen.wait(30)
        if popen.stdout is not None:
            popen.stdout.close()


class Crowd:
    """Connections to one port, all open at once."""

    def __init__(self, port: int, count: int) -> None:
        self.clients: dict[int, socket.socket] = {}
        self.poll = select.epoll()
        try:
            for number in range(count):
                client = socket.socket()
                self.clients[client.fileno()] = client
                client.settimeout(PATIENCE)
                # the port is chosen when it connects, and is free again at once when it closes
                client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.bind((f"127.0.0.{1 + number // PER_ADDRESS}", 0))
                client.connect(("127.0.0.1", port))
                client.setblocking(False)
                self.poll.register(client, select.EPOLLIN)
        except BaseException:
            self.close()
            raise

    def ask(self) -> float:
        """Asks on every connection, and reads all answers; the seconds that took. Raises if one is missing or wrong."""
        begun = time.monotonic()
        waiting: dict[int, bytes] = {}
        for number, client in self.clients.items():
            client.send(REQUEST)
            waiting[number] = b""
        while waiting:
            left = begun + PATIENCE - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{len(waiting)} of {len(self.clients)} were not answered")
            for number, _ in self.poll.poll(left):
                data = self.clients[number].recv(65536)
                if not data:
                    raise ConnectionError("the server closed a connection")
                waiting[number] += data
                if waiting[number].endswith(b"\r\n\r\n" + BODY):
                    if not waiting[number].startswith(b"HTTP/1.1 200 OK\r\n"):
                        raise ValueError(waiting[number])
                    del waiting[number]
        return time.monotonic() - begun

    def close(self) -> None:
        for client in self.clients.values():
            client.close()
        self.clients.clear()
        self.poll.close()

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
