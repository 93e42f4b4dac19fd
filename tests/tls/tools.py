"""Clients of TLS: an ordinary one, and one whose every byte on the wire is the test's."""

from __future__ import annotations

import gc
import socket
import ssl
from contextlib import suppress

from client import TIMEOUT, Client
from connection.tools import in_loop


class SecureClient(Client):
    """An ordinary client, which insists on a proper end."""

    def __init__(self, server, context: ssl.SSLContext, session=None) -> None:
        plain = socket.create_connection(("127.0.0.1", server.port), TIMEOUT)
        self.socket = context.wrap_socket(
            plain, server_hostname="localhost", suppress_ragged_eofs=False, session=session
        )
        self.buffer = b""


class HandMade(Client):
    """A client whose records go to the wire as the test says; nothing is done before `shake_hands`."""

    def __init__(self, server, context: ssl.SSLContext) -> None:
        super().__init__(server.port)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")

    def wire(self, data: bytes) -> None:
        """Sends these very bytes."""
        self.socket.sendall(data)

    def hello(self) -> bytes:
        """The first bytes of a handshake."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return self.outgoing.read()
        raise AssertionError("shaken hands alone")

    def hear(self) -> bool:
        """Takes in what comes next; False at the end."""
        data = self.socket.recv(65536)
        self.incoming.write(data)
        return bool(data)

    def shake_hands(self, piece: int = 65536) -> bytes:
        """Shakes hands, sending `piece` bytes at a time; returns the last flight, which is left to be sent."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                flight = self.outgoing.read()
                for start in range(0, len(flight), piece):
                    self.wire(flight[start : start + piece])
                assert self.hear(), "the connection ended in the handshake"
            else:
                return self.outgoing.read()

    def records(self, *contents: bytes) -> bytes:
        """Each in a record of its own, or in several if it is too large for one."""
        for content in contents:
            while content:
                content = content[self.tls.write(content) :]
        return self.outgoing.read()

    def close_notify(self) -> bytes:
        """The record that says that we are done."""
        with suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        return self.outgoing.read()

    def send(self, data: bytes) -> None:
        self.wire(self.records(data))

    def more(self) -> bytes:
        while True:
            try:
                data = self.tls.read(65536)
            except ssl.SSLWantReadError:
                if not self.hear():
                    raise ssl.SSLEOFError("the connection ended without a close_notify") from None
            except ssl.SSLZeroReturnError:  # how OpenSSL says it when we have said close_notify ourselves
                return b""
            else:
                self.buffer += data
                return data


def transports(server) -> list:
    """The TLS connections of the server, as their protocols see them."""
    return [
        thing
        for thing in gc.get_objects()
        if type(thing).__name__ == "TlsTransport"
        and in_loop(server, thing.get_extra_info, "sockname", ("", 0))[1] == server.port
    ]
