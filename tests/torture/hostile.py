"""Arguments that run code of their own where they are looked at.

`run()` is what they run; it may answer, swap, drop, collect, or raise.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastresp import Headers, Response

__all__ = ["ARGUMENTS"]

Run = Callable[[], object]


def generator(run: Run, token: str) -> Iterator[tuple[str, str]]:
    yield "x-before", token
    run()
    yield "x-after", token


class Fields(Mapping[str, str]):
    """A mapping whose every method runs."""

    def __init__(self, run: Run, token: str) -> None:
        self.run = run
        self.content = {"x-token": token}

    def __getitem__(self, name: str) -> str:
        self.run()
        return self.content[name]

    def __iter__(self) -> Iterator[str]:
        self.run()
        return iter(self.content)

    def __len__(self) -> int:
        return 1

    def items(self) -> Any:
        self.run()
        return self.content.items()


class Text(str):
    """Text that runs when it is encoded, compared, hashed or asked for its length."""

    __slots__ = ("run",)

    def __new__(cls, run: Run, text: str) -> Text:
        made = super().__new__(cls, text)
        made.run = run
        return made

    def encode(self, *arguments: Any) -> bytes:
        self.run()
        return str.encode(self, *arguments)

    def lower(self) -> str:
        self.run()
        return str.lower(self)

    def strip(self, *arguments: Any) -> str:
        self.run()
        return str.strip(self, *arguments)

    def __len__(self) -> int:
        self.run()
        return str.__len__(self)


class Octets(bytes):
    """The same in bytes."""

    def __new__(cls, run: Run, data: bytes) -> Octets:
        made = super().__new__(cls, data)
        made.run = run
        return made

    def __len__(self) -> int:
        self.run()
        return bytes.__len__(self)

    def __bytes__(self) -> bytes:
        self.run()
        return bytes.__getitem__(self, slice(None))

    def __bool__(self) -> bool:
        self.run()
        return True

    def __buffer__(self, flags: int) -> memoryview:
        self.run()
        return memoryview(bytes.__getitem__(self, slice(None)))


class Buffer:
    """An object that is a buffer by PEP 688."""

    def __init__(self, run: Run, data: bytes) -> None:
        self.run, self.data = run, data

    def __buffer__(self, flags: int) -> memoryview:
        self.run()
        return memoryview(self.data)

    def __release_buffer__(self, view: memoryview) -> None:
        self.run()


class Status(int):
    """A status that runs."""

    def __new__(cls, run: Run, status: int) -> Status:
        made = super().__new__(cls, status)
        made.run = run
        return made

    def __index__(self) -> int:
        self.run()
        return int.__add__(self, 0)

    __int__ = __index__

    def __hash__(self) -> int:
        self.run()
        return int.__hash__(self)

    def __eq__(self, other: object) -> bool:
        self.run()
        return int.__eq__(self, other)  # type: ignore[no-any-return]

    def __lt__(self, other: int) -> bool:
        self.run()
        return int.__lt__(self, other)


class Dying(str):
    """Text that runs when it is freed. What is given for one call is not to be kept."""

    def __new__(cls, run: Run, text: str) -> Dying:
        made = super().__new__(cls, text)
        made.run = run
        return made

    def __del__(self) -> None:
        self.run()


class DyingOctets(bytearray):
    """A buffer that runs when it is freed."""

    run: Run

    def __del__(self) -> None:
        self.run()


class DyingDict(dict[str, str]):
    """A mapping that runs when it is freed."""

    run: Run

    def __del__(self) -> None:
        self.run()


class List(list[Any]):
    """A list that runs when it is walked."""

    run: Run

    def __iter__(self) -> Iterator[Any]:
        self.run()
        return super().__iter__()

    def __len__(self) -> int:
        self.run()
        return super().__len__()


class Place:
    """A path."""

    def __init__(self, run: Run, path: str) -> None:
        self.run, self.path = run, path

    def __fspath__(self) -> str:
        self.run()
        return self.path


def _dying(kind: Any, run: Run, *content: Any) -> Any:
    made = kind(*content)
    made.run = run
    return made


def _names(run: Run) -> Iterator[str]:
    yield "x-t"
    run()


def _begin(responder: Any, run: Run, token: str, body: bytes, headers: Any, names: Any = ("x-t",)) -> None:
    responder.write_begin_chunked(headers, names)
    responder.write_end_chunked(body)


def _response(run: Run, token: str, body: bytes) -> Response:
    return Response(Octets(run, body), mime_type=Text(run, f"a/{token}"))


# Each is called with a responder, what to run, the token of the request that it answers, and the body for that.
ARGUMENTS: dict[str, Callable[[Any, Run, str, bytes], object]] = {
    "header_generator": lambda r, run, t, b: r.write(b, generator(run, t)),
    "header_mapping": lambda r, run, t, b: r.write(b, Fields(run, t)),
    "type_str": lambda r, run, t, b: r.write(b, Text(run, f"a/{t}")),
    "data_str": lambda r, run, t, b: r.write(Text(run, b.decode()), f"a/{t}"),
    "data_bytes": lambda r, run, t, b: r.write(Octets(run, b), f"a/{t}"),
    "data_buffer": lambda r, run, t, b: r.write(Buffer(run, b), f"a/{t}"),
    "fspath": lambda r, run, t, b: r.write(Place(run, "/nowhere"), f"a/{t}"),
    "status": lambda r, run, t, b: r.write(b, f"a/{t}", Status(run, 200)),
    "dying_type": lambda r, run, t, b: r.write(b, Dying(run, f"a/{t}")),
    "dying_header": lambda r, run, t, b: r.write(b, _dying(DyingDict, run, {"x-token": t})),
    "dying_data": lambda r, run, t, b: r.write(_dying(DyingOctets, run, b), f"a/{t}"),
    "list_subclass": lambda r, run, t, b: r.write(b, _dying(List, run, [("x-token", t)])),
    "trailer_names": lambda r, run, t, b: _begin(r, run, t, b, {"x-token": t}, _names(run)),
    "trailers": lambda r, run, t, b: (
        r.write_begin_chunked({"x-token": t}, ["x-before", "x-after"]),
        r.write_end_chunked(b, generator(run, t)),
    ),
    "chunk_str": lambda r, run, t, b: (
        r.write_begin_chunked(f"a/{t}"),
        r.write_chunk(Text(run, f"c{t}.")),
        r.write_end_chunked(b),
    ),
    "chunk_buffer": lambda r, run, t, b: (
        r.write_begin_chunked(f"a/{t}"),
        r.write_chunk(Buffer(run, f"c{t}.".encode())),
        r.write_end_chunked(b),
    ),
    "end_str": lambda r, run, t, b: (r.write_begin_chunked(f"a/{t}"), r.write_end_chunked(Text(run, b.decode()))),
    "response_data": lambda r, run, t, b: r.send_response(_response(run, t, b)),
    "response_headers": lambda r, run, t, b: r.send_response(Response(b, headers=Fields(run, t))),
    "interim_headers": lambda r, run, t, b: (
        r.write(Headers(generator(run, t)), 103),
        r.write(200, headers=generator(run, t)),
    ),
    "begin_headers": lambda r, run, t, b: _begin(r, run, t, b, generator(run, t)),
    "begin_dying": lambda r, run, t, b: _begin(r, run, t, b, _dying(DyingDict, run, {"x-token": t})),
    "name_str": lambda r, run, t, b: r.write(b, {Text(run, "x-token"): Text(run, t)}),
}
if sys.version_info < (3, 12):  # without PEP 688
    for _name in ("data_buffer", "chunk_buffer"):
        ARGUMENTS[_name] = ARGUMENTS["data_bytes"]
