"""The writing half of a TLS connection: what is written is encrypted and sent as far as the loop's transport takes it.

What is written in one piece leaves in one. What can't be sent yet waits unencrypted, but for some 128 KiB.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from ssl import SSLError, SSLWantReadError
from typing import Any

__all__ = ["TlsWriter", "new_writer"]

RECORD = 16384  # bytes of one record, at the most (RFC 8446, section 5.1)
WRITE_AHEAD = 65536  # bytes encrypted for one write, and what the loop's transport may hold before it gets no more
TURN = 1048576  # bytes encrypted in one turn of the loop


class TlsWriter:
    """Takes what is to be said, and sends it on `transport`, the loop's. `new_writer` makes it."""

    __slots__ = ("backlog", "failure", "full", "more", "notified", "outgoing", "sent", "tls", "transport", "waiting")

    def __init__(self, tls: Any, outgoing: Any) -> None:
        self.tls = tls
        self.outgoing = outgoing
        self.transport: Any = None
        # what is written, but not encrypted; so many bytes
        self.backlog: deque[memoryview] | None = None
        self.waiting = 0
        self.full = False  # the loop's transport wants no more
        self.more = False  # it would take more, but this turn of the loop has been long enough
        self.sent = 0  # bytes given to the loop's transport, encrypted
        self.notified = False  # we have said that we are done
        self.failure: Any = None  # an SSLError: nothing more can be encrypted

    def put(self, data: Any) -> None:
        """Send this, or keep it until there is room."""
        size = len(data)
        if size <= RECORD and not self.full and not self.waiting:
            count = 0
            try:
                count = self.tls.write(data)
            except SSLWantReadError:
                pass
            except SSLError as error:
                self.failure = error
                return
            if count == size:
                self._give(self.outgoing.read())
                return
            data = data[count:]  # what OpenSSL does not take now
        self._hold(data if type(data) is bytes else bytes(data))
        self.pump()

    def send(self) -> bool:
        """Send what is encrypted, of whatever kind; whether there was any."""
        if not self.outgoing.pending:
            return False
        self._give(self.outgoing.read())
        return True

    def pump(self) -> None:
        """Send what waits, as far as there is room, and for as long as a turn of the loop may last."""
        enough = self.waiting - TURN
        while self.waiting and not self.full and not self.transport.is_closing() and (data := self._encrypt()):
            self._give(data)
            if self.waiting <= enough:
                self.more = not self.full
                return
        self.more = False

    def send_close_notify(self) -> None:
        """Send the alert close_notify, once, behind everything."""
        if not self.notified:
            self.notified = True
            with suppress(SSLError):  # the client's close_notify has not come, and we do not wait for it
                self.tls.unwrap()
            self.send()

    def drop(self) -> None:
        """Forget what waits: the client gets nothing more."""
        self.backlog = None
        self.waiting = 0

    def _give(self, data: bytes) -> None:
        self.sent += len(data)
        self.transport.write(data)

    def _hold(self, data: bytes) -> None:
        backlog = self.backlog
        if backlog is None:
            backlog = self.backlog = deque()
        backlog.append(memoryview(data))
        self.waiting += len(data)

    def _encrypt(self) -> bytes:
        """Some of what waits, encrypted; empty if there is nothing to send."""
        backlog = self.backlog
        pieces: list[bytes] = []
        left = WRITE_AHEAD
        try:
            while backlog and left > 0:
                view = backlog[0]
                count = self.tls.write(view[:RECORD])
                # each at once: OpenSSL's buffer keeps the size that it once had
                piece = self.outgoing.read()
                pieces.append(piece)
                left -= len(piece)
                self.waiting -= count
                if count == len(view):
                    backlog.popleft()
                else:
                    backlog[0] = view[count:]
        except SSLWantReadError:
            pieces.append(self.outgoing.read())  # the client has to say something first
        except SSLError as error:
            self.failure = error
            return b""
        return b"".join(pieces)


def new_writer(tls: Any, outgoing: Any) -> TlsWriter:
    """The writing half of the connection `tls`, an SSLObject that writes to the MemoryBIO `outgoing`."""
    return TlsWriter(tls, outgoing)
