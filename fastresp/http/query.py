"""The query of a target, decoded: a read-only mapping that keeps every pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload
from urllib.parse import unquote_to_bytes

from fastresp.http import octets
from fastresp.http.octets import AMPERSAND, EQUALS, PERCENT, PLUS

__all__ = ["Query", "new_query"]

Default = TypeVar("Default")


class Query:
    """The pairs of an `application/x-www-form-urlencoded` query (WHATWG URL, section 5.1), in their order.

    `query["name"]` is the first value of that name, `getall` gives all of them, `items()` every pair; in all else it is
    a mapping of str to str. Percent-encoded bytes are UTF-8; what is not UTF-8 becomes U+FFFD.
    """

    __slots__ = ("_pairs",)

    _pairs: list[tuple[str, str]]

    def __init__(self, query_string: bytes = b"") -> None:
        self._pairs = _parse(query_string, 0, len(query_string))

    def __getitem__(self, name: str) -> str:
        for key, value in self._pairs:
            if key == name:
                return value
        raise KeyError(name)

    if TYPE_CHECKING:  # no call goes through these, in either twin

        @overload
        def get(self, name: str) -> str | None: ...
        @overload
        def get(self, name: str, default: Default) -> str | Default: ...

    def get(self, name: str, default: Any = None) -> Any:
        """The first value of `name`, or `default`."""
        for key, value in self._pairs:
            if key == name:
                return value
        return default

    def getall(self, name: str) -> list[str]:
        """All values of `name`, in order; an empty list if there are none."""
        return [value for key, value in self._pairs if key == name]

    def items(self) -> list[tuple[str, str]]:
        """Every pair, repeated names included."""
        return list(self._pairs)

    def keys(self) -> list[str]:
        """The names, each once, in the order of their first pairs."""
        return list(dict.fromkeys([key for key, _ in self._pairs]))

    def values(self) -> list[str]:
        """The first value of each name."""
        return [self[name] for name in self.keys()]

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Query):
            return self.items() == other.items()
        if isinstance(other, Mapping):
            return {name: self[name] for name in self.keys()} == dict(other)
        return NotImplemented

    def __repr__(self) -> str:
        return f"Query({self._pairs!r})"


Mapping.register(Query)


def new_query(data: bytes, start: int, end: int) -> Query:
    """The query that lies in data[start:end]."""
    query = Query.__new__(Query)
    query._pairs = _parse(data, start, end)
    return query


def _parse(data: bytes, start: int, end: int) -> list[tuple[str, str]]:
    pairs = []
    while start < end:
        stop = octets.find(data, AMPERSAND, start, end)
        if stop < 0:
            stop = end
        if stop > start:
            equals = octets.find(data, EQUALS, start, stop)
            if equals < 0:
                pairs.append((_decode(data, start, stop), ""))
            else:
                pairs.append((_decode(data, start, equals), _decode(data, equals + 1, stop)))
        start = stop + 1
    return pairs


def _decode(data: bytes, start: int, end: int) -> str:
    if octets.find(data, PERCENT, start, end) < 0 and octets.find(data, PLUS, start, end) < 0:
        return data[start:end].decode("utf-8", "replace")
    return unquote_to_bytes(data[start:end].replace(b"+", b" ")).decode("utf-8", "replace")
