"""How the parser's tests feed it: whole, byte by byte, cut anywhere; and how they tell what came out."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import pairwise
from types import ModuleType
from typing import Any

from fastresp.config import Config
from fastresp.http1.codes import BODY, END, FAILED, HEAD, NEED_DATA

DEFAULTS = Config(connect=True)


def head_of(parser: Any) -> dict[str, Any]:
    """Everything that HEAD says, with the offsets turned into what they point at."""
    data = parser.data
    assert data[parser.method_end : parser.target_start] == b" "
    assert data[parser.fields_end : parser.fields_end + 2] == b"\r\n"
    assert parser.fields_start == parser.fields_end or data[parser.fields_end - 2 : parser.fields_end] == b"\r\n"
    return {
        "code": parser.method,
        "method": data[parser.method_start : parser.method_end],
        "target": data[parser.target_start : parser.target_end],
        "form": parser.form,
        "minor": parser.minor,
        "fields": data[parser.fields_start : parser.fields_end],
        "host": data[parser.host_start : parser.host_end],
        "keep_alive": parser.keep_alive,
        "content_length": parser.content_length,
        "chunked": parser.chunked,
        "has_body": parser.has_body,
        "expect_continue": parser.expect_continue,
    }


def drain(parser: Any) -> Iterator[tuple[Any, ...]]:
    """The events up to NEED_DATA or FAILED, as plain values."""
    while True:
        event = parser.next()
        if event == NEED_DATA:
            assert parser.next() == NEED_DATA
            return
        if event == HEAD:
            assert parser.in_body is parser.has_body
            yield "head", head_of(parser)
        elif event == BODY:
            assert parser.in_body
            assert parser.piece
            yield "body", parser.piece
        elif event == END:
            assert not parser.in_body
            yield "end", parser.trailers_data[parser.trailers_start : parser.trailers_end]
        else:
            assert event == FAILED
            assert parser.reason.isascii()
            parser.feed(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            assert parser.next() == FAILED
            assert parser.buffered == 0
            assert not parser.is_idle()
            yield "failed", parser.status, parser.reason
            return


def joined(events: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The same events with neighbouring pieces of a body made one."""
    result: list[tuple[Any, ...]] = []
    for event in events:
        if event[0] == "body" and result and result[-1][0] == "body":
            result[-1] = ("body", result[-1][1] + event[1])
        else:
            result.append(event)
    return result


def parse(module: ModuleType, pieces: Iterable[bytes], config: Config = DEFAULTS, lazy: int = 1) -> list[Any]:
    """The events that `pieces` make; next() is called after every `lazy` of them, and at the end."""
    parser = module.new_parser(config)
    events = []
    waiting = 0
    for piece in pieces:
        parser.feed(piece)
        waiting += 1
        if waiting >= lazy:
            waiting = 0
            events.extend(drain(parser))
            if events and events[-1][0] == "failed":
                return joined(events)
    events.extend(drain(parser))
    return joined(events)


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """`data` in pieces, cut at these offsets."""
    bounds = [0, *sorted(set(places) - {0, len(data)}), len(data)]
    return [data[a:b] for a, b in pairwise(bounds)]


def parse_all_ways(module: ModuleType, data: bytes, config: Config = DEFAULTS) -> list[Any]:
    """The events that `data` makes, and the proof that it makes the same however it is cut."""
    whole = parse(module, [data], config)
    bytewise = [data[i : i + 1] for i in range(len(data))]
    assert parse(module, bytewise, config) == whole
    assert parse(module, bytewise, config, lazy=7) == whole
    rng = random.Random(len(data))
    for _ in range(4):
        places = [rng.randrange(len(data) + 1) for _ in range(rng.randrange(1, 6))]
        assert parse(module, cut(data, places), config, lazy=rng.choice((1, 2))) == whole
    return whole


def request(
    line: bytes = b"GET / HTTP/1.1", *fields: bytes, host: bytes | None = b"Host: example.org", body: bytes = b""
) -> bytes:
    """A request: the line, a Host field (None: without), these field lines, the blank line, the body."""
    lines = [line, *([] if host is None else [host]), *fields]
    return b"".join(text + b"\r\n" for text in lines) + b"\r\n" + body


def chunked_request(body: bytes) -> bytes:
    """A request whose body is sent as these chunks."""
    return request(b"POST / HTTP/1.1", b"Transfer-Encoding: chunked", body=body)


def one_head(module: ModuleType, data: bytes, config: Config = DEFAULTS) -> dict[str, Any]:
    """The head of the one request without a body that `data` is."""
    events = parse_all_ways(module, data, config)
    assert [event[0] for event in events] == ["head"], events
    return events[0][1]


def failure(module: ModuleType, data: bytes, config: Config = DEFAULTS) -> tuple[int, str]:
    """Status and reason of the failure that `data` ends in."""
    events = parse_all_ways(module, data, config)
    assert events, "nothing came out"
    assert events[-1][0] == "failed", events
    return events[-1][1:]
