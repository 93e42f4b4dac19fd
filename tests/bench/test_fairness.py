"""bench/fairness runs, and its attacks are what they say. How long anybody waits is no matter here."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench import ROOT
from bench.fairness.attacks import HOLDS, WAITS

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or (os.cpu_count() or 1) < 2,
    reason="its figures come from Linux's /proc, two cores",
)


@pytest.mark.parametrize("only", ["nobody else", "200,000 chunks", "TLS records", "half a head, 40 KiB"])
def test_a_row(only: str) -> None:
    command = [sys.executable, "-m", "bench.fairness", "--only", only, "--seconds", "0.3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    rows = [line for line in done.stdout.splitlines() if only in line]
    assert len(rows) == sum(only in each.name for each in (*WAITS, *HOLDS))
    assert "above" not in done.stdout
