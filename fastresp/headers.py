"""Header fields as values: what a field name and a field value may hold, and `Headers`, an ordered list of fields.

A field is checked when it goes in (RFC 9110, section 5), so that formatting it later is copying. Every complaint about
a field is made here: both twins of `fastresp.wire` come here with whatever is not plainly right.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn, Protocol, Self, TypeAlias, TypeVar, overload

from fastresp.errors import HeaderError
from fastresp.text import exact, named, shown

__all__ = ["Headers", "field_name", "field_value"]

Text: TypeAlias = str | bytes
# Not any sequence: a str is one too, and of one that stands for a pair no checker would complain.
Pair: TypeAlias = tuple[Text, Text] | list[Text] | list[str] | list[bytes]
_Default = TypeVar("_Default")


class HasItems(Protocol):
    """A mapping, as far as fields are concerned; a multi-mapping is one too."""

    def items(self) -> Iterable[Pair]: ...


Fields: TypeAlias = "Headers | HasItems | Iterable[Pair]"

# What a block of fields holds, as wire.format_fields reports it.
HAS_CONTENT_TYPE = 1
HAS_CONTENT_LENGTH = 2
HAS_TRANSFER_ENCODING = 4
HAS_CONNECTION = 8
CONNECTION_CLOSE = 16
HAS_DATE = 32
HAS_SERVER = 64
HAS_TRAILER = 128

TOKEN_OCTETS = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""tchar of RFC 9110, section 5.6.2."""
VALUE_OCTETS = bytes(octet for octet in range(256) if octet == 0x09 or (octet >= 0x20 and octet != 0x7F))
"""field-vchar, SP and HTAB of RFC 9110, section 5.5."""
OWS = b" \t"

MAX_LENGTH = sys.maxsize // 2 + 1
"""What no content-length is above (2**62 where a size has 64 bits), so that no sum of two overflows."""

_PLAIN_PAIRS = {tuple, list}
_FEW = 32  # fields, up to which it is faster to look at each than to make an index

# RFC 9110, section 6.5.1: what a recipient must know before the content, or must never take from behind it.
FORBIDDEN_TRAILERS = frozenset(
    b"connection content-length keep-alive proxy-connection te trailer transfer-encoding upgrade"  # framing
    b" host max-forwards"  # routing
    b" authorization cookie proxy-authenticate proxy-authorization set-cookie www-authenticate"  # authentication
    b" cache-control expect if-match if-modified-since if-none-match if-range if-unmodified-since"  # control
    b" pragma range"
    b" age date expires location retry-after vary warning"  # control of the response
    b" content-encoding content-language content-location content-range content-type".split()  # content format
)


def field_name(name: Text) -> bytes:
    """The octets of a field name, a token (RFC 9110, sections 5.1 and 5.6.2), spelled as given.

    Raises HeaderError if it is empty or no token, TypeError if it is neither str nor bytes.
    """
    name = exact(name)
    if type(name) is str:
        try:
            octets = name.encode("ascii")
        except UnicodeEncodeError:
            _refuse_name(name)
    elif type(name) is bytes:
        octets = name
    else:
        raise TypeError(f"a field name must be str or bytes, not {type(name).__name__} ({shown(name)})")
    if not octets or octets.translate(None, TOKEN_OCTETS):
        _refuse_name(name)
    return octets


def field_value(name: Text, value: Text) -> bytes:
    """The octets of the value of the field `name`, without surrounding white space (RFC 9110, section 5.5).

    Raises HeaderError if it holds a control character other than TAB, or one beyond Latin-1; TypeError if it is neither
    str nor bytes. Both name the field.
    """
    value = exact(value)
    if type(value) is str:
        try:
            octets = value.encode("latin-1")
        except UnicodeEncodeError as error:
            _refuse_value(name, value, value[error.start])
    elif type(value) is bytes:
        octets = value
    else:
        kind = type(value).__name__
        raise TypeError(f"the value of the field {named(name)} must be str or bytes, not {kind} ({shown(value)})")
    bad = octets.translate(None, VALUE_OCTETS)
    if bad:
        _refuse_value(name, value, chr(bad[0]))
    return octets.strip(OWS)


def field_list(fields: Fields) -> list[Sequence[Text]]:
    """The pairs of `Headers`, of a mapping (anything with items()) or of an iterable, unchecked, in a new list.

    Raises TypeError for anything else.
    """
    if type(fields) is list or type(fields) is tuple:
        return list(fields)
    if isinstance(fields, Headers):
        return list(fields._fields)
    if not isinstance(fields, (str, bytes, bytearray, memoryview)):
        items = getattr(fields, "items", None)
        if callable(items):
            return list(items())
        if isinstance(fields, Iterable):
            return list(fields)
    raise TypeError(
        f"header fields are Headers, a mapping or an iterable of pairs (name, value), not {type(fields).__name__}"
        f" ({shown(fields)})"
    )


def checked_fields(fields: Fields) -> list[tuple[bytes, bytes]]:
    """The fields of `fields` (see field_list), each checked by field_name and field_value.

    Raises what those raise for the first field that is not right, and TypeError for what is no pair.
    """
    if isinstance(fields, Headers):
        return list(fields._fields)
    pairs = field_list(fields)
    checked = _plain_fields(pairs)
    if checked is not None:
        return checked
    checked = []
    for pair in pairs:
        if not isinstance(pair, Sequence) or isinstance(pair, (str, bytes, bytearray, memoryview)) or len(pair) != 2:
            raise TypeError(f"a header field is a pair (name, value), not {shown(pair)}")
        name, value = pair
        octets = field_name(name)
        checked.append((octets, field_value(octets, value)))
    return checked


def _plain_fields(pairs: list[Sequence[Text]]) -> list[tuple[bytes, bytes]] | None:
    """The checked fields of tuples or lists of exact str or bytes; None if there is anything else or wrong."""
    # PERF: 8 fields take 3.4 us this way, 7.7 us one by one.
    if not pairs:
        return []
    if not set(map(type, pairs)) <= _PLAIN_PAIRS:
        return None
    try:
        names, values = map(_octets, zip(*pairs, strict=True))
    except (TypeError, ValueError):
        return None
    # LF stands in no name and no value that is right, so that just those put in between must remain.
    between = len(pairs) - 1
    if (
        b"" in names
        or len(b"\n".join(names).translate(None, TOKEN_OCTETS)) != between
        or len(b"\n".join(values).translate(None, VALUE_OCTETS)) != between
    ):
        return None
    return [(name, value.strip(OWS)) for name, value in zip(names, values, strict=True)]


def _octets(texts: Sequence[Text]) -> list[bytes]:
    # str.encode refuses what is no str, subclasses of bytes among it.
    return [text if type(text) is bytes else str.encode(text, "latin-1") for text in texts]  # type: ignore[arg-type]


def trailer_fields(fields: Fields) -> list[tuple[bytes, bytes]]:
    """The checked fields of a trailer section (RFC 9110, section 6.5).

    Raises HeaderError for a field that must not be in one (FORBIDDEN_TRAILERS), and what checked_fields raises.
    """
    checked = checked_fields(fields)
    for name, _ in checked:
        if name.lower() in FORBIDDEN_TRAILERS:
            raise HeaderError(
                f"the field {named(name)} must not be sent in a trailer: framing, routing, authentication, control"
                " data and content format belong in the header (RFC 9110, section 6.5.1)"
            )
    return checked


class Headers:
    """Header fields in their order, repeated ones kept; names are compared without regard to case, and keep theirs.

    Made of nothing, of other Headers, of a mapping, or of pairs (name, value); names and values are str (Latin-1) or
    bytes, and are read back as str. Whatever goes in is checked: HeaderError for what must not be on the wire (see
    field_name, field_value), TypeError for other types; nothing has changed then.

    `headers["name"]` and `value` are the first field of a name, `values` are all; iterating and `items` give pairs
    (name, value), `keys` each name once, len counts fields, `in` asks for a name. Equal are those with the same fields
    in the same order.

    >>> Headers({"Content-Type": "text/html"})["content-type"]
    'text/html'
    """

    __slots__ = ("_fields", "_formatted", "_index")

    _fields: list[tuple[bytes, bytes]]
    _formatted: tuple[bytes, int, int] | None  # what wire.format_fields made of these fields, until they change
    _index: dict[bytes, list[int]] | None  # where the fields of each name are, until they change; only of many

    def __init__(self, fields: Fields = (), /) -> None:
        self._fields = checked_fields(fields)
        self._changed()

    @classmethod
    def _trusted(cls, fields: list[tuple[bytes, bytes]]) -> Self:
        """Headers that take over this list as it is: its maker has checked it."""
        headers = cls.__new__(cls)
        headers._fields = fields
        headers._formatted = None
        headers._index = None
        return headers

    def _changed(self) -> None:
        self._formatted = None
        self._index = None

    def append(self, name: Text, value: Text) -> None:
        """Add a field at the end."""
        self.insert(len(self._fields), name, value)

    def insert(self, index: int, name: Text, value: Text) -> None:
        """Add a field before the one at `index`, which may be negative or beyond the end, as with list.insert."""
        octets = field_name(name)
        self._fields.insert(index, (octets, field_value(octets, value)))
        self._changed()

    def replace_or_append(self, name: Text, value: Text) -> None:
        """Give the first field of that name the new name and value, in its place, and remove the others of that name.

        Adds the field at the end if there is none.
        """
        octets = field_name(name)
        field = (octets, field_value(octets, value))
        found = self._places(octets)
        if found:
            self._remove(found[1:])
            self._fields[found[0]] = field
        else:
            self._fields.append(field)
        self._changed()

    def remove_all(self, name: Text) -> int:
        """Remove each field of that name; return how many there were."""
        found = self._places(name)
        self._remove(found)
        self._changed()
        return len(found)

    def _remove(self, places: list[int]) -> None:
        if len(places) == 1:
            del self._fields[places[0]]
        elif places:
            gone = set(places)  # all at once: each del would move all that follows
            self._fields[:] = [field for place, field in enumerate(self._fields) if place not in gone]

    def clear(self) -> None:
        """Remove all fields."""
        self._fields.clear()
        self._changed()

    @overload
    def value(self, name: Text) -> str | None: ...
    @overload
    def value(self, name: Text, default: _Default) -> str | _Default: ...
    def value(self, name: Text, default: object = None) -> object:
        """The value of the first field of that name, or `default`."""
        if len(self._fields) > _FEW:
            places = self._places(name)
            return self._fields[places[0]][1].decode("latin-1") if places else default
        key = _key(name)
        for other, value in self._fields:
            if len(other) == len(key) and other.lower() == key:
                return value.decode("latin-1")
        return default

    get = value

    def items(self) -> list[tuple[str, str]]:
        """All fields in their order, as pairs (name, value)."""
        return list(self)

    def keys(self) -> list[str]:
        """The names, each once, in the order and the spelling of their first fields."""
        names: dict[bytes, bytes] = {}
        for name, _ in self._fields:
            names.setdefault(name.lower(), name)
        return [name.decode("latin-1") for name in names.values()]

    def values(self, name: Text) -> list[str]:
        """The values of all fields of that name, in order."""
        return [self._fields[place][1].decode("latin-1") for place in self._places(name)]

    def combined_value(self, name: Text) -> str | None:
        """The values of all fields of that name as one, joined by ", " (RFC 9110, section 5.3); None if there is none.

        Not for set-cookie, whose values hold commas of their own.
        """
        values = self.values(name)
        return ", ".join(values) if values else None

    def contains(self, name: Text) -> bool:
        """Whether there is a field of that name."""
        return self.value(name) is not None

    __contains__ = contains

    def copy(self) -> Self:
        """Headers with the same fields, which change on their own."""
        headers = self._trusted(self._fields.copy())
        headers._formatted = self._formatted
        return headers

    __copy__ = copy

    def __getitem__(self, name: Text) -> str:
        value = self.value(name)
        if value is None:
            raise KeyError(name)
        return value

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for name, value in self._fields:
            yield name.decode("latin-1"), value.decode("latin-1")

    # Unhashable by this definition, as it must be: what changes can't be a key.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return [(name.lower(), value) for name, value in self._fields] == [
            (name.lower(), value) for name, value in other._fields
        ]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"

    def __reduce__(self) -> tuple[type[Self], tuple[list[tuple[bytes, bytes]]]]:
        # Through the constructor, and so through its checks: a pickle may come from anywhere.
        return type(self), (self._fields.copy(),)

    def _places(self, name: Text) -> list[int]:
        key = _key(name)
        if len(self._fields) > _FEW:
            if self._index is None:
                index: dict[bytes, list[int]] = {}
                for place, (other, _) in enumerate(self._fields):
                    index.setdefault(other.lower(), []).append(place)
                self._index = index
            return self._index.get(key, [])
        size = len(key)
        return [place for place, (other, _) in enumerate(self._fields) if len(other) == size and other.lower() == key]


def _key(name: Text) -> bytes:
    """What the names of fields, in lower case, are compared with in a look-up."""
    name = exact(name)
    if type(name) is str:
        return name.encode("ascii", "replace").lower()  # "?" stands in no field name
    if type(name) is bytes:
        return name.lower()
    raise TypeError(f"a field name must be str or bytes, not {type(name).__name__} ({shown(name)})")


def _refuse_name(name: Text) -> NoReturn:
    if not exact(name):
        raise HeaderError("a field name must not be empty")
    raise HeaderError(
        f"the field name {named(name)} must be a token: letters, digits and !#$%&'*+-.^_`|~ (RFC 9110, section 5.6.2)"
    )


def _refuse_value(name: Text, value: Text, bad: str) -> NoReturn:
    raise HeaderError(
        f"the value of the field {named(name)} must hold no control character but TAB and none beyond Latin-1, but"
        f" has U+{ord(bad):04X} in {shown(value)} (RFC 9110, section 5.5)"
    )
