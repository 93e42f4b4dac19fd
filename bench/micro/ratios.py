"""The ratio of the twins, case by case, as Markdown: `python -m bench.micro.ratios`.

The rounds of the twins take turns, so that what else the machine does falls on both. A ratio is the median of the
ratios of the rounds; how far they lie apart is told by their quartiles. The clock is the CPU time of this process: on
a busy machine it stands still while others run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles
from time import process_time
from timeit import Timer
from typing import Any, NamedTuple

from bench import RESULTS, machine
from bench.micro.cases import CASES, Call, Case
from bench.micro.rivals import TARGET, present
from bench.micro.twins import COMPILED, PURE, missing

NANO = 1e9


class Ratio(NamedTuple):
    """What the rounds of a case have shown: nanoseconds a call, and pure : compiled."""

    name: str
    pure: float
    compiled: float
    ratio: float
    low: float
    high: float
    target: float

    @property
    def verdict(self) -> str:
        return "" if not self.target else f">= {self.target:g}: {'yes' if self.ratio >= self.target else '**no**'}"


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    if reason := missing(COMPILED):
        print(f"there is nothing to compare: {reason}", file=sys.stderr)
        return 1
    cases = [case for case in CASES if options.only in case.name]
    rivals = [rival for rival in present() if options.only in rival[0]]
    if not cases and not rivals:
        print(f"no case has {options.only!r} in its name", file=sys.stderr)
        return 2
    facts = machine.facts(("Cython", "orjson", "aiohttp", "h11"))
    ratios = [compare(case, options.rounds, options.round_time) for case in cases]
    others = race(rivals, options.rounds, options.round_time)
    text = f"{machine.sentence(facts)}; {options.rounds} rounds of {options.round_time:g} s"
    text = "\n\n".join([text, *([table(ratios)] if ratios else []), *([field(others)] if others else [])])
    print(text)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "micro.md").write_text(text + "\n")
    raw = {"facts": facts, "rounds": options.rounds, "ratios": [ratio._asdict() for ratio in ratios]}
    raw["rivals"] = [rival._asdict() for rival in others]
    (options.output / "micro.json").write_text(json.dumps(raw, indent=1) + "\n")
    return 0


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.micro.ratios", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=21, help="rounds of each twin (default %(default)s, at least 2)")
    parser.add_argument("--round-time", type=float, default=0.01, help="seconds a round (default %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases with TEXT in their name")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER", help="for micro.md and micro.json")
    options = parser.parse_args(arguments)
    if options.rounds < 2:
        parser.error("--rounds must be 2 or more")
    return options


def compare(case: Case, rounds: int, round_time: float) -> Ratio:
    """Measures one case, the twins in turn."""
    pure_round = timed(case.prepare(PURE), round_time)
    compiled_round = timed(case.prepare(COMPILED), round_time)
    pure: list[float] = []
    compiled: list[float] = []
    for _ in range(rounds):
        pure.append(pure_round())
        compiled.append(compiled_round())
    ratios = [slow / fast for slow, fast in zip(pure, compiled, strict=True)]
    low, _, high = quantiles(ratios, n=4)
    return Ratio(case.name, median(pure), median(compiled), median(ratios), low, high, case.target)


class Rank(NamedTuple):
    """What the rounds of a rival have shown: nanoseconds a call, and how many times those of the first."""

    name: str
    nanoseconds: float
    ratio: float


def race(rivals: list[tuple[str, Call]], rounds: int, round_time: float) -> list[Rank]:
    """Measures all rivals in turn."""
    lanes = [(name, timed(call, round_time)) for name, call in rivals]
    figures = [[lane() for _, lane in lanes] for _ in range(rounds)]
    columns = list(zip(*figures, strict=True))
    return [
        Rank(name, median(column), median(mine / first for mine, first in zip(column, columns[0], strict=True)))
        for (name, _), column in zip(lanes, columns, strict=True)
    ]


def field(ranks: list[Rank]) -> str:
    """The rivals as a table."""
    lines = ["| a head of eight fields by | ns | times the first | target |", "|---|--:|--:|---|"]
    for rank in ranks:
        verdict = f">= {TARGET:g}: {'yes' if rank.ratio >= TARGET else '**no**'}" if "aiohttp" in rank.name else ""
        lines.append(f"| {rank.name} | {rank.nanoseconds:,.0f} | {rank.ratio:.1f} | {verdict} |")
    return "\n".join(lines)


def timed(call: Call, round_time: float) -> Callable[[], float]:
    """A function that measures one round of so many calls as fill `round_time`, and returns nanoseconds a call.

    The function and its arguments are local names of the loop; what the loop itself costs stays in the figure.
    """
    function, arguments = call
    names = [f"a{index}" for index in range(len(arguments))]
    scope: dict[str, Any] = {"function": function, **dict(zip(names, arguments, strict=True))}
    setup = "; ".join(f"{name}_ = {name}" for name in scope)
    timer = Timer(f"function_({', '.join(f'{name}_' for name in names)})", setup, process_time, scope)
    number, seconds = 1, timer.timeit(1)
    while seconds < round_time / 2:
        number *= 2
        seconds = timer.timeit(number)
    number = max(1, round(number * round_time / seconds))
    return lambda: timer.timeit(number) / number * NANO


def table(ratios: list[Ratio]) -> str:
    lines = ["| call | pure, ns | compiled, ns | ratio | quartiles | target |", "|---|--:|--:|--:|--:|---|"]
    lines += [
        f"| {r.name} | {r.pure:,.0f} | {r.compiled:,.0f} | {r.ratio:.1f} | {r.low:.1f} - {r.high:.1f} | {r.verdict} |"
        for r in ratios
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
