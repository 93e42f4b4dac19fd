"""The two twins, given the same handlers, the same clients and no time, send the same and log the same."""

from __future__ import annotations

import os

import pytest
from torture.run import compare

SECONDS = float(os.environ.get("FASTRESP_TORTURE_SECONDS", "5"))

pytestmark = [
    pytest.mark.timeout(SECONDS + 150),
    pytest.mark.skipif(
        os.environ.get("FASTRESP_NO_EXTENSIONS", "") not in ("", "0"), reason="the pure twins alone are under test"
    ),
]


def test_the_twins_do_the_same() -> None:
    outcome = compare(seconds=SECONDS)
    assert outcome.count > 0
    assert not outcome.faults, f"{outcome}\npython -m torture.run --mode twins --replay {outcome.faults[0][0]}"
