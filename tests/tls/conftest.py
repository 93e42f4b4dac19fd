"""For the tests of TLS: servers with a certificate, and clients that accept no end but the one that TLS announces."""

from __future__ import annotations

import asyncio
import logging
import ssl

import pytest
from connection.conftest import log, serve_on, tls  # noqa: F401
from tls.memory import Connection
from tls.tools import HandMade, SecureClient

from fastresp import Config

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.fixture
def secure(serve_on, tls):  # noqa: F811
    """Serves over TLS: `secure(handler, **config)`; the contexts are `tls.server` and `tls.client`."""

    def start(handler, context=None, **config):
        return serve_on(handler, Config(**config), host="127.0.0.1", port=0, ssl=context or tls.server)

    return start


@pytest.fixture
def contexts(tls):  # noqa: F811
    """New contexts of both ends, for tests that change them: `server, client = contexts()`."""

    def make(version=None):
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tls.file, tls.file.replace("certificate", "key"))
        client = ssl.create_default_context(cafile=tls.file)
        if version is not None:
            client.minimum_version = client.maximum_version = version
        return server, client

    return make


@pytest.fixture
def opened(tls):  # noqa: F811
    """Opens connections and closes them when the test is over: `opened(server)`, `opened(server, kind=HandMade)`."""
    clients = []

    def start(server, context=None, kind=SecureClient, **options):
        client = kind(server, context or tls.client, **options)
        clients.append(client)
        return client

    yield start
    for client in clients:
        client.socket.close()


@pytest.fixture
def hand_made(opened):
    """As `opened`, with the records in the test's hands."""
    return lambda server, context=None: opened(server, context, HandMade)


@pytest.fixture
def remarks(caplog):
    """What the server has to say of its clients, line by line."""
    caplog.set_level(logging.INFO, "fastresp")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "fastresp"]


@pytest.fixture
def alone(twin, loop_factory, monkeypatch):
    """Runs a test within a loop, whose connections are made by `connection()`: `alone(test, handler, contexts)`. What
    comes is handled in no time: how much of it is handled in one turn is a matter of that, too.
    """
    monkeypatch.setattr(twin("http1.reading"), "monotonic", float)

    def run(test, handler, contexts, **config):
        async def call():
            loop = asyncio.get_running_loop()
            service = twin("core.service").new_service(handler, Config(**config), loop, True, True)
            made = []

            def connection():
                made.append(Connection(service, twin, contexts))
                return made[-1]

            try:
                await test(connection)
            finally:
                for each in made:
                    each.ours.connection_lost(None)

        loop = loop_factory()
        try:
            loop.run_until_complete(asyncio.wait_for(call(), 60))
        finally:
            loop.close()

    return run


@pytest.fixture(params=VERSIONS)
def ends(request, contexts):
    return contexts(request.param)
