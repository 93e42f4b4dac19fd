"""TLS between a loop's transport and a connection: the protocol of the one, the transport of the other.

OpenSSL works on memory here: `tls_read` decrypts what comes, a bounded number of records in a turn of the loop, and
`tls_write` encrypts what is written. A client has to shake hands within the time that it has for its first request's
head, and takes a place among the connections meanwhile.
"""

from __future__ import annotations

from ssl import MemoryBIO
from typing import TYPE_CHECKING, Any

from fastresp.core.names import address
from fastresp.net.deadlines import LINGER
from fastresp.net.sockopts import FULL, unsent
from fastresp.net.tls_details import DETAILS, refusal
from fastresp.net.tls_read import new_reader
from fastresp.net.tls_write import new_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from ssl import SSLContext

    from fastresp.core import service as services

__all__ = ["TlsTransport", "new_tls"]

OPEN, HALF_CLOSED, CLOSING, CLOSED = range(4)  # how far the end has come that the connection has asked for
RECORD = 16384  # bytes of one record, at the most (RFC 8446, section 5.1)


class TlsTransport:
    """One TLS connection's place between the loop and the protocol of HTTP; itself one of the service's connections
    while it shakes hands, and once the client has left.
    """

    # fmt: off
    __slots__ = (
        "admitted", "begun", "deadline", "due", "ending", "eof", "held", "host", "new_protocol", "paused",
        "protocol", "pumping", "read_paused", "reader", "service", "stopped", "tls", "transport", "writer",
    )
    # fmt: on

    def __init__(self, service: services.Service, context: SSLContext, new_protocol: Callable[[Any], Any]) -> None:
        self.service = service
        self.new_protocol = new_protocol
        self.transport: Any = None
        self.protocol: Any = None  # from the end of the handshake on
        incoming, outgoing = MemoryBIO(), MemoryBIO()
        self.tls = context.wrap_bio(incoming, outgoing, server_side=True)
        self.reader = new_reader(self.tls, incoming)
        self.writer = new_writer(self.tls, outgoing)
        self.host: Any = None
        self.admitted = False
        self.deadline = 0.0
        self.begun = False  # something has come
        self.eof = False  # the socket's end has come, behind what waits to be decrypted
        # Why the socket is not read: the protocol has said so; what OpenSSL says of its own accord is not taken; or
        # something waits to be decrypted. Then it is stopped.
        self.read_paused = self.held = self.stopped = False
        self.paused = False  # the protocol knows that it shall write no more
        self.due = self.pumping = False  # proceed(), pump() are going to be called
        self.ending = OPEN

    def __reduce__(self) -> str:
        raise TypeError("a TlsTransport can't be copied or pickled")

    # -- what the loop and the service call

    def connection_made(self, transport: Any) -> None:
        service = self.service
        self.transport = self.writer.transport = transport
        completed = False
        try:
            if service.max_per_host:
                remote = transport.get_extra_info("peername")
                self.host = remote[0] if isinstance(remote, tuple) else None
            refusal = service.admit(self, self.host)
            self.admitted = refusal == 0
            # one too many is told so, in HTTP and therefore after the handshake, but has to be quick
            self._allow(service.head_timeout if self.admitted else LINGER)
            completed = refusal >= 0 and not service.draining
        finally:
            if not completed:
                self.abort()

    def data_received(self, data: bytes) -> None:
        reader = self.reader
        if reader.over or self.ending != OPEN:
            if (protocol := self.protocol) is not None:
                protocol.stop_reading()  # nothing is made of it; how long that goes on, the deadlines say
        elif self.begun or not self._turn_away(data):
            self.begun = True
            reader.take(data)
            self._read()
        if len(data) >= FULL and not (self.stopped or self.transport is None or self.transport.is_closing()):
            self.transport.pause_reading()
            self.stopped = True
            self.service.loop.call_soon(self.steer)

    def eof_received(self) -> bool:
        if self.ending == OPEN:
            if self.reader.encrypted is not None:
                self.eof = True
                return True
            self._end()
        return self.writer.waiting > 0

    def connection_lost(self, error: Exception | None) -> None:
        protocol, self.protocol = self.protocol, None
        self.ending = CLOSED
        self.reader.drop()
        self.writer.drop()
        self.service.dismiss(self, self.host, self.admitted)
        try:
            if protocol is not None:
                protocol.connection_lost(error)  # which asks for the client's address
        finally:
            self.transport = None
            self.writer.transport = None

    def pause_writing(self) -> None:
        self.writer.full = True
        if not self.paused and self.protocol is not None:
            self.paused = True
            self.protocol.pause_writing()

    def resume_writing(self) -> None:
        self.writer.full = False
        if self.held:
            self.held = False
            self._read_on()
        if self.writer.waiting:
            # not within this call: asyncio does not expect a transport to be closed there
            self.service.loop.call_soon(self.pump)
        else:
            self.pump()

    def sweep(self, now: float) -> None:
        """Once a tick: ends a handshake, or a close_notify, that takes too long."""
        protocol = self.protocol
        if protocol is not None and protocol.is_paused():
            self._allow(self.service.write_timeout)  # it looks itself at what the client takes
        elif now > self.deadline and self.transport is not None:
            if protocol is None and self.begun:
                self._remark("the handshake was not over in time")
            elif protocol is not None and self.get_write_buffer_size() > 0:
                protocol.cut("it took nothing of its answer for too long")
            self.abort()

    def drain(self) -> None:
        """The server is about to stop. A handshake that has begun goes on, for its request comes with its end."""
        if self.protocol is None:
            self._allow(LINGER) if self.begun else self.abort()

    # -- reading

    def _read(self) -> None:
        """Decrypt and hand on what has come, as much of it as one turn of the loop may take."""
        reader = self.reader
        data = reader.decrypt()
        if self.protocol is None and reader.established:
            self._open()
        if reader.failure is not None:
            if self.ending == OPEN:
                self._fail(reader.failure)  # what came before it could not be answered any more
            return
        if reader.encrypted is not None:
            self._read_on()
        try:
            if data is not None and self.ending == OPEN:
                self.protocol.data_received(data)
        finally:
            if self.ending == OPEN:
                self._handed_on()

    def _handed_on(self) -> None:
        """The protocol has got what was decrypted in this turn."""
        reader = self.reader
        writer = self.writer
        if writer.send() and writer.full and not self.held:
            # a client that reads nothing must not have us say more and more
            self.held = True
            self.steer()
        if reader.over:
            # it ends both directions (RFC 5246, section 7.2.1); in TLS 1.3 it need not, but for HTTP it does
            self.protocol.eof_received()
            self._leave()
        elif self.stopped and reader.encrypted is None:
            if self.eof:
                self._end()
            else:
                self.steer()

    def _read_on(self) -> None:
        """Something waits to be decrypted, or may have come: goes on with it in another turn, unless it has to wait."""
        if self.reader.encrypted is not None and not (self.due or self.read_paused or self.held):
            self.service.loop.call_soon(self.proceed)
            self.due = True  # not before: it may raise
        self.steer()

    def proceed(self) -> None:
        """Another turn for what waits to be decrypted."""
        self.due = False
        if self.ending == OPEN and self.reader.encrypted is not None and not (self.read_paused or self.held):
            self._read()

    def steer(self) -> None:
        """Resume or pause the reading of the socket. At the end it is read: what comes then is dropped."""
        stop = self.ending == OPEN and (self.read_paused or self.held or self.reader.encrypted is not None)
        if stop != self.stopped and self.transport is not None and not self.transport.is_closing():
            self.stopped = stop
            if stop:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def _open(self) -> None:
        """The handshake is over: from now on there is a connection of HTTP."""
        service = self.service
        service.dismiss(self, self.host, self.admitted)
        protocol = self.protocol = self.new_protocol(service)
        protocol.connection_made(self)
        if self.admitted:
            protocol.expect_head_by(self.deadline)
        self.admitted = False

    def _turn_away(self, data: bytes) -> bool:
        """End a connection that begins in plain HTTP, in plain HTTP. Whether it does."""
        answer = refusal(data, self.service.tail_close)
        if answer is None:
            return False
        self._remark("plain HTTP on a TLS port")
        self.ending = HALF_CLOSED
        self._allow(LINGER)
        self.transport.write(answer)
        self.transport.write_eof()
        return True

    def _end(self) -> None:
        """The socket's end has come, without a close_notify: what is missing may have been cut off by somebody else."""
        self.reader.over = True
        if self.protocol is not None:
            self._leave()
            return
        if self.begun:
            self._remark("the client left in the middle of the handshake")
        self.close()

    def _leave(self) -> None:
        """Close behind what has been written; but the client, which is done, need not be there any more."""
        if self.protocol.is_cut():
            self.abort()  # a close_notify would be the end that the answer is delimited by
        elif self.ending < CLOSING:
            self._allow(self.service.write_timeout)
            self.service.connections.add(self)
            self.close()

    def _allow(self, seconds: float) -> None:
        self.deadline = self.service.now + self.service.pace + seconds  # the clock may be one tick behind

    def _fail(self, error: Any) -> None:
        reason = (getattr(error, "reason", None) or str(error)).replace("_", " ").lower()
        self._remark(f"the handshake failed: {reason}" if self.protocol is None else reason)
        self.writer.send()  # the alert
        self.abort()

    def _remark(self, reason: str) -> None:
        self.service.remark(f"TLS with {address(self.transport.get_extra_info('peername'))}", reason)

    # -- writing

    def pump(self) -> None:
        """Send what waits, as far as the loop's transport takes it, and a turn of the loop may."""
        self.pumping = False
        if self.transport is not None:
            self.writer.pump()
        self._written()

    def _written(self) -> None:
        """Not everything could be sent, or the rest now is: says so to the protocol, or ends the connection."""
        writer = self.writer
        if writer.failure is not None:
            if self.ending != CLOSED:
                self._fail(writer.failure)
        elif writer.waiting:
            if not self.paused:
                self.paused = True
                self.protocol.pause_writing()
            if writer.more and not self.pumping:
                self.service.loop.call_soon(self.pump)
                self.pumping = True
        elif self.ending == HALF_CLOSED or self.ending == CLOSING:
            self._finish()
        elif self.paused and not writer.full and self.ending == OPEN:
            self.paused = False
            self.protocol.resume_writing()

    def _finish(self) -> None:
        """Everything is written."""
        self.writer.send_close_notify()
        if self.ending == CLOSING:
            self.transport.close()
        else:
            self.transport.write_eof()

    # -- what the protocol calls: an asyncio.Transport

    def write(self, data: Any) -> None:
        if self.ending != OPEN or not len(data):
            return
        writer = self.writer
        writer.put(data)
        if writer.waiting or writer.failure is not None:
            self._written()

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
        return self.writer.waiting + (0 if self.transport is None else int(self.transport.get_write_buffer_size()))

    def taken(self) -> int:
        """Encrypted bytes that the client has taken, ever."""
        return int(self.writer.sent - self.transport.get_write_buffer_size() - unsent(self.get_extra_info("socket")))

    def set_write_buffer_limits(self, high: Any = None, low: Any = None) -> None:
        self.transport.set_write_buffer_limits(high, low)

    def pause_reading(self) -> None:
        if not self.read_paused:
            self.read_paused = True
            self.steer()

    def resume_reading(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self._read_on()

    def can_write_eof(self) -> bool:
        return True

    def has_encrypted(self) -> bool:  # read, and not decrypted, as more has to come or it has to wait
        return self.reader.has_encrypted()

    def write_eof(self) -> None:
        """Say that nothing more will come from us, and drop what the client still says."""
        if self.ending == OPEN:
            self.ending = HALF_CLOSED
            self.reader.drop()
            self.steer()
            if not self.writer.waiting:
                self._finish()

    def close(self) -> None:
        """Close behind what has been written and our close_notify; the client's is not waited for (RFC 8446, 6.1)."""
        if self.has_encrypted() and self.protocol is not None:
            # the system has more, and would reset the connection for it
            self.write_eof()
        elif self.ending < CLOSING:
            self.ending = CLOSING
            self.steer()
            if self.protocol is None:
                self.transport.close()
            elif not self.writer.waiting:
                self._finish()

    def abort(self) -> None:
        self.ending = CLOSED
        self.reader.drop()
        self.writer.drop()
        if self.transport is not None:
            self.transport.abort()

    def is_closing(self) -> bool:
        return self.ending >= CLOSING or self.transport is None or bool(self.transport.is_closing())

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name in DETAILS:
            return DETAILS[name](self.tls)
        return default if self.transport is None else self.transport.get_extra_info(name, default)

    def get_protocol(self) -> Any:
        return self.protocol

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol


def new_tls(service: services.Service, context: SSLContext, new_protocol: Callable[[Any], Any]) -> TlsTransport:
    """What a loop's `create_server` makes for a new connection; `new_protocol` makes what speaks over it."""
    return TlsTransport(service, context, new_protocol)
