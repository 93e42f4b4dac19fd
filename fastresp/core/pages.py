"""What the server itself says to people: the text behind a fault, and the page behind a bare status."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fastresp.status import REASONS

__all__ = ["FAULT", "HTML", "error_page", "names_html"]

FAULT = b"internal server error\n"
"""The content of a 500 that no handler has written. Of the fault it says nothing."""
HTML = "text/html; charset=utf-8"

_HTML = re.compile(r"(?:^|,)[ \t]*text/html[ \t]*(;[^,]*)?(?=,|$)", re.IGNORECASE)
_REFUSED = re.compile(r";[ \t]*q[ \t]*=[ \t]*0(?:\.0*)?[ \t]*(?:;|$)", re.IGNORECASE)


def error_page(status: int) -> bytes:
    """A page of `status` and its reason phrase. A browser takes an answer without content for a page that is not there,
    or for a download.
    """
    text = f"{status} {REASONS.get(status, '')}".rstrip()
    return f"<!DOCTYPE html>\n<title>{text}</title>\n<h1>{text}</h1>\n".encode()


def names_html(accept: Iterable[str]) -> bool:
    """Whether one of these values of Accept names text/html, as browsers do where a person navigates (RFC 9110, section
    12.5.1); of a weight of 0 it is not wanted.
    """
    # PERF: without an object for each element; a field of 48 KB may have twenty thousand
    for value in accept:
        if found := _HTML.search(value):
            return not _REFUSED.search(found[1] or "")
    return False
