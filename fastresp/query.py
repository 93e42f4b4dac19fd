"""The query of a target, decoded: a read-only mapping that keeps every pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote_to_bytes

__all__ = ["Query"]


class Query(Mapping[str, str]):
    """The pairs of an `application/x-www-form-urlencoded` query (WHATWG URL, section 5.1), in their order.

    `query["name"]` is the first value of that name, `getall` gives all of them, `items()` every pair.
    Percent-encoded bytes are UTF-8; what is not UTF-8 becomes U+FFFD.
    """

    __slots__ = ("_pairs",)

    def __init__(self, query_string: bytes = b"") -> None:
        self._pairs: list[tuple[str, str]] = []
        for part in query_string.split(b"&"):
            if part:
                name, _, value = part.partition(b"=")
                self._pairs.append((_decode(name), _decode(value)))

    def __getitem__(self, name: str) -> str:
        for key, value in self._pairs:
            if key == name:
                return value
        raise KeyError(name)

    def getall(self, name: str) -> list[str]:
        """All values of `name`, in order; an empty list if there are none."""
        return [value for key, value in self._pairs if key == name]

    def items(self) -> list[tuple[str, str]]:  # type: ignore[override]
        """Every pair, repeated names included."""
        return list(self._pairs)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key for key, _ in self._pairs))

    def __len__(self) -> int:
        return len({key for key, _ in self._pairs})

    def __repr__(self) -> str:
        return f"Query({self._pairs!r})"


def _decode(part: bytes) -> str:
    if b"+" in part:
        part = part.replace(b"+", b" ")
    if b"%" in part:
        part = unquote_to_bytes(part)
    return part.decode("utf-8", "replace")
