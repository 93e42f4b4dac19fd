"""The path of a request target as text."""

from __future__ import annotations

from urllib.parse import unquote

__all__ = ["path_text"]


def path_text(data: bytes, start: int, end: int) -> str:
    """data[start:end], ASCII, percent-decoded as UTF-8 (what is not UTF-8 becomes U+FFFD); "/" for nothing.

    Raises IndexError beyond the data.
    """
    if not 0 <= start <= end <= len(data):
        raise IndexError(f"the path [{start}, {end}) is not within {len(data)} bytes")
    path = data[start:end].decode("ascii")
    return (unquote(path, errors="replace") if "%" in path else path) or "/"
