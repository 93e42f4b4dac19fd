"""Every exchange of the corpus on both twins: whole, byte by byte, and cut anywhere; for plain and async handlers."""

from __future__ import annotations

import asyncio
import importlib
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from client import Client
from connection.fake import Wire, turns
from corpus.entry import LIMITS, Entry, Seen
from feeding import cut

from fastresp import Server

THEMES = (
    "request_lines",
    "targets",
    "hosts",
    "fields",
    "lengths",
    "codings",
    "chunks",
    "trailers",
    "connections",
    "pipelines",
    "expectations",
    "limits",
    "advisories",
)
CORPUS = {theme: importlib.import_module(f"corpus.{theme}").ENTRIES for theme in THEMES}
CONFIG = {name: getattr(LIMITS, name) for name in LIMITS.__slots__}

AHEAD = b"POST /ahead?a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nahead"
SEEN_AHEAD = Seen("POST", b"/ahead?a", b"ahead")
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
SEEN_LAST = Seen(target=b"/last")


class Handler:
    """Notes the requests, and answers 200; a target /reflect?to=... gets what it says in a field."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []

    def __call__(self, request: Any, responder: Any) -> None:
        assert "smuggled" not in request.path
        trailers = tuple(request.trailers)
        self.seen.append(Seen(request.method, request.target, request.body, trailers))
        if request.path == "/reflect":
            responder.write(b"ok", {"location": request.query["to"]})
        else:
            responder.write(b"ok", "text/plain")

    async def read(self, request: Any, responder: Any) -> None:
        await request.read()
        self(request, responder)


def statuses(answers: bytes, seen: list[Seen]) -> tuple[int, ...]:
    """The status of each final answer; what is not well-formed is an error."""
    found = []
    while answers:
        head, blank, rest = answers.partition(b"\r\n\r\n")
        assert blank, answers
        line, *fields = head.split(b"\r\n")
        assert line.startswith(b"HTTP/1.1 ")
        status = int(line[9:12])
        assert line[12:13] == b" "
        named = dict(field.split(b": ", 1) for field in fields)
        assert len(named) == len(fields), head
        assert b"evil" not in named
        if status >= 200:
            is_head = len(found) < len(seen) and seen[len(found)].method == "HEAD"
            is_tunnel = len(found) < len(seen) and seen[len(found)].method == "CONNECT" and status == 200
            length = 0 if is_tunnel else int(named[b"content-length"])
            is_refused_head = len(found) >= len(seen) and not rest  # no handler saw it, and it is the last one
            if not is_head and not is_refused_head:
                assert len(rest) >= length
                rest = rest[length:]
            found.append(status)
        answers = rest
    return tuple(found)


def expected(entry: Entry, ahead: bool) -> tuple[list[Seen], tuple[int, ...], bool]:
    seen = [SEEN_AHEAD, *entry.seen] if ahead else list(entry.seen)
    return seen, (200, *entry.statuses) if ahead else entry.statuses, entry.closes


def ways(data: bytes, seed: str) -> Iterable[list[bytes]]:
    """`data` whole, byte by byte, and in a few random ways."""
    yield [data]
    yield [data[i : i + 1] for i in range(len(data))]
    rng = random.Random(seed)
    for _ in range(4):
        yield cut(data, [rng.randrange(len(data) + 1) for _ in range(rng.randrange(1, 7))])


def outcome(wire: Wire, handler: Handler) -> tuple[list[Seen], tuple[int, ...], bool]:
    transport = wire.transport
    assert not transport.aborted
    return handler.seen, statuses(transport.sent, handler.seen), transport.closed or transport.ended


def plainly(twin: Any, loop: Any, pieces: list[bytes], eof: bool) -> tuple[list[Seen], tuple[int, ...], bool]:
    handler = Handler()
    wire = Wire(twin, handler, loop, **CONFIG)
    for piece in pieces:
        if wire.transport.closed:
            break
        wire.feed(piece)
        if not wire.transport.reading:  # the rest waits for the loop's next turns
            loop.run_until_complete(turns(30))
    if eof and not wire.transport.closed:
        wire.protocol.eof_received()
    return outcome(wire, handler)


async def asynchronously(twin: Any, pieces: list[bytes], eof: bool) -> tuple[list[Seen], tuple[int, ...], bool]:
    handler = Handler()
    wire = Wire(twin, handler.read, **CONFIG)
    for piece in pieces:
        if not wire.transport.reading:
            await turns(100)
        if wire.transport.closed:
            break
        wire.feed(piece)
        await turns(1)
    await turns(100)
    if eof and not wire.transport.closed:
        wire.protocol.eof_received()
        await turns(100)
    return outcome(wire, handler)


def failures(theme: str, results: Callable[[Entry, bool, list[bytes]], Any]) -> list[str]:
    """What came out otherwise than the entry says."""
    wrong = []
    for entry in CORPUS[theme]:
        for ahead in (False, True):
            data = AHEAD + entry.sent if ahead else entry.sent
            for pieces in ways(data, entry.name):
                try:
                    result = results(entry, ahead, pieces)
                except AssertionError as error:
                    result = error
                if result != expected(entry, ahead):
                    shown = data if len(pieces) == 1 else "byte by byte" if len(pieces) == len(data) else pieces
                    wrong.append(f"{entry.name} ({entry.rule}): {shown!r} -> {result!r}, not {expected(entry, ahead)}")
                    break
    return wrong


def report(wrong: list[str]) -> None:
    if wrong:
        pytest.fail("\n".join([f"{len(wrong)} entries came out wrong", *wrong]), pytrace=False)


def test_there_are_enough() -> None:
    entries = [(theme, entry.rule, entry.name) for theme, entries in CORPUS.items() for entry in entries]
    assert len(entries) >= 300
    assert len(set(entries)) == len(entries)
    messages = [
        (entry.sent, entry.eof) for theme, entries in CORPUS.items() if theme != "advisories" for entry in entries
    ]
    assert [sent for sent in set(messages) if messages.count(sent) > 1] == []
    assert all(
        entry.rule.startswith(("RFC ", "CVE-", "GHSA-", "issue ")) for entries in CORPUS.values() for entry in entries
    )


@pytest.mark.parametrize("theme", THEMES)
def test_a_plain_handler(twin: Any, theme: str) -> None:
    loop = asyncio.new_event_loop()
    try:
        report(failures(theme, lambda entry, ahead, pieces: plainly(twin, loop, pieces, entry.eof)))
    finally:
        loop.close()


@pytest.mark.parametrize("theme", THEMES)
def test_a_coroutine_handler(twin: Any, theme: str) -> None:
    with asyncio.Runner() as runner:
        report(failures(theme, lambda entry, ahead, pieces: runner.run(asynchronously(twin, pieces, entry.eof))))


def test_on_a_socket(server_class: type[Server]) -> None:
    """Whole, through the system; a connection that is to be kept answers one more request."""
    handler = Handler()
    server = server_class(handler, config=LIMITS)
    wrong = []
    with server.background(host="127.0.0.1", port=0, grace=5.0):
        for entry in (entry for entries in CORPUS.values() for entry in entries):
            handler.seen = []
            kept = not entry.closes and not entry.eof
            with Client(server.port) as client:
                client.send(entry.sent + LAST if kept else entry.sent)
                if entry.eof:
                    client.half_close()
                answers = client.rest()
            seen, codes, _ = expected(entry, False)
            if kept:
                seen, codes = [*seen, SEEN_LAST], (*codes, 200)
            try:
                result: Any = handler.seen, statuses(answers, handler.seen)
            except AssertionError as error:
                result = error
            if result != (seen, codes):
                wrong.append(f"{entry.name} ({entry.rule}): {entry.sent!r} -> {result!r}, not {(seen, codes)}")
    report(wrong)
