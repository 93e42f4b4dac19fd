"""Clients that take their time, and what shows that nobody else has to wait for them.

The kernel's buffers are kept small here, so that what the server has taken in hand can be told from outside.
"""

from __future__ import annotations

import socket

from client import Client
from responder.devices import TIMEOUT
from responder.messages import PING, PONG

MIB = 1 << 20
IN_HAND = 256 * 1024
KERNEL = 512 * 1024
"""More than the kernel may hold of a connection whose two buffers are asked to be of 16 KiB."""


def slow_client(stage):
    """A connection with small buffers at both ends."""
    for sock in stage.server.sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
    client = Client.__new__(Client)
    client.buffer = b""
    client.socket = socket.socket()
    client.socket.settimeout(TIMEOUT)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    client.socket.connect(("127.0.0.1", stage.server.port))
    return client


def turns(client, count=30):
    """Lets the loop turn: a server that does not wait for anything would do its worst meanwhile."""
    for _ in range(count):
        client.send(PING)
        assert client.exactly(len(PONG)) == PONG
