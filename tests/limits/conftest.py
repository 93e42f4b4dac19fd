"""For the tests of limits: nothing is logged at WARNING or above, whatever clients do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from connection.tools import Log, nothing_logged


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    with nothing_logged() as log:
        yield log
