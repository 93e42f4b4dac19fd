"""For the tests of limits: a clock to turn; nothing is logged at WARNING or above, whatever clients do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from connection.tools import Log, nothing_logged
from limits import clock


@pytest.fixture(autouse=True)
def log() -> Iterator[Log]:
    with nothing_logged() as log:
        yield log


@pytest.fixture
def play(twin) -> Callable[..., None]:
    return partial(clock.play, twin)
