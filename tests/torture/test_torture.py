"""Random programs of handlers and clients, for some seconds each. For longer: `python -m torture.run`.

FASTRESP_TORTURE_SECONDS says how long; FASTRESP_TORTURE_SEED where the seeds begin. A failure names its seed, and
`python -m torture.run --mode MODE --twin TWIN --loop LOOP --replay SEED` plays it again.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from torture.run import batch

SECONDS = float(os.environ.get("FASTRESP_TORTURE_SECONDS", "5"))
SEED = int(os.environ.get("FASTRESP_TORTURE_SEED", "0"))

pytestmark = pytest.mark.timeout(SECONDS + 150)


@pytest.fixture(params=["uvloop", "asyncio"])
def loop_name(request: pytest.FixtureRequest) -> str:
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="no uvloop on this platform")
    return str(request.param)


@pytest.mark.parametrize("mode", ["fake", "live"])
def test_torture(twin: Any, loop_name: str, mode: str) -> None:
    outcome = batch(mode, twin.name, loop_name, seed=SEED, seconds=SECONDS)
    replay = f"python -m torture.run --mode {mode} --twin {twin.name} --loop {loop_name} --replay"
    assert not outcome.faults, f"{outcome}\n{replay} {outcome.faults[0][0]}"
    assert outcome.count > 0
