"""What becomes of header and trailer fields of an application that can't be sent as they are."""

from __future__ import annotations

from fastresp.gateway import Fields, one_length
from fastresp.headers import FORBIDDEN_TRAILERS

__all__ = ["announced", "possible", "takes_trailers", "without"]


def without(name: bytes, fields: Fields) -> Fields:
    """The fields but those of this name, which is in lower case."""
    return [field for field in fields if field[0].lower() != name]


def possible(fields: Fields) -> Fields:
    """The fields without a transfer-encoding, which is the server's, with one length, and no trailer announced that
    can't be any (RFC 9110, section 6.5.1).
    """
    kept: Fields = []
    for name, value in one_length(without(b"transfer-encoding", fields)):
        if name.lower() == b"trailer":
            names = [each for each in value.split(b",") if each.strip().lower() not in FORBIDDEN_TRAILERS]
            if names:
                kept.append((name, b",".join(names)))
        else:
            kept.append((name, value))
    return kept


def announced(trailers: Fields, fields: Fields) -> Fields:
    """Those of the trailers that a trailer field among the header fields names."""
    lists = [value.decode("latin-1") for name, value in fields if name.lower() == b"trailer"]
    names = [name.strip().lower() for name in ",".join(lists).split(",")]
    return [field for field in trailers if field[0].decode("latin-1").lower() in names]


def takes_trailers(accepted: list[str]) -> bool:
    """Whether a client with these `te` fields takes trailers (RFC 9110, section 6.5.1)."""
    options = [element.partition(";")[0].strip().lower() for value in accepted for element in value.split(",")]
    return "trailers" in options
