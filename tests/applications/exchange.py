"""Requests, what is seen of their answers, and what of that has to be the same whoever serves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from applications.differences import IGNORED, UNORDERED, Difference, find, gone, masked
from applications.servers import Process

TIMEOUT = 30.0


@dataclass(frozen=True)
class Seen:
    """An answer: its fields in their order, its content as it was sent."""

    request: str
    status: str
    fields: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool = False
    """Whether the connection ended before the content did."""

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def compared(self) -> dict[str, str]:
        """The values of each field that is compared, in the order of the names' first appearance."""
        names = dict.fromkeys(name for name, _ in self.fields if name not in IGNORED)
        return {name: "; ".join(masked(name, value) for value in self.values(name)) for name in names}


@dataclass(frozen=True)
class Ask:
    """A request, and what its answer has to be, whoever gives it."""

    request: str
    status: int | None = 200
    body: object = None
    """bytes, text, or a document of JSON; None where comparing with the other server has to do."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Regular expressions that values have to match; "" is for a field that must not be there."""
    send: Mapping[str, Any] = field(default_factory=dict)
    cut: bool = False
    alone: str = ""
    """Why the other server is not asked this: it can't answer as it should."""

    def __call__(self, client: httpx.Client) -> list[Seen]:
        seen = observe(client, self.request, **self.send)
        self.check(seen)
        return [seen]

    def check(self, seen: Seen) -> None:
        shown = f"{seen.request}: {seen.status} {dict(seen.fields)} {seen.body[:300]!r}"
        assert self.status is None or seen.status.startswith(f"{self.status} "), shown
        assert seen.cut == self.cut, shown
        if isinstance(self.body, bytes):
            assert seen.body == self.body, shown
        elif isinstance(self.body, str):
            assert seen.body.decode() == self.body, shown
        elif self.body is not None:
            assert json.loads(seen.body) == self.body, shown
        for name, pattern in self.fields.items():
            values = seen.values(name)
            if pattern:
                assert values, f"no {name}: {shown}"
                assert re.fullmatch(pattern, ", ".join(values), re.DOTALL), f"{name}: {values}: {shown}"
            else:
                assert not values, f"{name}: {values}: {shown}"


Step = Ask | Callable[[httpx.Client], list[Seen]]


def observe(client: httpx.Client, request: str, **send: Any) -> Seen:
    """The answer to a request such as "GET /path"."""
    method, target = request.split(" ", 1)
    with client.stream(method, target, **send) as response:
        return finish(request, response)


def finish(request: str, response: httpx.Response) -> Seen:
    """What is left to read of an answer, and its head."""
    pieces = []
    cut = False
    try:
        for piece in response.iter_raw():
            pieces.append(piece)
    except httpx.RemoteProtocolError:
        cut = True
    fields = tuple((name.decode().lower(), value.decode("latin-1")) for name, value in response.headers.raw)
    return Seen(request, f"{response.status_code} {response.reason_phrase}", fields, b"".join(pieces), cut)


def ask_both(steps: list[Step], server: Process, other: Process, *, whole: bool = True) -> None:
    """Asks two servers the same, step by step. Fails with what is not as expected, or differs and is not known to.

    A `whole` application has to show the differences that are known of it.
    """
    found: list[str] = []
    known: set[Difference] = set()
    with client_of(server) as first, client_of(other) as second:
        for step in steps:
            seen = []
            for client, process in ((first, server), (second, other)):
                if process is other and getattr(step, "alone", ""):
                    continue
                try:
                    seen.append(step(client))
                except (AssertionError, httpx.HTTPError) as error:
                    found.append(f"{getattr(step, 'request', step)}: {process.way}: {error!r:.400}")
            if len(seen) == 2:
                for one, two in zip(*seen, strict=True):
                    for part, ours, theirs in _differing(one, two):
                        difference = find(one.request, part, ours, theirs)
                        if difference is not None:
                            known.add(difference)
                        else:
                            sides = f"  {server.way}: {ours!r:.600}\n  {other.way}: {theirs!r:.600}"
                            found.append(f"{one.request}: {part}:\n{sides}")
    if whole:
        found += [f"is no more: {difference}" for difference in gone(f"{server.app} on {server.way}", known)]
    assert not found, "\n".join(found)


def client_of(server: Process) -> httpx.Client:
    """A client whose host is not the server's, so that what an application is told does not depend on the port."""
    headers = {"host": "example.test", "user-agent": "test", "accept-encoding": "identity"}
    return httpx.Client(base_url=server.url, timeout=TIMEOUT, headers=headers)


def _differing(one: Seen, two: Seen) -> Iterator[tuple[str, str | None, str | None]]:
    ours, theirs = one.compared(), two.compared()
    ordered = {*ours} & {*theirs} - UNORDERED
    parts: list[tuple[str, str | None, str | None]] = [
        ("status", one.status, two.status),
        ("cut", str(one.cut), str(two.cut)),
        ("body", one.body.decode("latin-1"), two.body.decode("latin-1")),
        ("order", *(" ".join(name for name in fields if name in ordered) for fields in (ours, theirs))),
    ]
    parts += [(name, ours.get(name), theirs.get(name)) for name in sorted({*ours, *theirs})]
    return (part for part in parts if part[1] != part[2])
