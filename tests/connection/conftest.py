"""For every test of a connection: the log stays empty, unless the test says what it expects there."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from connection.tools import Log, nothing_logged

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
