"""The benchmarks are no part of the package: they are found from the root of the project."""

import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))  # at the end: an installed fastresp stays the one under test

collect_ignore = [] if find_spec("resource") else ["test_arena.py"]  # the arena reads what POSIX counts of a process
