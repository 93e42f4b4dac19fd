"""Questions about field lines that are formatted. Never compiled: few answers need one."""

from __future__ import annotations

from fastresp.errors import HeaderError
from fastresp.headers import FORBIDDEN_TRAILERS

__all__ = ["announced_in", "without_field"]


def without_field(block: bytes, name: bytes) -> bytes:
    """The field lines in `block`, without those of this name, which is in lower case."""
    lines = block.split(b"\r\n")
    return b"\r\n".join([line for line in lines if line[: len(name) + 1].lower() != name + b":"])


def announced_in(names: list[bytes], block: bytes) -> set[bytes]:
    """The trailers that are announced, in lower case: these, and those that a trailer field in `block` names. Raises
    HeaderError for one that can't be a trailer (RFC 9110, section 6.5.1).
    """
    announced = {name.lower() for name in names}
    for line in block.split(b"\r\n"):
        if line[:8].lower() == b"trailer:":
            announced.update([name.strip().lower() for name in line[8:].split(b",")])
    forbidden = announced & FORBIDDEN_TRAILERS
    if forbidden:
        name = min(forbidden).decode("latin-1")
        raise HeaderError(f"the field {name!r} can't be a trailer (RFC 9110, section 6.5.1)")
    return announced
