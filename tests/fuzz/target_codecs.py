"""A target of the fuzzer: the compiled codecs and the compiled parser against their pure twins.

Equal arguments have to make equal bytes, or an exception of the same type with the same message. The first octet says
which function is called; the rest says with what, so that a mutation of the input is a mutation of the arguments.
"""

from __future__ import annotations

import array
import importlib
from collections.abc import Callable
from typing import Any

import feeding
from fuzz.reader import Reader

from fastresp import Config
from fastresp.headers import Headers
from fastresp.http1.codes import FAILED, NEED_DATA

MAX_LINE = 4096 + 2  # of a chunk with its extensions
STATUSES: tuple[Any, ...] = (200, 99, 1000, True, 200.0, "200", None, 2**64 + 200, -1)
LENGTHS = (-1, 0, 9, 10, 2**31, 2**32, 2**62, 2**63 - 1)
SMALL = Config(max_url_size=64, max_header_field_size=64, max_header_size=160, max_header_count=5, max_body_size=300)


class Text(str):
    """A str of somebody else's, which answers wrongly."""

    def encode(self, *arguments: Any) -> bytes:
        return b"wrong"


class Octets(bytes):
    """Bytes of somebody else's, which answer wrongly."""

    def __len__(self) -> int:
        return 3


def text(reader: Reader) -> Any:
    """A name or a value: mostly what may be one."""
    kind = reader.octet() % 16
    octets = reader.short()
    if kind < 6:
        return octets
    if kind < 11:
        return octets.decode("latin-1")
    if kind == 11:
        return octets.decode("utf-16-le", "surrogatepass" if len(octets) % 2 == 0 else "replace")
    if kind == 12:
        return Text(octets.decode("latin-1"))
    if kind == 13:
        return Octets(octets)
    return bytearray(octets) if kind == 14 else (None, 5, octets)[len(octets) % 3]


def pairs(reader: Reader) -> Any:
    """Fields, in one of the forms that they may have, or in one that they may not."""
    kind = reader.octet() % 8
    rows: list[Any] = []
    while reader and len(rows) < 300:
        row: Any = (text(reader), text(reader))
        shape = reader.octet() % 32
        if shape > 28:
            row = (list(row), (*row, b"x"), row[0])[shape - 29]
        rows.append(row)
    if kind == 0:
        return tuple(rows)
    if kind == 1:
        return iter(rows)
    if kind == 2:
        return {row[0]: row[-1] for row in rows if isinstance(row, tuple) and not isinstance(row[0], bytearray)}
    if kind == 3:
        return Headers(rows)
    return rows


def content(reader: Reader) -> Any:
    """Data for a chunk, in one of the forms that they may have, or in one that they may not."""
    kind = reader.octet() % 12
    octets = reader.rest() * (1, 1, 1, 17, 4096)[reader.octet() % 5]
    if kind < 3:
        return octets
    if kind == 3:
        return octets.decode("latin-1")
    if kind == 4:
        return octets.decode("utf-8", "surrogateescape")
    if kind == 5:
        return bytearray(octets)
    if kind == 6:
        return memoryview(octets)[:: (-1, 1, 2, 3)[len(octets) % 4]]
    if kind == 7:
        return memoryview(octets[: len(octets) // 8 * 8]).cast("BHIQd"[len(octets) % 5])
    if kind == 8:
        return array.array("H", octets[: len(octets) // 2 * 2])
    if kind == 9:
        return Text(octets.decode("latin-1"))
    return Octets(octets) if kind == 10 else (None, 7, list(octets))[len(octets) % 3]


def head(reader: Reader) -> tuple[Any, ...]:
    content_type = text(reader) if reader.octet() % 4 else None
    length = LENGTHS[reader.octet() % len(LENGTHS)]
    return reader.short(), reader.short(), content_type, length, reader.short(), reader.rest()


def number(reader: Reader) -> tuple[Any]:
    code = reader.octet() * 256 + reader.octet()
    return (code if code < 2000 else STATUSES[code % len(STATUSES)],)


def parsed(module: Any, seed: int, small: bool, stream: bytes) -> Any:
    """What the parser makes of the stream: the same, however it is cut (feeding asserts what holds in between)."""
    config = SMALL if small else feeding.DEFAULTS
    whole = feeding.parse(module, [stream], config)
    places = [seed * (i + 1) * 7919 % (len(stream) + 1) for i in range(seed % 7)]
    assert feeding.parse(module, feeding.cut(stream, places), config, lazy=1 + seed % 3) == whole
    if len(stream) <= 600:
        assert feeding.parse(module, [stream[i : i + 1] for i in range(len(stream))], config) == whole
    return whole, kept(module.new_parser(config), feeding.cut(stream, places), config)


def kept(parser: Any, pieces: list[bytes], config: Config) -> list[int]:
    """How many octets the parser holds back after each piece: never more than the limits let it wait for."""
    most = config.max_url_size + config.max_header_size + MAX_LINE
    held = []
    for piece in pieces:
        parser.feed(piece)
        while (event := parser.next()) not in (NEED_DATA, FAILED):
            assert event
        assert parser.buffered <= most
        held.append(parser.buffered)
        if event == FAILED:
            break
    return held


def outcome(call: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    try:
        return call(*arguments)
    except AssertionError:
        raise
    except Exception as error:
        return type(error), str(error)


CALLS: tuple[tuple[str, str, Callable[[Reader], tuple[Any, ...]]], ...] = (
    ("wire.headers", "format_fields", lambda reader: (pairs(reader),)),
    ("wire.headers", "format_headers", lambda reader: (pairs(reader),)),
    ("wire.headers", "format_head", head),
    ("wire.chunks", "format_chunk", lambda reader: (content(reader),)),
    ("wire.chunks", "as_bytes", lambda reader: (content(reader),)),
    ("wire.chunks", "format_last_chunk", lambda reader: (pairs(reader),)),
    ("wire.status", "status_line", number),
)


def one_input(data: bytes) -> None:
    """Judges one input; AssertionError if the twins differ. What a recipe can't build (Headers refuses) is no case."""
    choice = data[0] % 16 if data else 0
    if choice >= len(CALLS):
        reader = Reader(data[1:])
        seed, small = reader.octet(), reader.octet() % 2 == 1
        stream = reader.rest()
        results = [parsed(twin("http1.parser", end), seed, small, stream) for end in ("", "_c")]
        name = "parser"
    else:
        module, name, recipe = CALLS[choice]
        results = []
        for end in ("", "_c"):
            try:
                arguments = recipe(Reader(data[1:]))
            except (ValueError, TypeError):
                return
            results.append(outcome(getattr(twin(module, end), name), arguments))
    assert results[0] == results[1], f"{name}: pure {results[0]!r:.400}, compiled {results[1]!r:.400}"


def twin(module: str, end: str) -> Any:
    return importlib.import_module(f"fastresp.{module}{end}")
