"""Servers for the length of a test, and what they serve files from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from applications.common import FILE
from applications.servers import Process


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts servers: `start(way, "module:app")` is one that ends with the test, whose log then is complete."""
    data = tmp_path / "files"
    data.mkdir()
    file = data / "file.txt"
    file.write_bytes(FILE)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    with ExitStack() as stack:

        def begin(way: str, app: str, **variables: str) -> Process:
            process = Process(way, app, {"APPLICATIONS_FILE": str(file), "HOME": str(tmp_path), **variables})
            stack.callback(process.end)
            return process

        yield begin
