"""Plain HTTP on a port of TLS, TLS on a port of plain HTTP: the client is told, and the log."""

from __future__ import annotations

import ssl

import pytest
from connection.tools import message, wait_for_no_connection


def answer(request, responder):
    responder.write(b"never")


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "x-other"])
@pytest.mark.parametrize("rest", [b"", b"x" * 100_000])
def test_plain_http_on_a_port_of_tls(secure, connect, remarks, method, rest):
    server = secure(answer)
    client = connect(server)
    client.send(message(method, "/") + rest)
    found = client.answer(to=method)
    assert found.status == 400
    assert found.one(b"connection") == b"close"
    assert found.body == (b"" if method == "HEAD" else b"this port speaks TLS: use https\n")
    assert client.rest() == b""
    client.socket.close()
    wait_for_no_connection(server)
    (line,) = remarks()
    assert line.startswith("TLS with 127.0.0.1:")
    assert line.endswith(": plain HTTP on a TLS port")


def test_a_client_that_stays_is_closed(secure, connect):
    server = secure(answer, head_timeout=0.2)
    client = connect(server)
    client.send(b"G")
    assert client.answer().status == 400
    assert client.rest() == b""
    client.half_close()
    wait_for_no_connection(server)


@pytest.mark.parametrize("piece", [1, 2, 1000])
def test_a_handshake_on_a_plain_port(serve_on, connect, contexts, remarks, piece):
    from fastresp import Config

    server = serve_on(answer, Config(), host="127.0.0.1", port=0)
    client = connect(server)
    outgoing = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        contexts()[1].wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    hello = outgoing.read()
    for start in range(0, min(len(hello), 5 * piece), piece):
        client.send(hello[start : start + piece])
        if start == 0 and piece == 1:
            continue
        break
    assert client.answer().status == 400
    (line,) = remarks()
    assert line.endswith(": a TLS handshake on a plain HTTP port")
