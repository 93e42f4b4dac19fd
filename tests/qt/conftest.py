"""As for all tests of connections: nothing is logged but what a test expects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from connection.tools import Log, nothing_logged


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    with nothing_logged() as log:
        yield log
