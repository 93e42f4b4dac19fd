"""TLS between a loop's transport and a connection: the protocol of the one, the transport of the other.

OpenSSL works on memory here. All that one read brings is decrypted and handed over in one piece, and what is written in
one piece leaves in one. A client has to shake hands within the time that it has for its first request's head, and takes
a place among the connections meanwhile. What can't be sent yet waits unencrypted, but for some 128 KiB.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from ssl import MemoryBIO, SSLError, SSLWantReadError
from typing import TYPE_CHECKING, Any

from fastresp.http.names import address
from fastresp.http.pipeline import IN_HEAD, LINGER
from fastresp.http.protocol import new_protocol
from fastresp.http.secure import DETAILS, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ssl import SSLContext

    from fastresp.http import service as services

__all__ = ["TlsTransport", "new_tls"]

OPEN, HALF, CLOSE, OVER = range(4)  # how far the end has come that the connection has asked for

RECORD = 16384  # bytes of one record, at the most (RFC 8446, section 5.1)
FED = 32768  # bytes that OpenSSL gets at once: its buffers keep the size that they once had
AHEAD = 65536  # bytes encrypted for one write, and what the loop's transport may hold before it gets no more
DROPPED = 262144  # bytes that a client may go on sending after we have said that we are done


class TlsTransport:
    """One TLS connection's place between the loop and the protocol of HTTP; itself one of the service's connections
    while it shakes hands, and once the client has left.
    """

    # fmt: off
    __slots__ = (
        "admitted", "backlog", "begun", "deadline", "dropped", "ending", "failure", "farewell", "full", "held", "host",
        "incoming", "outgoing", "over", "paused", "protocol", "read_paused", "service", "tls", "transport", "waiting",
    )
    # fmt: on

    def __init__(self, service: services.Service, context: SSLContext) -> None:
        self.service = service
        self.transport: Any = None
        self.protocol: Any = None  # from the end of the handshake on
        self.incoming, self.outgoing = MemoryBIO(), MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.host: Any = None
        self.admitted = False
        self.deadline = 0.0
        self.begun = self.over = False  # something has come; nothing more will
        self.failure: Any = None
        self.read_paused = False  # by the protocol
        self.held = False  # reading waits until what OpenSSL says of its own accord is taken
        # what is written, but not encrypted
        self.backlog: deque[memoryview] | None = None
        self.waiting = 0
        self.full = False  # the loop's transport wants no more
        self.paused = False  # the protocol knows that it shall write no more
        self.ending = OPEN
        self.farewell = False  # we have said that we are done
        self.dropped = 0

    def __reduce__(self) -> str:
        raise TypeError("a TlsTransport can't be copied or pickled")

    # -- what the loop calls

    def connection_made(self, transport: Any) -> None:
        service = self.service
        self.transport = transport
        if service.max_per_host:
            remote = transport.get_extra_info("peername")
            self.host = remote[0] if isinstance(remote, tuple) else None
        self.admitted = service.admit(self, self.host) == 0
        # one too many is told so, in HTTP and therefore after the handshake, but has to be quick
        self._allow(service.head_timeout if self.admitted else LINGER)
        if service.draining:
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self.over or self.ending != OPEN:
            self.dropped += len(data)
            if self.ending == HALF and self.dropped > DROPPED:
                self.abort()
            return
        if not self.begun and (plain := refusal(data, self.service.tail_close)) is not None:
            self._turn_away(plain)
            return
        pieces: list[bytes] = []
        if len(data) <= FED:
            self._take(data, pieces)
        else:
            for start in range(0, len(data), FED):
                self._take(memoryview(data)[start : start + FED], pieces)
        if self.failure is not None:
            self._fail(self.failure)  # what came before it could not be answered any more
            return
        if pieces:
            self.protocol.data_received(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        if self.ending != OPEN:
            return
        if self.outgoing.pending:
            self._send()
            if self.full and not self.held:
                # a client that reads nothing must not have us say more and more
                self.held = True
                self.transport.pause_reading()
        if self.over:
            # a farewell ends both directions (RFC 5246, section 7.2.1); in TLS 1.3 it need not, but for HTTP it does
            self.protocol.eof_received()
            self._leave()

    def eof_received(self) -> bool:
        if self.ending == OPEN:
            self.over = True
            if self.protocol is not None:
                self._leave()  # without a farewell: what is missing may have been cut off by somebody else
            elif self.begun:
                self._remark("the client left in the middle of the handshake")
        return bool(self.backlog)

    def connection_lost(self, error: Exception | None) -> None:
        protocol = self.protocol
        self.transport = None
        self.protocol = None
        self.backlog = None
        self.waiting = 0
        self.ending = OVER
        self.service.dismiss(self, self.host, self.admitted)
        if protocol is not None:
            protocol.connection_lost(error)

    def pause_writing(self) -> None:
        self.full = True
        if not self.paused and self.protocol is not None:
            self.paused = True
            self.protocol.pause_writing()

    def resume_writing(self) -> None:
        self.full = False
        if self.held:
            self.held = False
            if not self.read_paused:
                self.transport.resume_reading()
        if self.backlog:
            # not within this call: asyncio does not expect a transport to be closed there
            self.service.loop.call_soon(self.pump)
        else:
            self.pump()

    # -- what the service calls

    def sweep(self, now: float) -> None:
        """Once a tick: ends a handshake, or a farewell, that takes too long."""
        if now > self.deadline and self.transport is not None:
            if self.protocol is None and self.begun:
                self._remark("the handshake was not over in time")
            self.abort()

    def drain(self) -> None:
        """The server is about to stop."""
        if self.protocol is None:
            self.abort()

    # -- reading

    def _take(self, data: bytes | memoryview, pieces: list[bytes]) -> None:
        if self.failure is not None or self.over or self.ending != OPEN:
            return
        self.incoming.write(data)
        if self.protocol is None and not self._shake_hands():
            return
        # PERF: room for what may have come, not for a whole record; and to run into the exception that there is
        # nothing more takes longer than to read a small record
        size = min(len(data), RECORD)
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

    def _shake_hands(self) -> bool:
        """Whether there is a connection of HTTP, from now on."""
        self.begun = True
        try:
            self.tls.do_handshake()
        except SSLWantReadError:
            return False
        except SSLError as error:
            self.failure = error
            return False
        service = self.service
        service.dismiss(self, self.host, self.admitted)
        protocol = new_protocol(service)
        self.protocol = protocol
        protocol.connection_made(self)
        if self.admitted and protocol.waits_for == IN_HEAD:
            protocol.deadline = self.deadline
        self.admitted = False
        return self.ending == OPEN

    def _turn_away(self, answer: bytes) -> None:
        """Ends a connection that has begun in plain HTTP, in plain HTTP."""
        self._remark("plain HTTP on a TLS port")
        self.ending = HALF
        self._allow(LINGER)
        self.transport.write(answer)
        self.transport.write_eof()

    def _leave(self) -> None:
        """Closes behind what has been written; but the client, which is done, need not be there any more."""
        if self.ending < CLOSE:
            self._allow(self.service.write_timeout)
            self.service.connections.add(self)
            self.close()

    def _allow(self, seconds: float) -> None:
        self.deadline = self.service.now + self.service.pace + seconds  # the clock may be one tick behind

    def _fail(self, error: Any) -> None:
        reason = (getattr(error, "reason", None) or str(error)).replace("_", " ").lower()
        self._remark(f"the handshake failed: {reason}" if self.protocol is None else reason)
        self._send()  # the alert
        self.abort()

    def _remark(self, reason: str) -> None:
        self.service.remark(f"TLS with {address(self.transport.get_extra_info('peername'))}", reason)

    # -- writing

    def _send(self) -> None:
        if self.outgoing.pending:
            self.transport.write(self.outgoing.read())

    def _hold(self, data: Any) -> None:
        if self.backlog is None:
            self.backlog = deque()
        self.backlog.append(memoryview(data))
        self.waiting += len(data)

    def pump(self) -> None:
        """Sends what waits, as far as the loop's transport takes it."""
        while self.backlog and not self.full and not self.transport.is_closing() and self._encrypt():
            self._send()
        if self.backlog:
            if not self.paused:
                self.paused = True
                self.protocol.pause_writing()
        elif self.ending == HALF or self.ending == CLOSE:
            self._finish()
        elif self.paused and not self.full and self.ending == OPEN:
            self.paused = False
            self.protocol.resume_writing()

    def _encrypt(self) -> bool:
        """Encrypts some of what waits; whether there is something to send."""
        backlog = self.backlog
        try:
            while backlog and self.outgoing.pending < AHEAD:
                view = backlog[0]
                count = self.tls.write(view[:RECORD])
                self.waiting -= count
                if count == len(view):
                    backlog.popleft()
                else:
                    backlog[0] = view[count:]
        except SSLWantReadError:
            pass  # the client has to say something first
        except SSLError as error:
            self._fail(error)
            return False
        return self.outgoing.pending > 0

    def _finish(self) -> None:
        """Everything is written."""
        if not self.farewell:
            self.farewell = True
            with suppress(SSLError):  # the client's farewell has not come, and we do not wait for it
                self.tls.unwrap()
            self._send()
        if self.ending == CLOSE:
            self.transport.close()
        else:
            self.transport.write_eof()

    # -- what the protocol calls: an asyncio.Transport

    def write(self, data: Any) -> None:
        size = len(data)
        if self.ending != OPEN or not size:
            return
        if size <= RECORD and not self.full and not self.backlog:
            count = 0
            try:
                count = self.tls.write(data)
            except SSLWantReadError:
                pass
            except SSLError as error:
                self._fail(error)
                return
            if count == size:
                self.transport.write(self.outgoing.read())
                return
            data = data[count:]  # what OpenSSL does not take now
        self._hold(data if type(data) is bytes else bytes(data))
        self.pump()

    def writelines(self, pieces: Iterable[Any]) -> None:
        small: list[Any] = []
        for piece in pieces:
            if len(piece) <= RECORD:
                small.append(piece)
            else:
                self.write(b"".join(small))
                small.clear()
                self.write(piece)
        self.write(b"".join(small))

    def get_write_buffer_size(self) -> int:
        return self.waiting + (0 if self.transport is None else int(self.transport.get_write_buffer_size()))

    def set_write_buffer_limits(self, high: Any = None, low: Any = None) -> None:
        self.transport.set_write_buffer_limits(high, low)

    def pause_reading(self) -> None:
        if not self.read_paused:
            self.read_paused = True
            if not self.held and self.transport is not None:
                self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            if not self.held and self.transport is not None:
                self.transport.resume_reading()

    def is_reading(self) -> bool:
        return not self.read_paused and not self.is_closing()

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Says that nothing more will come from us, and drops what the client still says."""
        if self.ending == OPEN:
            self.ending = HALF
            if not self.backlog:
                self._finish()

    def close(self) -> None:
        """Closes behind what has been written and our farewell, without waiting for the client's (RFC 8446, 6.1)."""
        if self.ending < CLOSE:
            self.ending = CLOSE
            if self.protocol is None:
                self.transport.close()
            elif not self.backlog:
                self._finish()

    def abort(self) -> None:
        self.ending = OVER
        self.backlog = None
        self.waiting = 0
        if self.transport is not None:
            self.transport.abort()

    def is_closing(self) -> bool:
        return self.ending >= CLOSE or self.transport is None or bool(self.transport.is_closing())

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What asyncio's TLS transports tell, and what the loop's does."""
        if name in DETAILS:
            return DETAILS[name](self.tls)
        return default if self.transport is None else self.transport.get_extra_info(name, default)

    def get_protocol(self) -> Any:
        return self.protocol

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol


def new_tls(service: services.Service, context: SSLContext) -> TlsTransport:
    """What a loop's `create_server` makes for a new connection of the server whose state is `service`."""
    return TlsTransport(service, context)
