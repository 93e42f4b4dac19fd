"""Tortures the engine for as long as one likes: `cd tests; python -m torture.run --seconds 600`.

    --mode MODE         fake: over transports that are not there, which is fast; live: over sockets; both (the default);
                        twins: over transports that are not there, and the twins must do the same
    --twin, --loop      only these (pure, compiled; uvloop, asyncio)
    --seed N            where to begin
    --replay N          plays one seed, with all that its handlers do, as they do it
    --shrink            makes the plan of each seed that fails, or of --replay's, as small as it goes on failing
    --kind TEXT         of the faults to be shrunk only those that say this
    --without A,B       leaves ways of handlers out (hostile, device, copy, raise, swap, cycle ...), to see what is
                        behind the faults that they show
    --plan FILE         plays a plan that --shrink has written
    --python FILE       another interpreter

Each fault comes with its seed, mode, twin and loop, which make it again. A process that crashes or hangs is a fault,
and the next one begins behind it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from torture.plan import brief, make
from torture.shrinking import kind_of, shrink

__all__ = ["Outcome", "batch", "compare"]

TESTS = Path(__file__).resolve().parent.parent


class Outcome:
    """What one process did: how many plans it played, and the faults by seed."""

    def __init__(self) -> None:
        self.count = 0
        self.next = 0  # seed
        self.faults: list[tuple[int, list[str]]] = []

    def __str__(self) -> str:
        return "\n".join(f"seed {seed}: {fault}" for seed, faults in self.faults for fault in faults)


def batch(
    mode: str,
    twin: str,
    loop: str,
    *,
    seed: int = 0,
    count: int = 1 << 60,
    seconds: float = 10.0,
    stop: bool | str = True,
    plans: list[Any] | None = None,
    python: str = sys.executable,
    trace: bool = False,
    without: tuple[str, ...] = (),
) -> Outcome:
    """Plays plans from `seed` on in one process, until it has played `count`, or for `seconds`, or at a fault if it is
    to `stop` there, or at one of the kind that `stop` says.
    """
    task = {
        "mode": mode, "twin": twin, "loop": loop, "seed": seed, "count": count, "seconds": seconds, "stop": stop,
        "plans": plans, "trace": trace, "without": without,
    }  # fmt: skip
    path = [str(TESTS), *([os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else [])]
    environment = {"PYTHONMALLOC": "debug", **os.environ, "PYTHONPATH": os.pathsep.join(path), "PYTHONHASHSEED": "0"}
    process = subprocess.Popen(
        [python, "-X", "faulthandler", "-m", "torture.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=TESTS,  # `-m` looks there first, and a checkout must not be what is tested where something is installed
    )
    try:
        out, errors = process.communicate(json.dumps(task), timeout=seconds + 120)
    except subprocess.TimeoutExpired:
        process.kill()
        out, errors = process.communicate()
        errors += "\nkilled: it did not end"
    outcome = Outcome()
    outcome.next = seed
    for line in out.splitlines():
        if not line.startswith('{"'):
            if trace:
                print(line)
            continue
        said = json.loads(line)
        if "faults" in said:
            outcome.faults.append((said["seed"], said["faults"]))
        elif "seed" in said:
            outcome.next = said["seed"] + 1
            outcome.count += 1
    if process.returncode:
        where = re.search(r"(Fatal Python error|Timeout|ERROR: Addr|runtime error).*", errors, re.DOTALL)
        text = (where[0] if where else errors[-3000:])[:3000]
        outcome.faults.append((outcome.next - 1, [f"the process ended with {process.returncode}: {text}"]))
    return outcome


def compare(*, seed: int = 0, seconds: float = 10.0, python: str = sys.executable) -> Outcome:
    """Plays plans on both twins, and compares, up to the first difference."""
    return batch("twins", "compiled", "asyncio", seed=seed, seconds=seconds, python=python)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--mode", choices=("fake", "live", "both", "twins"), default="both")
    options.add_argument("--twin", choices=("pure", "compiled"))
    options.add_argument("--loop", choices=("asyncio", "uvloop"))
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--replay", type=int)
    options.add_argument("--shrink", action="store_true")
    options.add_argument("--without", type=lambda text: tuple(text.split(",")), default=())
    options.add_argument("--kind", default="")
    options.add_argument("--plan", type=Path)
    options.add_argument("--python", default=sys.executable)
    given = options.parse_args()
    ways = [
        (mode, twin, loop)
        for mode in (("fake", "live") if given.mode == "both" else (given.mode,))
        for twin in ((given.twin,) if given.twin else ("compiled", "pure"))
        for loop in ((given.loop,) if given.loop else ("asyncio", "uvloop"))
    ]
    if given.mode == "twins":
        ways = [("twins", "compiled", "asyncio")]
    if given.replay is not None or given.plan:
        return _again(given, ways[0])
    kinds: dict[str, list[Any]] = {}
    played = 0
    seeds = dict.fromkeys(ways, given.seed)
    end = time.monotonic() + given.seconds
    while time.monotonic() < end:
        for way in ways:
            seconds = min(10.0, given.seconds / len(ways), max(1.0, end - time.monotonic()))
            settings = {"stop": False, "python": given.python, "without": given.without}
            outcome = batch(*way, seed=seeds[way], seconds=seconds, **settings)
            seeds[way] = max(outcome.next, seeds[way] + 1)
            played += outcome.count
            for seed, faults in outcome.faults:
                for fault in faults:
                    found = kinds.setdefault(f"{way[1]}: {kind_of(fault)}", [])
                    found.append((way, seed))
                    if len(found) == 1:
                        print(f"{' '.join(way)} seed {seed}: {fault}", flush=True)
                        if given.shrink:
                            _shrink(way, _plan(seed, way[0], given), kind_of(fault), given)
    print(f"{played} plans played")
    for name, where in sorted(kinds.items(), key=lambda item: -len(item[1])):
        print(f"{len(where)} x {name}  [{', '.join(f'{way[0]} {way[2]} {seed}' for way, seed in where[:4])}]")
    return bool(kinds)


def _plan(seed: int, mode: str, given: argparse.Namespace) -> Any:
    return make(seed, live=mode == "live", differential=mode == "twins", without=given.without)


def _again(given: argparse.Namespace, way: tuple[str, str, str]) -> int:
    plan = json.loads(given.plan.read_text()) if given.plan else _plan(given.replay, way[0], given)
    outcome = batch(*way, plans=[plan], python=given.python, trace=not given.shrink)
    print(str(outcome) or "no fault")
    if given.shrink:
        for kind in dict.fromkeys(kind_of(fault) for _, faults in outcome.faults for fault in faults):
            if given.kind in kind:
                _shrink(way, plan, kind, given)
    return bool(outcome.faults)


def _shrink(way: tuple[str, str, str], plan: Any, kind: str, given: argparse.Namespace) -> None:
    """Says the smallest plan with a fault of this kind."""

    def first(plans: list[Any]) -> int:
        tried = batch(*way, plans=plans, python=given.python, stop=kind, seconds=300.0)
        found = [fault for _, faults in tried.faults for fault in faults if kind_of(fault) == kind]
        return tried.count - 1 if found else -1

    small = shrink(plan, first, min(given.seconds, 60.0))
    print(f"== {kind}\n{brief(small)}\n{batch(*way, plans=[small], python=given.python)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
