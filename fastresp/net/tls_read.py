"""The reading half of a TLS connection: what comes from the socket is decrypted, so much of it at a time.

A record costs us far more than its octets cost the client: 5 µs that of one octet, 110 µs a KeyUpdate that asks for
another. What one read of the socket brings is therefore cut at the borders of records, and handed on over several turns
of the loop.
"""

from __future__ import annotations

from ssl import SSLError, SSLWantReadError
from typing import Any

__all__ = ["TlsReader", "new_reader"]

RECORD = 16384  # bytes of one record, at the most (RFC 8446, section 5.1)
HEADER = 5  # bytes of a record's header, of which the last two are its length
RECORDS = 512  # records that are decrypted in one turn of the loop
SILENT = 16  # what one without content counts for: an empty one, an alert, a part of a handshake, a KeyUpdate
BATCH = 32  # records that OpenSSL gets at once: it goes through all that bring no content in one call
FED = 16384  # bytes behind which it gets no other record at once: its buffers keep the size that they once had


class TlsReader:
    """Takes what the socket brings, and gives what it says. `new_reader` makes it."""

    # fmt: off
    __slots__ = (
        "_at", "_fed", "_header", "_left", "_missing", "encrypted", "established", "failure", "incoming", "over", "tls",
    )
    # fmt: on

    def __init__(self, tls: Any, incoming: Any) -> None:
        self.tls = tls
        self.incoming = incoming
        self.established = False  # the handshake is over
        self.over = False  # the client has said, or shown, that nothing more will come
        self.failure: Any = None  # an SSLError: nothing more can be decrypted
        self.encrypted: Any = None  # bytes that wait for another turn; the first of them that does stands at _at
        self._at = 0
        # where in a record that is: so many bytes of its header are missing, and so many are left of what follows
        self._missing = HEADER
        self._left = 0
        self._header = 0
        self._fed = 0  # bytes of the last batch

    def take(self, data: bytes) -> None:
        """The socket has brought this."""
        if self.encrypted is None:
            self.encrypted = data
        else:
            self.encrypted = bytes(self.encrypted)[self._at :] + data
        self._at = 0

    def drop(self) -> None:
        """Forget what waits: it is of no use any more."""
        self.encrypted = None

    def has_encrypted(self) -> bool:
        """Whether something has come that is not decrypted, as it waits for another turn or the rest of its record."""
        return self.encrypted is not None or self._left > 0 or self._missing != HEADER

    def decrypt(self) -> bytes | None:
        """The content of what comes next, up to the bound of one turn; None if there is none. `encrypted` is None where
        nothing waits for another turn.
        """
        pieces: list[bytes] = []
        budget = RECORDS
        while self.encrypted is not None and budget > 0:
            records = self._feed()
            count = len(pieces)
            if self.failure is None and (self.established or self._shake_hands()):
                self._read(pieces)
            if self.over or self.failure is not None:
                self.encrypted = None
            silent = records - len(pieces) + count
            budget -= records + SILENT * silent if silent > 0 else records
        if not pieces:
            return None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _feed(self) -> int:
        """Give OpenSSL the next batch; how many records begin in it."""
        data = self.encrypted
        start = at = self._at
        size = len(data)
        records = 0
        while at < size:
            if self._left:
                step = min(self._left, size - at)
                self._left -= step
                at += step
                continue
            if self._missing == HEADER:
                if records == BATCH or at - start >= FED:
                    break
                if not self.established and data[at] >= 128:
                    # the hello of SSL 2 is framed in another way; no record has such a type
                    self.failure = SSLError(0, f"no record of TLS: it begins with {data[at]}")
                    break
                if size - at >= HEADER:
                    self._left = data[at + 3] << 8 | data[at + 4]
                    at += HEADER
                    records += 1
                    continue
            self._header = (self._header << 8 | data[at]) & 0xFFFF
            at += 1
            self._missing -= 1
            if not self._missing:
                self._missing = HEADER
                self._left = self._header
                records += 1
        self._fed = at - start
        if at == size:
            self.encrypted = None
        else:
            self._at = at
        self.incoming.write(data if self._fed == size else memoryview(data)[start:at])
        return records

    def _shake_hands(self) -> bool:
        """Whether the handshake is over."""
        try:
            self.tls.do_handshake()
        except SSLWantReadError:
            return False
        except SSLError as error:
            self.failure = error
            return False
        self.established = True
        return True

    def _read(self, pieces: list[bytes]) -> None:
        """Append the content of all that OpenSSL has been given."""
        # PERF: room for what may have come, not for a whole record; and to run into the exception that there is
        # nothing more takes longer than to read a small record
        size = min(self._fed, RECORD)
        try:
            while True:
                piece = self.tls.read(size)
                if not piece:
                    self.over = True
                    return
                pieces.append(piece)
                if not self.incoming.pending and (len(piece) < size or not self.tls.pending()):
                    return
                size = RECORD
        except SSLWantReadError:
            pass
        except SSLError as error:
            self.failure = error


def new_reader(tls: Any, incoming: Any) -> TlsReader:
    """The reading half of the connection `tls`, an SSLObject that reads from the MemoryBIO `incoming`."""
    return TlsReader(tls, incoming)
