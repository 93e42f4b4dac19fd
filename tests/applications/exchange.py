"""Requests, what is seen of their answers, and what of that has to be the same whoever serves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from applications.differences import IGNORED, UNORDERED, masked, unknown

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


def ask_both(steps: list[Step], way: str, url: str, other: str, other_url: str) -> list[str]:
    """Asks two servers the same, step by step; what is not as expected, or differs and is not known to, a line each."""
    found = []
    with client_of(url) as first, client_of(other_url) as second:
        for step in steps:
            seen = []
            for client, name in ((first, way), (second, other)):
                if name == other and getattr(step, "alone", ""):
                    continue
                try:
                    seen.append(step(client))
                except (AssertionError, httpx.HTTPError) as error:
                    found.append(f"{getattr(step, 'request', step)}: {name}: {error!r:.400}")
            if len(seen) == 2:
                found += _compare(seen[0], seen[1], way, other)
    return found


def client_of(url: str) -> httpx.Client:
    """A client whose host is not the server's, so that what an application is told does not depend on the port."""
    headers = {"host": "example.test", "user-agent": "test", "accept-encoding": "identity"}
    return httpx.Client(base_url=url, timeout=TIMEOUT, headers=headers)


def _compare(first: list[Seen], second: list[Seen], way: str, other: str) -> list[str]:
    found = []
    for one, two in zip(first, second, strict=True):
        parts: list[tuple[str, str | None, str | None]] = [
            ("status", one.status, two.status),
            ("cut", str(one.cut), str(two.cut)),
            ("body", one.body.decode("latin-1"), two.body.decode("latin-1")),
        ]
        ours, theirs = one.compared(), two.compared()
        names = sorted({*ours, *theirs})
        parts += [(name, ours.get(name), theirs.get(name)) for name in names]
        shared = [
            [name for name in fields if name in ours and name in theirs and name not in UNORDERED]
            for fields in (ours, theirs)
        ]
        parts.append(("order", " ".join(shared[0]), " ".join(shared[1])))
        for part, left, right in parts:
            if unknown(one.request, part, left, right):
                found.append(f"{one.request}: {part}:\n  {way}: {left!r:.600}\n  {other}: {right!r:.600}")
    return found
