"""Sets of octets, and the few steps over bytes that a scanner is made of.

Never compiled: octets_c.pxd says the same functions again as C loops over the same tables, and the C compiler sees
them inline. None of them reads past the end: no set has NUL in it, which stands behind every bytes object in C.
"""

from __future__ import annotations

import re
from collections.abc import Callable

HTAB, LF, CR, SP, QUOTE, PERCENT, AMPERSAND, STAR, PLUS, COMMA, SLASH, COLON, SEMICOLON = b'\t\n\r "%&*+,/:;'
EQUALS, QUESTION, OPENING, BACKSLASH, CLOSING, ZERO, NINE = b"=?[\\]09"


class Octets(bytes):
    """A set of octets as a table of 256 flags, and as a pattern that matches a run of its members."""

    match: Callable[[bytes, int], re.Match[bytes]]

    def __new__(cls, members: bytes) -> Octets:
        self = super().__new__(cls, [octet in members for octet in range(256)])
        self.match = re.compile(b"[" + re.escape(members) + b"]*").match  # type: ignore[assignment]
        return self


_DIGITS = b"0123456789"
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OBS_TEXT = bytes(range(0x80, 0x100))
_VISIBLE = bytes(range(0x21, 0x7F))

TOKEN = Octets(b"!#$%&'*+-.^_`|~" + _DIGITS + _LETTERS)
"""RFC 9110, section 5.6.2: tchar."""
VALUE = Octets(b"\t " + _VISIBLE + _OBS_TEXT)
"""RFC 9110, section 5.5: what a field value is made of."""
QUOTED = Octets(b"\t " + _VISIBLE.replace(b'"', b"").replace(b"\\", b"") + _OBS_TEXT)
"""RFC 9110, section 5.6.4: qdtext."""
TARGET = Octets(_VISIBLE.replace(b"#", b""))
"""What no request target may step outside of (RFC 9112, section 3.2)."""
SCHEME = Octets(b"+-." + _DIGITS + _LETTERS)
"""RFC 3986, section 3.1, but for the first octet, which is a letter."""
REG_NAME = Octets(b"-._~!$&'()*+,;=" + _DIGITS + _LETTERS)
"""RFC 3986: unreserved and sub-delims, the octets that a reg-name has beside its percent-encoded ones."""
HEX = bytes(int(chr(octet), 16) if chr(octet) in "0123456789abcdefABCDEF" else 16 for octet in range(256))
"""The value of a hex digit; 16 for any other octet."""


def piece(data: bytes, start: int, end: int) -> bytes:
    """The octets from `start` to `end`, neither of which is behind the data's end."""
    return data[start:end]


def lowered(data: bytes, start: int, end: int) -> bytes:
    """As `piece`, with ASCII letters in lower case."""
    return data[start:end].lower()


def find(data: bytes, octet: int, start: int, end: int) -> int:
    """Where the first octet of this value is, or -1."""
    return data.find(octet, start, end)


def run_end(members: Octets, data: bytes, start: int) -> int:
    """Where the run of members that begins at `start` ends: at another octet, or at the end of the data."""
    return members.match(data, start).end()


def value_end(members: Octets, data: bytes, start: int, end: int) -> int:
    """Like `run_end` of VALUE, whose table `members` is, in data that ends at `end` or goes on."""
    return run_end(members, data, start)


def equal(data: bytes, start: int, word: bytes, size: int) -> bool:
    """Whether the `size` octets at `start` are `word`."""
    return data[start : start + size] == word


def repeats(data: bytes, start: int, other: bytes, at: int, size: int) -> bool:
    """Whether the `size` octets at `start` are those of `other` that stand at `at`."""
    return data[start : start + size] == other[at : at + size]


def same(data: bytes, start: int, word: bytes, size: int) -> bool:
    """Whether the `size` octets at `start` are `word` but for case; `word` is in lower case."""
    return data[start : start + size].lower() == word
