"""The benchmarks: `bench.micro` compares the twins call by call, `bench.arena` whole servers side by side.

`python -m bench...` puts this tree in front of everything that is installed. Here it goes to the end: a fastresp that
is installed is the one that is measured, the one of this tree only where there is no other.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"

if sys.path and Path(sys.path[0] or ".").resolve() == ROOT:
    del sys.path[0]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))
