"""For every test of a connection: the log stays empty, unless the test says what it expects there."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from connection.tools import Inbox, Log, nothing_logged

from fastresp import Config, Server


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    with nothing_logged() as log:
        yield log


@pytest.fixture
def serve_on(
    log: Log, server_class: type[Server], loop_factory: Callable[[], object]
) -> Iterator[Callable[..., Server]]:
    """As `serve`, but with the options of `Server.start`: `serve_on(handler, uds=path)`."""
    with ExitStack() as stack:

        def start(handler: Callable[..., object], config: Config | None = None, **options: object) -> Server:
            server = server_class(handler, config=config)
            return stack.enter_context(server.background(**options, grace=5.0, loop_factory=loop_factory))

        yield start


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The two ends of TLS for localhost, with a certificate that was made just now."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command.split(), *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return SimpleNamespace(server=server, client=ssl.create_default_context(cafile=certificate), file=certificate)


@pytest.fixture
def echo_class(twin):
    """A session that sends back what it gets, in capitals, closes at a full stop, and notes what it is told."""

    class Echo(twin("core.link").Session):
        def __init__(self, told=None):
            self.told = told or Inbox()
            self.link = None
            self.drains = self.sweeps = 0

        def upgrade(self, responder, headers=None):
            self.link = responder._upgrade(b"websocket", headers, self)

        def received(self, data):
            self.told.put(data)
            for start in range(0, len(data), 4):
                self.link.send(data[start : start + 4].upper())
            if b"." in data:
                self.link.close()

        def ended(self):
            self.told.put("ended")
            self.link.close()

        def over(self):
            self.told.put("over")

        def failed(self):
            self.told.put("failed")
            self.link.send(b"failed")
            self.link.close()

        def drain(self):
            self.drains += 1
            if self.drains == 1:
                self.told.put("drain")
                self.link.send(b"bye")
            self.link.close()

        def sweep(self, now):
            self.sweeps += 1

    return Echo
