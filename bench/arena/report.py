"""Tables: the medians of the rounds as Markdown, and all that was measured as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from bench.arena.measure import Figure
from bench.arena.profiles import Profile
from bench.arena.servers import FLOOR, Server
from bench.arena.targets import TARGETS

Rounds = Mapping[tuple[str, str], Sequence[Figure | str]]
"""By profile and server: a figure for each round, or why there is none."""

COLUMNS = (
    "server",
    "requests/s",
    f"x {FLOOR}",
    "CPU us/request",
    f"x {FLOOR}",
    "spread",
    "p99 ms",
    "peak MiB",
    "server core",
    "wrk's core",
    "errors",
)


def table(profile: Profile, servers: Sequence[Server], rounds: Rounds) -> str:
    """The table of one profile, the least CPU first, the floor on top; who has no figure, and why, below it."""
    figures = {server.name: _good(rounds.get((profile.name, server.name), ())) for server in servers}
    floor = figures.get(FLOOR, [])
    ranked = sorted(
        (name for name, good in figures.items() if good),
        key=lambda name: (name != FLOOR, _median(figures[name], "cpu")),
    )
    lines = [f"| {' | '.join(COLUMNS)} |", f"|---|{'--:|' * (len(COLUMNS) - 1)}"]
    lines += [_row(name, figures[name], floor) for name in ranked]
    for server in servers:
        reasons = [each for each in rounds.get((profile.name, server.name), ()) if isinstance(each, str)]
        if reasons:
            lines.append(f"\n{server.name} has no figure in {len(reasons)} of the rounds: {reasons[0]}")
    return "\n".join(lines)


def targets(rounds: Rounds) -> str:
    """A line for each target whose figures are there."""

    def value(profile: str, server: str, figure: str) -> float | None:
        good = _good(rounds.get((profile, server), ()))
        return _median(good, figure) if good else None

    return "\n".join(f"- {sentence}" for target in TARGETS if (sentence := target.judge(value)))


def raw(rounds: Rounds) -> list[dict[str, object]]:
    """Every measurement, as JSON can hold it."""
    return [
        {"profile": profile, "server": server, "round": index, **_as_json(figure)}
        for (profile, server), figures in rounds.items()
        for index, figure in enumerate(figures, 1)
    ]


def _row(name: str, good: list[Figure], floor: list[Figure]) -> str:
    rate, cpu = _median(good, "requests_per_second"), _median(good, "cpu")
    costs = [figure.cpu for figure in good]
    cells = (
        name,
        f"{rate:,.0f}",
        f"{rate / _median(floor, 'requests_per_second'):.2f}" if floor else "-",
        f"{cpu:.2f}",
        f"{cpu / _median(floor, 'cpu'):.2f}" if floor else "-",
        f"{min(costs):.2f} - {max(costs):.2f}",
        f"{_median(good, 'p99'):.2f}",
        f"{_median(good, 'memory') / 2**20:.1f}",
        f"{_median(good, 'server_core'):.0%} + {_median(good, 'server_others'):.0%}",
        f"{_median(good, 'client_core'):.0%} + {_median(good, 'client_others'):.0%}",
        f"{sum(figure.errors for figure in good)}",
    )
    return f"| {' | '.join(cells)} |"


def _good(figures: Sequence[Figure | str]) -> list[Figure]:
    return [figure for figure in figures if isinstance(figure, Figure)]


def _median(figures: Sequence[Figure], name: str) -> float:
    return float(median(getattr(figure, name) for figure in figures))


def _as_json(figure: Figure | str) -> dict[str, object]:
    return {"failed": figure} if isinstance(figure, str) else figure._asdict()
