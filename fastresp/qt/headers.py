"""QHttpHeaders: fastresp's Headers in Qt's spelling."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from email.utils import formatdate
from typing import Any

from fastresp.headers import Headers, field_name, field_value
from fastresp.qt.names import WellKnownHeader as _WellKnownHeader

__all__ = ["QHttpHeaders", "name_of", "octets"]


class QHttpHeaders:
    """Header fields in their order, repeated ones kept; names are in lower case, as Qt makes them (QHttpHeaders).

    Made of nothing, of other QHttpHeaders (PySide6's among them), of fastresp's Headers, a mapping, or pairs. A name is
    a str, bytes, or a WellKnownHeader, PySide6's among them; a value is a str (Latin-1), bytes, or a QByteArray. A name
    comes back as a str, a value as bytes.
    Whatever must not be on the wire raises HeaderError when it goes in; an index that is not there, IndexError.
    """

    __slots__ = ("_headers",)

    WellKnownHeader = _WellKnownHeader

    def __init__(self, other: Any = (), /) -> None:
        self._headers = Headers()
        for name, value in _pairs(other):
            self.append(name, value)

    def append(self, name: Any, value: Any) -> bool:
        """Add a field at the end; True."""
        return self.insert(len(self._headers), name, value)

    def insert(self, i: int, name: Any, value: Any) -> bool:
        """Add a field before the one at `i`; True."""
        if not 0 <= i <= len(self._headers):
            raise IndexError(f"a field goes in at an index from 0 to {len(self._headers)}, not {i}")
        self._headers.insert(i, name_of(name).lower(), octets(value))
        return True

    def replace(self, i: int, name: Any, newValue: Any) -> bool:
        """Put a field in the place of the one at `i`; True."""
        fields = self._headers._fields
        self._check(i)
        key = field_name(name_of(name).lower())
        fields[i] = (key, field_value(key, octets(newValue)))
        self._headers._formatted = None
        return True

    def replaceOrAppend(self, name: Any, newValue: Any) -> bool:
        """Give the first field of that name the value, and remove the others; or add it. Return True."""
        self._headers.replace_or_append(name_of(name).lower(), octets(newValue))
        return True

    def removeAll(self, name: Any) -> None:
        """Remove each field of that name."""
        self._headers.remove_all(name_of(name))

    def removeAt(self, i: int) -> None:
        """Remove the field at `i`."""
        self._check(i)
        del self._headers._fields[i]
        self._headers._formatted = None

    def clear(self) -> None:
        """Remove all fields."""
        self._headers.clear()

    def contains(self, name: Any) -> bool:
        """Whether there is a field of that name."""
        return self._headers.contains(name_of(name))

    def value(self, name: Any, defaultValue: Any = b"") -> bytes:
        """The value of the first field of that name, or `defaultValue`."""
        values = self.values(name)
        return values[0] if values else _as_bytes(defaultValue)

    def values(self, name: Any) -> list[bytes]:
        """The values of all fields of that name, in order."""
        return [value.encode("latin-1") for value in self._headers.values(name_of(name))]

    def combinedValue(self, name: Any) -> bytes:
        """The values of all fields of that name as one, joined by ", "; b"" if there is none."""
        return b", ".join(self.values(name))

    def nameAt(self, i: int) -> str:
        """The name of the field at `i`."""
        self._check(i)
        return self._headers._fields[i][0].decode("latin-1")

    def valueAt(self, i: int) -> bytes:
        """The value of the field at `i`."""
        self._check(i)
        return self._headers._fields[i][1]

    def setDateTimeValue(self, name: Any, dateTime: Any) -> None:
        """Give the field a date (RFC 9110, section 5.6.7) from a QDateTime or a datetime that knows its zone."""
        if isinstance(dateTime, datetime):
            if dateTime.tzinfo is None:
                raise ValueError(f"a date needs a datetime that knows its time zone, not {dateTime!r}")
            seconds = dateTime.timestamp()
        else:
            seconds = dateTime.toSecsSinceEpoch()
        self.replaceOrAppend(name, formatdate(seconds, usegmt=True))

    def size(self) -> int:
        """How many fields there are."""
        return len(self._headers)

    def isEmpty(self) -> bool:
        """Whether there are none."""
        return not len(self._headers)

    def reserve(self, size: int) -> None:
        """Do nothing: Python's lists grow as they must."""

    def swap(self, other: QHttpHeaders) -> None:
        """Exchange the two."""
        if not isinstance(other, QHttpHeaders):
            raise TypeError(f"swap() takes other QHttpHeaders, not {type(other).__name__}")
        self._headers, other._headers = other._headers, self._headers

    def toListOfPairs(self) -> list[tuple[bytes, bytes]]:
        """Every field, in order."""
        return list(self._headers._fields)

    def toMultiMap(self) -> dict[bytes, list[bytes]]:
        """The values of each name, in the order of the fields."""
        found: dict[bytes, list[bytes]] = {}
        for name, value in self._headers._fields:
            found.setdefault(name, []).append(value)
        return found

    toMultiHash = toMultiMap

    @staticmethod
    def fromListOfPairs(headers: Iterable[tuple[Any, Any]]) -> QHttpHeaders:
        """Headers of these fields, in order."""
        return QHttpHeaders(headers)

    @staticmethod
    def fromMultiMap(headers: Mapping[Any, Any]) -> QHttpHeaders:
        """Headers of these names, each with a value or a list of values."""
        found = QHttpHeaders()
        for name, values in headers.items():
            for value in values if isinstance(values, list | tuple) else (values,):
                found.append(name, value)
        return found

    fromMultiHash = fromMultiMap

    @staticmethod
    def wellKnownHeaderName(name: Any) -> bytes:
        """The field name that a WellKnownHeader stands for."""
        found = name_of(name)
        return found if isinstance(found, bytes) else found.encode("latin-1")

    def __len__(self) -> int:
        return len(self._headers)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._headers)

    def __eq__(self, other: object) -> bool:
        return self._headers == other._headers if isinstance(other, QHttpHeaders) else NotImplemented

    def __repr__(self) -> str:
        return f"QHttpHeaders({list(self)!r})"

    def _check(self, i: int) -> None:
        if not 0 <= i < len(self._headers):
            raise IndexError(f"there is no field at {i}: there are {len(self._headers)}")


def name_of(name: Any) -> str | bytes:
    """A field name as fastresp takes it, of a WellKnownHeader (PySide6's too), a QByteArray, or what it is already."""
    if isinstance(name, _WellKnownHeader):
        return name.value
    if type(name).__name__ == "WellKnownHeader":
        return _WellKnownHeader[name.name].value
    found: str | bytes = octets(name)
    return found


def octets(value: Any) -> Any:
    """The bytes of a QByteArray; anything else as it is."""
    core: Any = sys.modules.get("PySide6.QtCore")
    return value.data() if core is not None and isinstance(value, core.QByteArray) else value


def _as_bytes(value: Any) -> bytes:
    value = octets(value)
    return value.encode("latin-1") if isinstance(value, str) else bytes(value)


def _pairs(fields: Any) -> list[tuple[Any, Any]]:
    to_list = getattr(fields, "toListOfPairs", None)
    if to_list is not None:
        return list(to_list())
    if callable(getattr(fields, "items", None)):
        return list(fields.items())
    return list(fields)
