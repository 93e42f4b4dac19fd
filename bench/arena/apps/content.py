"""What the applications of the arena have to tell: texts, items, files. Read once, when a server starts.

What a request needs is made for each request: a sum, a list of items with their totals, a serialised document.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).resolve().parents[1] / "data"

TEXTS = {"/": b"Hello, World!", "/pipeline": b"ok"}
CHUNKS = (b"x" * 1024,) * 10
CHUNKS_SIZE = sum(map(len, CHUNKS))
LARGE_LINES = 375_000
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}

_ITEMS: list[dict[str, Any]] = json.loads((DATA / "dataset.json").read_bytes())


def document(count: int, multiplier: int) -> dict[str, Any]:
    """The first `count` items, each with its total."""
    items = [{**item, "total": item["price"] * item["quantity"] * multiplier} for item in _ITEMS[:count]]
    return {"items": items, "count": len(items)}


class File(NamedTuple):
    """A static file; `brotli` is the file beside it, None where there is none."""

    path: Path
    content_type: str
    brotli: Path | None


def files() -> dict[str, File]:
    """The static files by their names in the address, /static/NAME."""
    found = {}
    for path in sorted((DATA / "static").iterdir()):
        if path.suffix in TYPES:
            brotli = path.with_name(path.name + ".br")
            found[path.name] = File(path, TYPES[path.suffix], brotli if brotli.exists() else None)
    return found


def large_file() -> Path:
    """A file of 3 MB, numbered lines, made in the current folder, which the arena removes with the server."""
    path = Path("large.bin").resolve()
    with path.open("wb") as file:
        file.writelines(b"%07d\n" % line for line in range(LARGE_LINES))
    return path


class Content(NamedTuple):
    """A static file in memory; `brotli` is b"" where it has no such form."""

    content_type: bytes
    plain: bytes
    brotli: bytes


def contents() -> dict[str, Content]:
    """The static files by name, read into memory: as many plain applications do it."""
    return {
        name: Content(
            file.content_type.encode(), file.path.read_bytes(), file.brotli.read_bytes() if file.brotli else b""
        )
        for name, file in files().items()
    }
