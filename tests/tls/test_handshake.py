"""The handshake: slow ones, broken ones, and those that never end."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress

import pytest
from client import TIMEOUT, Client
from connection.tools import Inbox, in_loop, message, settle, wait_for_no_connection
from tls.tools import transports

GET = message("GET", "/")


def hello(request, responder):
    responder.write(f"{request.scheme} {request.remote_address[0]}", "text/plain")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("piece", [1, 100, 65536])
def test_in_pieces(secure, contexts, hand_made, version, piece):
    server, client = contexts(version)
    client = hand_made(secure(hello, server), client)
    last = client.shake_hands(piece)
    for start in range(0, len(last), piece):
        client.wire(last[start : start + piece])
    client.get()
    assert client.answer().body == b"https 127.0.0.1"


def test_the_first_request_comes_with_the_end_of_the_handshake(secure, hand_made):
    client = hand_made(secure(hello))
    client.wire(client.shake_hands() + client.records(GET, GET))
    assert client.answer().status == client.answer().status == 200


def test_one_that_never_ends(secure, hand_made, remarks):
    server = secure(hello, head_timeout=0.2)
    client = hand_made(server)
    client.wire(client.hello()[:100])
    assert client.socket.recv(100) == b""
    wait_for_no_connection(server)
    (line,) = remarks()
    assert line.startswith("TLS with 127.0.0.1:")
    assert line.endswith(": the handshake was not over in time")


def test_one_that_never_begins(secure, connect, remarks):
    server = secure(hello, head_timeout=0.2)
    client = connect(server)
    assert client.rest() == b""
    wait_for_no_connection(server)
    assert remarks() == []


@pytest.mark.parametrize(("limit", "status"), [("max_connections", 503), ("max_connections_per_host", 429)])
def test_it_takes_a_place(secure, opened, hand_made, limit, status):
    server = secure(hello, **{limit: 1})
    first = hand_made(server)
    first.wire(first.hello())
    assert first.hear()
    refused = opened(server)
    assert refused.answer().status == status
    assert refused.rest() == b""
    first.wire(first.shake_hands())
    first.get()
    assert first.answer().status == 200
    first.socket.close()
    wait_for_no_connection(server)
    for _ in range(3):
        again = opened(server)
        again.get("/", "Connection: close")
        assert again.answer().status == 200
        assert again.rest() == b""
        again.socket.close()
        wait_for_no_connection(server)


def test_one_too_many_has_to_be_quick(secure, opened, hand_made):
    server = secure(hello, max_connections=1, head_timeout=60.0)
    client = opened(server)
    client.get()
    client.answer()
    refused = hand_made(server)
    assert refused.socket.recv(100) == b""
    client.get()
    assert client.answer().status == 200


def test_many_too_many_are_closed_at_once(secure, opened, connect):
    """No more than 64 wait for a handshake in which they would be told why."""
    server = secure(hello, max_connections=1, head_timeout=60.0)
    client = opened(server)
    client.get()
    client.answer()
    silent = [connect(server) for _ in range(200)]
    for one in silent[64:]:
        one.is_reset()
        assert one.buffer == b""
    # those that wait are still there
    assert in_loop(server, lambda: len(server._service.connections)) == 65
    client.get()
    assert client.answer().status == 200


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"\x16\x03\x01\x00\x05hello", None),
        (b"\xff" * 100, "no record of tls: it begins with 255"),
        (b"\x00" * 100000, None),
        (b"\x16\x03\x01\xff\xff" + b"\x01" * 100, None),
    ],
)
def test_something_else(secure, connect, opened, remarks, said, reason):
    server = secure(hello)
    client = connect(server)
    client.send(said)
    client.is_reset()
    assert not client.buffer.startswith(b"HTTP")
    wait_for_no_connection(server)
    (line,) = remarks()
    assert ": the handshake failed: " in line
    assert reason is None or line.endswith(reason)
    client = opened(server)
    client.get()
    assert client.answer().status == 200


def test_a_flood_of_it(secure, remarks):
    server = secure(hello)
    for _ in range(60):
        with Client(server.port) as client:
            client.send(GET)
            client.is_reset()
    wait_for_no_connection(server)
    assert 1 <= len([line for line in remarks() if "TLS" in line]) <= 60


def test_a_version_that_is_too_old(secure, contexts, opened, remarks):
    server_context, client_context = contexts(ssl.TLSVersion.TLSv1_2)
    server_context.minimum_version = ssl.TLSVersion.TLSv1_3
    server = secure(hello, server_context)
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):  # the alert arrives
        opened(server, client_context)
    wait_for_no_connection(server)
    (line,) = remarks()
    assert line.endswith(": the handshake failed: unsupported protocol")


def test_a_client_that_does_not_trust_us(secure, opened, remarks):
    server = secure(hello)
    with pytest.raises(ssl.SSLCertVerificationError):
        opened(server, ssl.create_default_context())
    wait_for_no_connection(server)
    (line,) = remarks()
    assert line.endswith("alert unknown ca")


@pytest.mark.parametrize("way", ["close", "reset"])
@pytest.mark.parametrize("length", [0, 1, 100, None])
def test_a_client_that_leaves(secure, hand_made, remarks, way, length):
    server = secure(hello)
    client = hand_made(server)
    client.wire(client.hello()[:length])
    if length is None:
        assert client.hear()
    getattr(client.socket if way == "close" else client, way)()
    wait_for_no_connection(server)
    assert len(remarks()) <= 1


def test_the_end_of_the_server_waits_for_it(secure, hand_made):
    """The request comes with its end, a round trip later than over TCP; but not for long."""
    server = secure(hello)
    silent, client = hand_made(server), hand_made(server)
    for each in (silent, client):
        each.wire(each.hello())
        assert each.hear()
    closing = asyncio.run_coroutine_threadsafe(server.close(60), server._loop)
    settle(server)
    client.wire(client.shake_hands() + client.records(message("GET", "/")))
    answer = client.answer()
    assert answer.body == b"https 127.0.0.1"
    assert answer.one(b"connection") == b"close"
    assert client.rest() == b""
    closing.result(TIMEOUT)
    while silent.hear():
        pass


def test_the_end_of_the_server_does_not_wait_for_who_is_silent(secure, hand_made):
    server = secure(hello)
    clients = [hand_made(server) for _ in range(2)]
    clients[0].wire(clients[0].shake_hands())
    asyncio.run_coroutine_threadsafe(server.close(60), server._loop).result(TIMEOUT)
    for client in clients:
        with suppress(ConnectionResetError):
            while client.hear():
                pass


def test_client_certificates(secure, contexts, opened, tls, remarks):
    asked = Inbox()

    def handle(request, responder):
        asked.put()
        hello(request, responder)

    server_context, client_context = contexts()
    server_context.verify_mode = ssl.CERT_REQUIRED
    server_context.load_verify_locations(tls.file)
    server = secure(handle, server_context)
    client = opened(server, client_context)  # in TLS 1.3 it hears of the refusal with the first answer
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        client.more()
    wait_for_no_connection(server)
    assert asked.count == 0
    (line,) = remarks()
    assert line.endswith("peer did not return a certificate")
    client_context.load_cert_chain(tls.file, tls.file.replace("certificate", "key"))
    client = opened(server, client_context)
    client.get()
    assert client.answer().status == 200
    (transport,) = transports(server)
    assert transport.get_extra_info("peercert")["subject"] == ((("commonName", "localhost"),),)
    assert transport.get_extra_info("cipher")[1] == "TLSv1.3"
    assert transport.get_extra_info("compression") is None
    assert transport.get_extra_info("sslcontext") is server_context
    assert transport.get_extra_info("ssl_object").version() == "TLSv1.3"
    assert transport.get_extra_info("peername") == client.socket.getsockname()
    assert transport.get_extra_info("nothing", "default") == "default"
    assert transport.is_closing() is False


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_resumption(secure, contexts, opened, version):
    server_context, client_context = contexts(version)
    server = secure(hello, server_context)
    session = None
    for number in range(3):
        client = opened(server, client_context, session=session)
        client.get()
        assert client.answer().status == 200
        assert client.socket.session_reused is (number > 0)
        session = client.socket.session
