"""A target of the fuzzer: a TLS client of OpenSSL's whose records are cut, forged, repeated, swapped and left out.

Whatever comes, nothing is raised into the loop, what is not decrypted yet is never more than a record, what the client
can read is a beginning of answers, and a silent client is not kept. As long as the wire is left alone, both twins call
the handler with the same and end in the same way, and each request that came whole is answered if the client stays.
(What a forged record is taken for depends on its octets, which are other ones each time.) Three octets of settings come
first, then steps: an octet that says which, and what it needs.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from fuzz.application import Application
from fuzz.reader import Reader
from fuzz.target_protocol import LIMITS, TURNS, Transport, heads, loop_of_all, read_answers, twin

from fastresp import Config

# What the first octet switches on.
ASYNC, SMALL, OLD, GREETED, LATE, DRAINING = (1 << bit for bit in range(6))
UNREAD = 2 * (16384 + 2048 + 5)
"""A record that is not whole, and one more: OpenSSL reads ahead of itself by its head."""


@cache
def contexts(old: bool) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and the client's, of TLS 1.2 or 1.3, with a certificate that was made just now."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
        make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
        subprocess.run([*make.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
        server.load_cert_chain(certificate, key)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_2 if old else ssl.TLSVersion.TLSv1_3
    return server, client


class Pausing(Transport):
    """After close() it does not care who would read, as those of the loops: a close_notify may close what is paused."""

    def resume_reading(self) -> None:
        if not self.closed:
            super().resume_reading()


class Peer:
    """The client: `wire` is what it is about to send, `heard` what it could read."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)
        self.wire, self.heard, self.said = bytearray(), bytearray(), bytearray()
        self.greeted = self.broken = False
        self.hear(b"")

    def hear(self, data: bytes) -> None:
        self.incoming.write(data)
        with suppress(ssl.SSLWantReadError):
            try:
                if not self.greeted:
                    self.tls.do_handshake()
                    self.greeted = True
                while piece := self.tls.read(65536):
                    self.heard += piece
            except ssl.SSLWantReadError:
                raise
            except ssl.SSLError:
                self.broken = True
        self.wire += self.outgoing.read()

    def say(self, data: bytes) -> None:
        if self.greeted and data:
            with suppress(ssl.SSLError):
                self.tls.write(data)
                self.said += data
            self.wire += self.outgoing.read()

    def leave(self) -> None:
        if self.greeted:
            with suppress(ssl.SSLError):
                self.tls.unwrap()
            self.wire += self.outgoing.read()


class Scene:
    """One connection of one twin, and the steps that the input says."""

    def __init__(self, end: str, settings: bytes, loop: asyncio.AbstractEventLoop) -> None:
        self.flags = settings[0]
        self.choice = random.Random(settings)
        self.application = Application()
        handler: Callable[..., Any] = self.application.coroutine if self.flags & ASYNC else self.application.plain
        self.config = Config(date_header=False, **(LIMITS if self.flags & SMALL else {}))
        self.loop = loop
        self.service = twin("core.service", end).new_service(handler, self.config, loop, True, True)
        server, client = contexts(bool(self.flags & OLD))
        self.pure = not end
        new_connection = twin("http1.connection", end).new_connection
        self.server = twin("net.tls", end).new_tls(self.service, server, new_connection)
        self.transport = Pausing()
        self.peer = Peer(client)
        self.taken = 0
        self.writing = True
        self.forged = self.left = False
        self.lost = False
        self.errors: list[Any] = []
        loop.set_exception_handler(lambda _, context: self.errors.append(context))
        self.server.connection_made(self.transport)

    def turn(self, count: int = 1) -> None:
        for _ in range(count):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()
        assert not self.errors, self.errors
        if not self.peer.broken:
            sent = bytes(self.transport.sent[self.taken :])
            self.taken += len(sent)
            self.peer.hear(sent)

    def in_loop(self, call: Callable[..., object], *arguments: Any) -> None:
        """Call what a running loop calls."""
        asyncio._set_running_loop(self.loop)
        try:
            call(*arguments)
        finally:
            asyncio._set_running_loop(None)

    def gone(self) -> bool:
        return self.lost or self.transport.closed

    def deliver(self, size: int = 65536) -> None:
        """Sends what is on the wire, so much at a time."""
        wire, self.peer.wire = bytes(self.peer.wire), bytearray()
        for start in range(0, len(wire), size):
            for _ in range(200):
                if self.transport.reading or self.gone():
                    break
                if not self.writing:
                    self.slow_down()
                elif self.application.late:
                    self.application.finish(self.choice)
                self.turn()
            if self.gone():
                return
            assert self.transport.reading, "nothing will ever read what comes"
            self.in_loop(self.server.data_received, wire[start : start + size])
            if self.pure:  # the compiled one shows nobody what it holds
                assert self.server.reader.incoming.pending <= UNREAD, self.server.reader.incoming.pending
                waits = self.transport.closed or self.server.writer.full or self.server.writer.waiting
                assert waits or not self.server.writer.outgoing.pending
        self.turn()

    def slow_down(self) -> None:
        """The client stops taking, or takes again."""
        if not self.gone():
            self.writing = not self.writing
            self.in_loop(self.server.resume_writing if self.writing else self.server.pause_writing)

    def touch(self, way: int, reader: Reader) -> None:
        """Does something to what is on the wire."""
        self.forged = True
        wire = self.peer.wire
        place = reader.octet() * len(wire) // 256
        if way == 0:
            wire[place:place] = reader.short()
        elif way == 1 and wire:
            wire[place] ^= 1 << reader.octet() % 8
        elif way == 2:
            del wire[place:]
        elif way == 3 and len(wire) < 65536:
            wire += wire[place:]
        elif way == 4:
            wire[:] = wire[place:] + wire[:place]

    def end(self) -> None:
        """The client's end of the connection."""
        self.left = True
        self.deliver()
        if not self.gone() and not self.server.eof_received():
            self.lost = self.transport.deaf = True  # as the loop does it: closed, and lost in its next turn
            self.loop.call_soon(self.server.connection_lost, None)
            self.turn()

    def play(self, reader: Reader) -> None:
        if self.flags & GREETED:
            for _ in range(3):
                self.deliver()
        while reader and not self.gone():
            step = reader.octet() % 20
            if step < 5:
                self.peer.say(reader.short())
            elif step < 7:
                for octet in reader.short():
                    self.peer.say(bytes([octet]))
            elif step < 12:
                self.touch(step - 7, reader)
            elif step == 12:
                self.peer.leave()
                self.left = True
            elif step == 13:
                self.end()
            elif step == 14:
                self.slow_down()
            elif step == 15 and self.application.late:
                self.application.finish(self.choice)
            elif step == 16 and self.flags & DRAINING:
                self.service.drain()
                for connection in list(self.service.connections):
                    connection.drain()
            elif step == 17:
                self.deliver(1 + reader.octet() % 40)
            else:
                self.deliver()
        self.deliver()

    def settle(self) -> None:
        """Waits until nothing is left to do, and then for as long as no client may be silent."""
        if not self.writing:
            self.slow_down()
        quiet = 0
        while quiet < 3:
            before = len(self.application.calls), len(self.transport.sent), len(self.application.late)
            self.turn(TURNS)
            if self.application.late:
                self.application.finish(self.choice)
            after = len(self.application.calls), len(self.transport.sent), len(self.application.late)
            quiet = quiet + 1 if before == after else 0
        self.alive = not self.gone() and not self.transport.ended
        for days in range(1, 4):
            for connection in list(self.service.connections):
                if not self.gone():
                    connection.sweep(self.service.now + 1e6 * days)
            self.turn(TURNS)
        assert self.gone(), "a client that is silent for days is kept"
        if not self.lost:
            self.server.connection_lost(None)
        self.turn(TURNS)
        while self.application.late:
            self.application.finish(self.choice)
        self.turn(TURNS)
        assert not self.service.connections
        assert not self.service.tasks, self.service.tasks
        self.service.close()

    def result(self) -> dict[str, Any]:
        methods, whole = heads(bytes(self.peer.said), self.config)
        answers, left = read_answers(bytes(self.peer.heard), methods)
        if self.alive and not self.forged and not self.left and self.peer.greeted:
            assert not left, "an answer was not sent to its end, and the connection is open"
            assert answers >= whole, f"{answers} answers for {whole} requests, and the connection is open"
        return {
            "calls": self.application.calls,
            "heard": bytes(self.peer.heard),
            "ways": (self.transport.ended, self.transport.aborted, self.lost, self.alive, self.peer.greeted),
        }


def one_input(data: bytes) -> None:
    """Judges one input; AssertionError if anything is not as it should be."""
    loop = loop_of_all()
    log = logging.getLogger("fastresp")
    disabled, hook = log.disabled, sys.unraisablehook
    raised: list[Any] = []
    sys.unraisablehook = lambda event: raised.append((event.exc_value, event.object))
    log.disabled = True
    results = []
    try:
        for end in ("", "_c"):
            scene = Scene(end, data[:3].ljust(3, b"@"), loop)
            scene.play(Reader(data[3:]))
            scene.settle()
            results.append(scene.result())
            assert not raised, raised
    finally:
        log.disabled = disabled
        sys.unraisablehook = hook
    pure, compiled = results
    for key in () if scene.forged else pure:
        assert pure[key] == compiled[key], f"{key}: pure {pure[key]!r:.1500}, compiled {compiled[key]!r:.1500}"
