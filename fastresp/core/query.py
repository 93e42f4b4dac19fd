"""The query of a target, decoded: a read-only mapping that keeps every pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload
from urllib.parse import unquote_to_bytes

from fastresp.wire import octets
from fastresp.wire.octets import AMPERSAND, EQUALS, PERCENT, PLUS

__all__ = ["Query", "new_query"]

Default = TypeVar("Default")


class Query:
    """The pairs of an `application/x-www-form-urlencoded` query (WHATWG URL, section 5.1), in their order.

    `query["name"]` is the first value of that name, `getall` gives all of them, `items()` every pair; in all else it is
    a mapping of str to str. Percent-encoded bytes are UTF-8; what is not UTF-8 becomes U+FFFD. However many names there
    are, a look-up takes the same time, and a walk over all of them a time in proportion to their number.
    """

    __slots__ = ("_all", "_first", "_pairs")

    _pairs: list[tuple[str, str]]
    _first: dict[str, str] | None  # the first value of each name, from the first look-up on
    _all: dict[str, list[str]] | None  # all of them, from the first getall() on

    def __init__(self, query_string: bytes = b"") -> None:
        if type(query_string) is not bytes:
            raise TypeError(f"a query is made of bytes, not {type(query_string).__name__}")
        self._pairs = _parse(query_string, 0, len(query_string))
        self._first = None
        self._all = None

    def __reduce__(self) -> tuple[Callable[[list[tuple[str, str]]], Query], tuple[list[tuple[str, str]]]]:
        return _of_pairs, (self.items(),)

    def _names(self) -> dict[str, str]:
        """The first value of each name."""
        if self._first is None:
            first: dict[str, str] = {}
            for key, value in self._pairs:
                first.setdefault(key, value)
            self._first = first
        return self._first

    def __getitem__(self, name: str) -> str:
        return self._names()[name]

    if TYPE_CHECKING:  # no call goes through these, in either twin

        @overload
        def get(self, name: str) -> str | None: ...
        @overload
        def get(self, name: str, default: Default) -> str | Default: ...

    def get(self, name: str, default: Any = None) -> Any:
        """The first value of `name`, or `default`."""
        return self._names().get(name, default)

    def getall(self, name: str) -> list[str]:
        """All values of `name`, in order; an empty list if there are none."""
        if self._all is None:
            found: dict[str, list[str]] = {}
            for key, value in self._pairs:
                found.setdefault(key, []).append(value)
            self._all = found
        return list(self._all.get(name, ()))

    def items(self) -> list[tuple[str, str]]:
        """Every pair, repeated names included."""
        return list(self._pairs)

    def keys(self) -> list[str]:
        """The names, each once, in the order of their first pairs."""
        return list(self._names())

    def values(self) -> list[str]:
        """The first value of each name."""
        return list(self._names().values())

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._names())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Query):
            return self.items() == other.items()
        if isinstance(other, Mapping):
            return self._names() == dict(other)
        return NotImplemented

    def __repr__(self) -> str:
        return f"Query({self._pairs!r})"


Mapping.register(Query)


def new_query(data: bytes, start: int, end: int) -> Query:
    """The query that lies in data[start:end]; an empty one where the end is before the start.

    Raises IndexError beyond the data.
    """
    if start < 0 or end > len(data):
        raise IndexError(f"the query [{start}, {end}) is not within {len(data)} bytes")
    query = Query.__new__(Query)
    query._pairs = _parse(data, start, end)
    query._first = None
    query._all = None
    return query


def _of_pairs(pairs: list[tuple[str, str]]) -> Query:
    query = Query()
    query._pairs = []
    for name, value in pairs:
        query._pairs.append((str(name), str(value)))  # a pickle may come from anywhere
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
