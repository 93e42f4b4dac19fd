"""Every case on both twins with pytest-benchmark: `pytest bench/micro`. A group is a case, so that the figures in
brackets are the ratio of its twins.
"""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from bench.micro.cases import CASES, Case
from bench.micro.rivals import RIVALS, Rival
from bench.micro.twins import COMPILED, PURE, Twin, missing


# A round is long enough for the clock's own cost not to count; the clock is this process's CPU time, as in ratios.py.
@pytest.mark.benchmark(timer=process_time, min_time=0.0005, max_time=0.3, disable_gc=True)
@pytest.mark.parametrize("case", CASES, ids=[case.name.replace(" ", "_") for case in CASES])
@pytest.mark.parametrize("twin", [PURE, COMPILED], ids=["pure", "compiled"])
def test_micro(benchmark: Any, case: Case, twin: Twin) -> None:
    if reason := missing(twin):
        pytest.skip(reason)
    function, arguments = case.prepare(twin)
    benchmark.group = case.name
    benchmark.name = twin.name  # the table's first column
    benchmark(function, *arguments)


@pytest.mark.benchmark(timer=process_time, min_time=0.0005, max_time=0.3, disable_gc=True)
@pytest.mark.parametrize("rival", RIVALS, ids=[rival.name.replace(" ", "_") for rival in RIVALS])
def test_rival(benchmark: Any, rival: Rival) -> None:
    try:
        function, arguments = rival.prepare()
    except (ImportError, AttributeError) as error:
        pytest.skip(str(error))
    benchmark.group = "a head of eight fields"
    benchmark.name = rival.name
    benchmark(function, *arguments)
