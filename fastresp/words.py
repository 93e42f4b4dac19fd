"""Text of clients in lines for people: escaped, so that a line of the log says what it seems to say, and cut."""

from __future__ import annotations

import re

__all__ = ["LONGEST", "shown"]

LONGEST = 1024
"""Characters of a client's text in a line."""

_ODD = re.compile(r'["\\]|[^ -~]')


def shown(text: str) -> str:
    """The text with quotes, backslashes and all that is not printable ASCII as nginx's log escapes them, \\xXX for each
    byte of UTF-8; of a long one the beginning, and how long it was: "/aaa...[65536]"."""
    end = ""
    if len(text) > LONGEST:
        text, end = text[:LONGEST], f"...[{len(text)}]"
    if _ODD.search(text) is not None:
        text = _ODD.sub(_escaped, text)
    return text + end


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02X}" for byte in match[0].encode("utf-8", "surrogateescape"))
