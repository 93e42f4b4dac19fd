"""The application under test, served as a plain and as a coroutine function; nothing unexpected in the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clients.application import coroutine, plain
from connection.tools import Log, nothing_logged


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    with nothing_logged() as log:
        yield log


@pytest.fixture(params=[plain, coroutine], ids=["plain", "coroutine"])
def port(request: pytest.FixtureRequest, log: Log, serve) -> int:
    """Where the application listens."""
    return serve(request.param).port


@pytest.fixture
def base(port: int) -> str:
    return f"http://127.0.0.1:{port}"
