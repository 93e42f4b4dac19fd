"""Clients on plain sockets, and two handlers, for the tests of the server's life."""

from __future__ import annotations

import asyncio
import http.client
import re
import socket
import ssl
import threading

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


def hello(request, responder):
    responder.write(b"hello", "text/plain")


def get(port: int, path: str = "/") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def read_all(client: socket.socket) -> bytes:
    client.settimeout(10)
    data = b""
    try:
        while piece := client.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def read_until(client: socket.socket, end: bytes) -> None:
    data = b""
    while not data.endswith(end):
        piece = client.recv(65536)
        assert piece, data
        data += piece


def connect(port: int, data: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(data)
    return client


class Late:
    """A handler that keeps its responder, and an event that is set when it has one."""

    def __init__(self) -> None:
        self.responder = None
        self.called = threading.Event()

    def __call__(self, request, responder):
        self.responder = responder
        self.called.set()

    async def wait(self) -> None:
        assert await asyncio.to_thread(self.called.wait, 10)


async def turns(count: int) -> None:
    """Lets the loop turn, so that what it has ready has run."""
    for _ in range(count):
        await asyncio.sleep(0)


def secure_get(port: int, context: ssl.SSLContext) -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=context)
    connection.request("GET", "/")
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def failing(process) -> tuple[int, str]:
    """Status and the one line on stderr of a process that must fail, having printed nothing."""
    status, out, err = process.ended()
    assert out == ""
    assert err.startswith("fastresp: "), err
    assert err.count("\n") == 1, err
    assert err.endswith("\n")
    return status, err.removeprefix("fastresp: ").rstrip("\n")


def remarks(log: str) -> list[str]:
    """The lines of a server's log but for those that every end writes."""
    usual = re.compile(r".* INFO fastresp\[\d+\]: (SIG\w+: closing .*|closed|waiting for .*)")
    return [line for line in log.splitlines() if not usual.fullmatch(line)]
