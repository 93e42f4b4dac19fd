"""The benchmarks are no part of the package: they are found from the root of the project."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import fastresp

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))  # at the end: an installed fastresp stays the one under test

# the arena reads what POSIX counts of a process
ARENA = ["test_applications.py", "test_arena.py", "test_report.py", "test_targets.py"]
collect_ignore = [] if find_spec("resource") else ARENA


@pytest.fixture(autouse=True)
def paths_of_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their commands run in the root, too: a checkout there must not hide the fastresp that is installed."""
    paths = (Path(fastresp.__file__).parents[1], ROOT, os.environ.get("PYTHONPATH"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(str(path) for path in paths if path))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
