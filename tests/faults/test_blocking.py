"""Devices and handlers that block for ever: they hold up neither the other clients nor the end of the server."""

from __future__ import annotations

import time

import pytest

APP = """
import asyncio, threading

class Stuck:
    def __init__(self, before):
        self.before = before
    def read(self, count):
        if self.before:
            self.before, data = b"", self.before
            return data
        threading.Event().wait()

def handle(request, responder):
    if request.path == "/stuck":
        responder.write(Stuck(b""), "text/plain")
    elif request.path == "/begun":
        responder.write(Stuck(b"begun"), "text/plain")
    elif request.path == "/forever":
        return forever(responder)
    else:
        responder.write(b"hello", "text/plain")

async def forever(responder):
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            responder.write(b"too late")
            raise
"""


@pytest.mark.parametrize("path", ["/stuck", "/begun", "/forever"])
def test_for_ever(site, path):
    server = site(APP, "--grace", "0.5")
    clients = [server.connect() for _ in range(40)]
    for client in clients:
        client.get(path)
    if path == "/begun":
        for client in clients:
            client.until(b"begun")
    with server.connect() as good:
        for _ in range(20):
            good.get()
            assert good.answer().body == b"hello"
    # half of the clients go: their devices still block
    for client in clients[20:]:
        client.reset()
    begun = time.monotonic()
    assert server.stop() == 0
    assert 0.4 < time.monotonic() - begun < 5
    for client in clients[:20]:
        client.is_reset()
        assert not client.buffer.endswith(b"0\r\n\r\n")
        client.socket.close()
    assert server.log().count("\n") <= 60, server.log()
