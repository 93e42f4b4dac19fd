"""The gate on instructions lets through what is within 2 %, and nothing else."""

from __future__ import annotations

import pytest

from bench import instructions


@pytest.mark.parametrize(("now", "status"), [(9000, 0), (10200, 0), (10201, 1)])
def test_the_gate(monkeypatch, capsys, now, status):
    monkeypatch.setattr(instructions, "count", lambda checkout, profile: now if checkout == "new" else 10000)
    assert instructions.main("new", "old") == status
    assert capsys.readouterr().out.count("more than 2%") == 3 * status
