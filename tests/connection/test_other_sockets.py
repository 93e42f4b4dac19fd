"""The same connection on a UNIX socket, on an inherited descriptor, and on IPv6."""

from __future__ import annotations

import logging
import os
import socket

import pytest
from client import Client
from connection.test_bodies import pattern
from connection.tools import Inbox, message, post, wait_for_no_connection

from fastresp import Config

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no such sockets")


@pytest.fixture
def look():
    """A handler that echoes, and keeps what it saw of the connection."""
    seen = Inbox()

    def handle(request, responder):
        seen.put((request.scheme, request.remote_address, request.local_address))
        responder.write(request.body, "text/plain")

    handle.seen = seen
    return handle


def talk(client: Client) -> None:
    body = pattern(300000)
    for _ in range(3):
        client.send(post("/", body))
        assert client.answer().body == body
    client.send(message("GET", "/", "Connection: close"))
    assert client.answer().body == b""
    assert client.rest() == b""


def test_unix(serve_on, look, tmp_path):
    path = str(tmp_path / "socket")
    server = serve_on(look, uds=path)
    with Client(path) as client:
        talk(client)
    wait_for_no_connection(server)
    scheme, remote, local = look.seen.get()
    assert scheme == "http"
    assert not remote
    assert os.fsdecode(local) == path


def test_unix_half_closed_and_reset(serve_on, look, tmp_path):
    path = str(tmp_path / "socket")
    server = serve_on(look, uds=path)
    with Client(path) as client:
        client.get()
        client.half_close()
        assert client.answer().status == 200
        assert client.rest() == b""
    with Client(path) as client:
        client.get()
        assert client.answer().status == 200
    wait_for_no_connection(server)


@pytest.mark.parametrize("name", [b'a\n10.0.0.1:80 "GET fake HTTP"', b"\xff\xfe"])
def test_the_name_of_a_unix_client_in_the_log(serve_on, tmp_path, caplog, name):
    """A client chooses its name, which must not make lines of its own."""
    caplog.set_level(logging.INFO, "fastresp.access")

    def handle(request, responder):
        responder.write(b"fine", "text/plain")

    path = str(tmp_path / "socket")
    server = serve_on(handle, Config(access_log=True), uds=path)
    with socket.socket(socket.AF_UNIX) as client:
        client.bind(os.fsencode(tmp_path) + b"/" + name)
        client.connect(path)
        client.sendall(message("GET", "/", "Connection: close"))
        while client.recv(1000):
            pass
    wait_for_no_connection(server)  # the line follows the answer
    lines = [record.getMessage() for record in caplog.records if record.name == "fastresp.access"]
    assert len(lines) == 1
    assert "\n" not in lines[0]
    lines[0].encode("ascii")


def test_fd(serve_on, look):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = serve_on(look, fd=os.dup(listening.fileno()))
    with Client(server.port) as client:
        talk(client)
    assert tuple(look.seen.get()[2]) == ("127.0.0.1", server.port)


def test_sock(serve_on, look):
    server = serve_on(look, sock=socket.create_server(("127.0.0.1", 0)))
    with Client(server.port) as client:
        talk(client)


def test_ipv6(serve_on, look):
    try:
        listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    server = serve_on(look, sock=listening)
    client = Client.__new__(Client)
    client.buffer = b""
    client.socket = socket.create_connection(("::1", server.port), 10)
    with client:
        talk(client)
    remote = look.seen.get()[1]
    assert remote[0] == "::1"
