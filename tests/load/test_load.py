"""What tests/load/connections.py does, with fewer connections."""

from __future__ import annotations

import os

import pytest

from fastresp.wire import compiled

if not os.path.exists("/proc/self/smaps_rollup"):
    pytest.skip("these figures come from Linux's /proc", allow_module_level=True)
pytest.importorskip("uvloop")

from load.connections import TARGET, measure
from load.crowd import raise_descriptors

COUNT = 2000


@pytest.fixture(scope="module", autouse=True)
def _descriptors():
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = raise_descriptors(COUNT)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert allowed >= COUNT


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return measure(tmp_path_factory.mktemp("empty"), COUNT, idle=0.1, kind="empty")


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
@pytest.mark.parametrize("pure", [True, False], ids=["pure", "compiled"])
def test_many_open_at_once(tmp_path, empty, loop, pure):
    """All are answered, again and again; idle ones cost little memory and nearly no time."""
    cost = measure(tmp_path, COUNT, "--loop", loop, idle=1.0, pure=pure)
    assert cost.idle < 0.2
    if compiled and not pure and loop == "uvloop":
        assert cost.memory - empty.memory < TARGET
