"""A target of the fuzzer: random segments into a connection over a transport that only notes what is done to it.

Whatever comes, nothing is raised into the loop, both twins call the handler with the same and send the same, a strict
client (h11) can read every answer up to where the connection ended, each request that came whole is answered, and what
is kept of unread input stays small. Four octets of settings come first, then the stream; a request's target says what
the handler does with it.
"""

from __future__ import annotations

import asyncio
import atexit
import importlib
import logging
import random
import sys
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import h11
from connection.fake import Transport
from fuzz.application import Application

from fastresp import Config
from fastresp.http1.codes import FAILED, HEAD, NEED_DATA
from fastresp.http1.refusal import MAX_PIPELINE
from fastresp.net.output import GATHERED

# What the first octet switches on.
ASYNC, SMALL, DRAINING, SLOW, LEAVING, LATE, ENDING, SECURE = (1 << bit for bit in range(8))
LIMITS: dict[str, Any] = {
    "max_url_size": 200, "max_header_field_size": 200, "max_header_size": 500, "max_header_count": 8,
    "max_body_size": 5000,
}  # fmt: skip
TURNS = 6
MAX_CHUNK_LINE = 4096


class Notes(logging.Handler):
    """What was logged, in a form to compare."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.lines.append((record.levelname, record.getMessage(), repr(error)))


def run(end: str, settings: bytes, segments: list[bytes], loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    """What a connection of this twin does when these segments come; the settings alone make the choices."""
    flags = settings[0]
    choice = random.Random(settings)
    application = Application()
    limits = LIMITS if flags & SMALL else {}
    config = Config(date_header=False, connect=True, access_log=bool(flags & SMALL), **limits)
    handler: Callable[..., Any] = application.coroutine if flags & ASYNC else application.plain
    service = twin("core.service", end).new_service(handler, config, loop, bool(flags & SECURE), True)
    protocol = twin("http1.connection", end).new_connection(service)
    transport = Transport()
    errors: list[Any] = []
    loop.set_exception_handler(lambda _, context: errors.append(context))

    def turn(count: int = 1) -> None:
        for _ in range(count):
            loop.call_soon(loop.stop)
            loop.run_forever()
        assert not errors, errors

    def state() -> tuple[object, ...]:
        return len(application.calls), len(transport.writes), len(application.late), transport.closed

    lost = False
    writing = True
    protocol.connection_made(transport)
    for number, segment in enumerate(segments):
        if flags & SLOW and choice.randrange(4) == 0:
            writing = not writing
            protocol.resume_writing() if writing else protocol.pause_writing()
        if flags & LATE and application.late and choice.randrange(2):
            application.finish(choice)
        if flags & DRAINING and choice.randrange(len(segments)) == 0:
            service.drain()
            protocol.drain()
        for _ in range(200):
            if transport.reading or transport.closed:
                break
            if not writing:
                writing = True
                protocol.resume_writing()
            elif application.late:
                application.finish(choice)
            turn()
        if transport.closed or (flags & LEAVING and choice.randrange(len(segments)) == 0):
            lost = not transport.closed
            break
        assert transport.reading, f"nothing will ever read segment {number}"
        protocol.data_received(segment)
        if not end:  # the compiled one shows nobody what it holds; it pauses where this one does
            most = config.max_url_size + config.max_header_size + MAX_CHUNK_LINE + 2
            if protocol.parser is not None:
                assert protocol.parser.buffered <= most + (0 if transport.reading else len(segment))
            assert protocol.output.out_size <= GATHERED, "more is gathered than should be"
            assert protocol.pipeline.count <= MAX_PIPELINE
        turn(choice.randrange(3))
    if not writing and not lost:
        protocol.resume_writing()
    if flags & ENDING and not lost and not transport.closed and protocol.eof_received() is False:
        lost = transport.deaf = True  # as the loop does it: closed, and lost in its next turn
        loop.call_soon(protocol.connection_lost, None)
    quiet = 0
    while not lost and quiet < 3:  # until nothing is left to do
        before = state()
        turn(TURNS)
        if application.late:
            application.finish(choice)
        quiet = quiet + 1 if before == state() else 0
    closed = transport.closed or transport.ended
    alive = not lost and not closed
    assert not (alive and flags & ENDING), "a client that has ended and has its answers is kept"
    if alive:
        protocol.sweep(service.now + 1e6)  # whatever it waits for has not come
        turn(TURNS)
        assert transport.closed or transport.ended, "a client that is silent for days is kept"
    if transport.closed or lost or alive:
        protocol.connection_lost(None)
    else:
        protocol.data_received(b"x" * 400000)
        protocol.connection_lost(None)
    turn(TURNS)
    while application.late:
        application.finish(choice)
    turn(TURNS)
    assert not service.connections
    assert not service.tasks, service.tasks
    service.close()
    return {
        "calls": application.calls,
        "sent": transport.sent,
        "ways": (transport.ended, transport.closed, transport.aborted),
        "lost": lost,
        "alive": alive,
    }


def heads(stream: bytes, config: Config) -> tuple[list[bytes], int]:
    """The methods of the requests in the stream, and how many of these are whole."""
    parser = twin("http1.parser", "").new_parser(config)
    parser.feed(stream)
    methods: list[bytes] = []
    while (event := parser.next()) not in (NEED_DATA, FAILED):
        if event == HEAD:
            methods.append(parser.data[parser.method_start : parser.method_end])
            if not parser.keep_alive and not parser.has_body:
                break
        elif event == 3 and not parser.keep_alive:
            break
    whole = len(methods) - parser.in_body
    if parser.is_head():
        methods.append(b"HEAD")  # that is refused, without content
    return methods, whole


def read_answers(sent: bytes, methods: list[bytes]) -> tuple[int, bool]:
    """How many whole final answers a strict client reads, and whether one is left that is cut.

    AssertionError for what is no answer.
    """
    count = 0
    while sent:
        client = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
        method = methods[count] if count < len(methods) else b"GET"
        client.send(h11.Request(method=method, target="/", headers=[("host", "a")]))
        client.send(h11.EndOfMessage()) if method != b"CONNECT" else None
        client.receive_data(sent)
        begun = False
        while True:
            try:
                event = client.next_event()
            except h11.RemoteProtocolError as error:
                raise AssertionError(f"answer {count} to {method!r}: {error}; it begins {sent[:300]!r}") from None
            if event is h11.NEED_DATA or event is h11.PAUSED:
                if event is h11.PAUSED and client.trailing_data[0] != sent:
                    break  # CONNECT
                assert begun, f"behind answer {count - 1} comes what is no head: {sent[:300]!r}"
                return count, True
            begun = begun or type(event) in (h11.Response, h11.InformationalResponse)
            if type(event) is h11.EndOfMessage:
                break
        count += 1
        rest = client.trailing_data[0]
        assert len(rest) < len(sent)
        sent = rest
    return count, False


@cache
def loop_of_all() -> asyncio.AbstractEventLoop:
    """One loop serves all inputs: to make another costs more than an input."""
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


def one_input(data: bytes) -> None:
    """Judges one input; AssertionError if anything is not as it should be."""
    settings = data[:4].ljust(4, b"@")
    stream = data[4:60000]
    loop = loop_of_all()
    choice = random.Random(settings[1:])
    places: set[int] = set()
    if settings[1] % 4:
        places = {choice.randrange(len(stream) + 1) for _ in range(min(len(stream), (0, 1, 4, 40)[settings[1] % 4]))}
    bounds = [0, *sorted(places - {0, len(stream)}), len(stream)]
    segments = [stream[a:b] for a, b in pairwise(bounds) if a < b]

    log = logging.getLogger("fastresp")
    level, propagate, hook = log.level, log.propagate, sys.unraisablehook
    results = []
    raised: list[Any] = []
    sys.unraisablehook = lambda event: raised.append((event.exc_value, event.object))
    log.propagate = False
    log.setLevel(logging.INFO)
    try:
        for end in ("", "_c"):
            notes = Notes()
            log.addHandler(notes)
            try:
                # how much of a burst is handled in a turn is also a matter of time, of which none passes here
                with patch.object(twin("http1.reading", end), "monotonic", float):
                    results.append(run(end, settings, segments, loop))
            finally:
                log.removeHandler(notes)
            results[-1]["log"] = notes.lines
            assert not raised, raised
    finally:
        log.setLevel(level)
        log.propagate = propagate
        sys.unraisablehook = hook
    pure, compiled = results
    for key in pure:
        assert pure[key] == compiled[key], f"{key}: pure {pure[key]!r:.1500}, compiled {compiled[key]!r:.1500}"

    config = Config(connect=True, **(LIMITS if settings[0] & SMALL else {}))
    methods, whole = heads(stream, config)
    answers, left = read_answers(pure["sent"], methods)
    if pure["alive"]:
        assert not left, "an answer was not sent to its end, and the connection is open"
        assert answers >= whole, f"{answers} answers for {whole} requests, and the connection is open"
    assert answers <= len(methods) + 1, "more answers than requests"


def twin(module: str, end: str) -> Any:
    return importlib.import_module(f"fastresp.{module}{end}")
