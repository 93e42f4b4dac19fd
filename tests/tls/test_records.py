"""Requests do not care where records begin, and OpenSSL's own talk goes on beside them."""

from __future__ import annotations

import shutil
import ssl
import subprocess

import pytest
from client import TIMEOUT
from connection.test_bodies import pattern
from connection.tools import message, post, wait_for_no_connection

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def echo(request, responder):
    responder.write(request.body or request.target, "text/plain")


async def late_echo(request, responder):
    responder.write(await request.read() or request.target, "text/plain")


@pytest.fixture(params=[echo, late_echo])
def handler(request):
    return request.param


@pytest.fixture(params=VERSIONS)
def client(request, secure, contexts, hand_made, handler):
    server_context, client_context = contexts(request.param)
    client = hand_made(secure(handler, server_context), client_context)
    client.wire(client.shake_hands())
    return client


def test_many_requests_in_one_record(client):
    client.send(b"".join(message("GET", f"/{number}") for number in range(100)))
    for number in range(100):
        assert client.answer().body == b"/%d" % number


def test_many_records_in_one_segment(client):
    client.wire(client.records(*(post("/", b"%d" % number) for number in range(100))))
    for number in range(100):
        assert client.answer().body == b"%d" % number


def test_one_request_in_many_records(client):
    request = post("/", b"a body")
    for _ in range(3):
        client.wire(client.records(*(request[at : at + 1] for at in range(len(request)))))
        assert client.answer().body == b"a body"


@pytest.mark.parametrize("piece", [1, 5, 1000])
def test_records_in_pieces(client, piece):
    said = client.records(post("/", pattern(3000)), message("GET", "/end"))
    for start in range(0, len(said), piece):
        client.wire(said[start : start + piece])
    assert client.answer().body == pattern(3000)
    assert client.answer().body == b"/end"


@pytest.mark.parametrize("size", [16383, 16384, 16385, 40000, 200000, 1000000])
def test_full_records(client, size):
    request = post("/", pattern(size))
    client.wire(client.records(*(request[at : at + 16384] for at in range(0, len(request), 16384))))
    assert client.answer().body == pattern(size)


@pytest.fixture
def s_client(tls):
    """OpenSSL's own client, which knows some commands: `process = s_client(server, *options)`."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl")
    processes = []

    def start(server, *options):
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", tls.file, *options]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.stdin.close()
        process.stdout.close()
        process.wait(TIMEOUT)


def say(process, data, mark):
    """Writes to the client, and reads until it shows the mark."""
    process.stdin.write(data)
    shown = b""
    while mark not in shown:
        line = process.stdout.readline()
        assert line, f"{mark!r} not in {shown!r}"
        shown += line
    return shown


@pytest.mark.parametrize("command", [b"K\n", b"k\n"])
def test_new_keys(secure, s_client, handler, command):
    process = s_client(secure(handler))
    say(process, b"", b"Verify return code: 0 (ok)")
    for number in range(5):
        say(process, message("GET", f"/{number}") + post("/", b"posted\n"), b"posted\n")
        say(process, command, b"KEYUPDATE")
    say(process, post("/", b"over\n"), b"over\n")


def test_no_new_handshake(secure, s_client, opened, handler):
    """A handshake costs us more than the client, who could ask for one after another."""
    server = secure(handler)
    process = s_client(server, "-tls1_2")
    say(process, b"", b"Verify return code: 0 (ok)")
    say(process, post("/", b"posted\n"), b"posted\n")
    say(process, b"R\n", b"no renegotiation")
    wait_for_no_connection(server)
    client = opened(server)
    client.get()
    assert client.answer().status == 200


def test_shorter_records(secure, s_client, handler):
    process = s_client(secure(handler), "-maxfraglen", "512")
    say(process, b"", b"Verify return code: 0 (ok)")
    for size in (400, 2000, 100000):
        body = pattern(size).replace(b"\n", b" ").replace(b"\r", b" ") + b"\nover\n"
        assert body in say(process, post("/", body), b"over\n")
