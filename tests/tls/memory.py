"""A client and a connection of TLS without a socket: a read is as large as the test says, and turns can be counted."""

from __future__ import annotations

import ssl
from contextlib import suppress

from connection.fake import Transport


class Connection:
    """Both ends of a TLS connection; what they say goes from one to the other when the test says so."""

    def __init__(self, service, twin, contexts, transport=None):
        server, client = contexts
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = client.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.transport = transport or Transport()
        self.ours = twin("net.tls").new_tls(service, server, twin("http1.connection").new_connection)
        self.ours.connection_made(self.transport)

    def feed(self, data):
        assert self.transport.reading, "data came to a paused connection"
        self.ours.data_received(data)

    def hear(self):
        """What the server has said since."""
        self.incoming.write(self.transport.sent)
        self.transport.writes.clear()
        said = b""
        with suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            while piece := self.tls.read(65536):
                said += piece
        return said

    def shake_hands(self):
        while True:
            with suppress(ssl.SSLWantReadError):
                self.tls.do_handshake()
                if last := self.outgoing.read():  # TLS 1.3
                    self.feed(last)
                return
            self.feed(self.outgoing.read())
            self.incoming.write(self.transport.sent)
            self.transport.writes.clear()

    def records(self, *contents):
        """Each in a record of its own."""
        for content in contents:
            assert self.tls.write(content) == len(content)
        return self.outgoing.read()

    def octets(self, data):
        """Each octet in a record of its own."""
        return self.records(*(data[at : at + 1] for at in range(len(data))))
