"""ASGI: what its tls extension tells of a connection, with and without a client's certificate."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
from types import SimpleNamespace

import pytest
from adapters.asgi_applications import body, start
from client import Client

from fastresp.asgi import AsgiHandler
from fastresp.asgi.tls import name_of


async def show(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError
    told = scope["extensions"].get("tls")
    await send(start())
    await send(body(json.dumps(told).encode()))
    if told is not None:
        told["client_cert_chain"].append("changed")  # is this request's own
        told.clear()


def made(folder, name, subject) -> SimpleNamespace:
    key, certificate = str(folder / f"{name}.key"), str(folder / f"{name}.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-subj", subject, "-multivalue-rdn"]
    subprocess.run([*command.split(), *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return SimpleNamespace(key=key, certificate=certificate)


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    """The two contexts of a server that asks for certificates, and of a client that has one."""
    folder = tmp_path_factory.mktemp("tls")
    ours, theirs = made(folder, "ours", "/CN=localhost"), made(folder, "theirs", "/C=DE/O=a, b/CN=me+UID=5")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(ours.certificate, ours.key)
    server.verify_mode = ssl.CERT_OPTIONAL
    server.load_verify_locations(theirs.certificate)
    return SimpleNamespace(server=server, ours=ours, theirs=theirs)


@pytest.fixture
def asked(server_class, loop_factory, ends):
    """What two requests on one connection are told."""

    def ask(certificate, version):
        context = ssl.create_default_context(cafile=ends.ours.certificate)
        context.minimum_version = context.maximum_version = version
        if certificate:
            context.load_cert_chain(ends.theirs.certificate, ends.theirs.key)
        server = server_class(AsgiHandler(show))
        with server.background(host="127.0.0.1", port=0, ssl=ends.server, loop_factory=loop_factory):
            plain = socket.create_connection(("127.0.0.1", server.port), 10)
            client = Client.__new__(Client)
            client.socket, client.buffer = context.wrap_socket(plain, server_hostname="localhost"), b""
            with client.socket:
                told = []
                for _ in range(2):
                    client.get()
                    told.append(json.loads(client.answer().body))
                cipher = client.socket.cipher()[0]
        assert told[0] == told[1]
        return told[0], cipher

    return ask


SUITES = {
    "TLS_AES_256_GCM_SHA384": 0x1302,
    "TLS_CHACHA20_POLY1305_SHA256": 0x1303,
    "TLS_AES_128_GCM_SHA256": 0x1301,
    "ECDHE-ECDSA-AES256-GCM-SHA384": 0xC02C,
    "ECDHE-ECDSA-CHACHA20-POLY1305": 0xCCA9,
    "ECDHE-ECDSA-AES128-GCM-SHA256": 0xC02B,
}


@pytest.mark.parametrize(
    ("version", "number"), [(ssl.TLSVersion.TLSv1_2, 0x0303), (ssl.TLSVersion.TLSv1_3, 0x0304)], ids=["1.2", "1.3"]
)
@pytest.mark.parametrize("certificate", [False, True], ids=["without", "with"])
def test_what_it_tells(asked, ends, certificate, version, number):
    told, cipher = asked(certificate, version)
    chain = []
    if certificate:
        with open(ends.theirs.certificate) as file:
            chain = [ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(file.read()))]
    assert told == {
        "server_cert": None,
        "client_cert_chain": chain,
        "client_cert_name": "CN=me+UID=5,O=a\\, b,C=DE" if certificate else None,
        "client_cert_error": None,
        "tls_version": number,
        "cipher_suite": SUITES[cipher],
    }


def test_plain_tcp_has_none(asgi):
    client = asgi(show)
    client.get()
    assert client.answer().body == b"null"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("", ""),
        (" a ", "\\ a\\ "),
        (" ", "\\ "),
        ("#a#", "\\#a#"),
        ('",+;<>\\', '\\"\\,\\+\\;\\<\\>\\\\'),
        ("a\0b", "a\\00b"),
        ("\u00e4=", "\u00e4="),
    ],
)
def test_names_as_text(value, text):
    assert name_of(((("commonName", value),), (("emailAddress", "a@b"),))) == f"emailAddress=a@b,CN={text}"
