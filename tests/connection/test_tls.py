"""HTTPS by a ready SSLContext: the same answers, small and large, and an end that says that it is one."""

from __future__ import annotations

import asyncio
import io
import socket
import ssl

import pytest
from client import Client
from connection.test_bodies import pattern
from connection.tools import Late, answer_late, message, post, wait_for_no_connection

from fastresp import Config

MIB = 1024 * 1024


class SecureClient(Client):
    """Accepts no end of the connection but the one that TLS announces."""

    def __init__(self, server, context: ssl.SSLContext) -> None:
        plain = socket.create_connection(("127.0.0.1", server.port), 10)
        self.socket = context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
        self.buffer = b""


@pytest.fixture
def secure(serve_on, tls):
    """Serves over TLS, and connects: `client, server = secure(handler)`."""
    clients = []

    def start(handler, config=None):
        server = serve_on(handler, config, host="127.0.0.1", port=0, ssl=tls.server)
        client = SecureClient(server, tls.client)
        clients.append(client)
        return client, server

    yield start
    for client in clients:
        client.socket.close()


def echo(request, responder):
    responder.write(request.body or request.scheme.encode(), "text/plain")


async def late_echo(request, responder):
    body = await request.read()
    await asyncio.sleep(0)
    responder.write(body or request.scheme.encode(), "text/plain")


@pytest.mark.parametrize("handler", [echo, late_echo])
class TestAnswers:
    def test_keep_alive(self, secure, handler):
        client, _ = secure(handler)
        for _ in range(50):
            client.get()
            assert client.answer().body == b"https"

    def test_pipelined(self, secure, handler):
        client, _ = secure(handler)
        client.send(b"".join(post("/", b"%d" % number) for number in range(200)))
        for number in range(200):
            assert client.answer().body == b"%d" % number

    def test_close(self, secure, handler):
        client, server = secure(handler)
        client.get("/", "Connection: close")
        assert client.answer().body == b"https"
        assert client.rest() == b""
        client.socket.close()
        wait_for_no_connection(server)

    @pytest.mark.parametrize("size", [65536, 4 * MIB])
    def test_large(self, secure, handler, size):
        client, _ = secure(handler)
        body = pattern(size)
        client.send(post("/", body))
        assert client.answer().body == body
        client.get("/", "Connection: close")
        assert client.answer().body == b"https"
        assert client.rest() == b""

    def test_expect(self, secure, handler):
        client, _ = secure(handler)
        client.send(message("POST", "/", "Expect: 100-continue", "Content-Length: 4"))
        assert client.answer().status == 100
        client.send(b"body")
        assert client.answer().body == b"body"


def test_chunks_trailers_and_interim(secure):
    def handle(request, responder):
        responder.write(103, headers={"link": "</style.css>; rel=preload"})
        responder.write_begin_chunked({"content-type": "text/plain"}, ["x-sum"])
        for number in range(100):
            responder.write_chunk(b"%d" % (number % 10) * 10000)
        responder.write_end_chunked(b"end", {"x-sum": "1"})

    client, _ = secure(handle)
    for _ in range(3):
        client.get()
        assert client.answer().status == 103
        answer = client.answer()
        assert len(answer.body) == 1000003
        assert answer.trailers == [(b"x-sum", b"1")]


def test_devices(secure, tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(pattern(3 * MIB))

    def handle(request, responder):
        responder.write(path if request.path == "/path" else io.BytesIO(pattern(MIB)), "application/octet-stream")

    client, _ = secure(handle)
    for _ in range(2):
        client.get("/path")
        assert client.answer().body == pattern(3 * MIB)
        client.get("/memory")
        assert client.answer().body == pattern(MIB)


def test_a_bad_request(secure):
    client, _ = secure(echo)
    client.send(message("GET", "/") + b"rubbish\r\n\r\n")
    assert client.answer().body == b"https"
    assert client.answer().status == 400
    assert client.rest() == b""


def test_a_client_that_leaves(secure):
    late = Late()
    client, server = secure(late)
    client.get()
    _, responder = late.calls.get()
    client.socket.close()
    wait_for_no_connection(server)
    assert responder.is_response_canceled is True
    answer_late(server, responder, "too late")


def test_a_broken_off_answer_is_no_proper_end(secure, log):
    """A truncated message must not look complete, also where only the end of the connection frames it."""

    def handle(request, responder):
        responder.write_begin_chunked("text/plain")
        responder.write_chunk(b"some")
        raise RuntimeError("on purpose")

    client, _ = secure(handle)
    client.get(version="1.0")
    with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
        client.rest()
    log.expect("RuntimeError: on purpose")


def test_time_out(secure):
    client, server = secure(echo, Config(keep_alive_timeout=0.2))
    client.get()
    assert client.answer().body == b"https"
    assert client.rest() == b""
    client.socket.close()
    wait_for_no_connection(server)
