"""What a run has found: medians of the rounds as Markdown tables, and all that was measured as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench import machine
from bench.arena.measure import Figure, Settings
from bench.arena.profiles import PROFILES, Profile
from bench.arena.servers import NATIVE, SERVERS, Server
from bench.arena.targets import DISTURBED, PEERS, disturbance, judge

COLUMNS = (
    "server",
    "CPU us/request",
    f"x {NATIVE}",
    "spread",
    "requests/s",
    f"x {NATIVE}",
    "p99 ms",
    "peak MiB",
    "server core",
    "wrk's core",
    "errors",
)

BETTER: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("cpu", "CPU a request", min),
    ("requests_per_second", "requests/s", max),
    ("p99", "p99", min),
    ("memory", "peak memory", min),
)
"""Figures, their names, and what is better."""


@dataclass
class Report:
    """`figures` by profile and server: a figure for each round, or why there is none."""

    facts: dict[str, Any]
    settings: Settings
    rounds: int
    skipped: list[str]
    figures: dict[tuple[str, str], list[Figure | str]]

    def as_json(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return {
            "facts": self.facts,
            "settings": self.settings._asdict(),
            "rounds": self.rounds,
            "skipped": self.skipped,
            "measurements": [
                {"profile": profile, "server": server, "round": index, **_as_json(figure)}
                for (profile, server), figures in self.figures.items()
                for index, figure in enumerate(figures, 1)
            ],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Report:
        figures: dict[tuple[str, str], list[Figure | str]] = {}
        for entry in document["measurements"]:
            found = entry.get("failed") or Figure(**{name: entry[name] for name in Figure._fields})
            figures.setdefault((entry["profile"], entry["server"]), []).append(found)
        settings = Settings(**document["settings"])
        return cls(document["facts"], settings, document["rounds"], document["skipped"], figures)

    def has_figures(self) -> bool:
        return any(isinstance(figure, Figure) for figures in self.figures.values() for figure in figures)

    def good(self, profile: str, server: str) -> list[Figure]:
        return [figure for figure in self.figures.get((profile, server), ()) if isinstance(figure, Figure)]

    def median(self, profile: str, server: str, figure: str) -> float | None:
        good = self.good(profile, server)
        return float(median(getattr(each, figure) for each in good)) if good else None

    def profiles(self) -> list[Profile]:
        """The profiles that were measured, in the order of the table."""
        measured = {profile for profile, _ in self.figures}
        return [profile for profile in PROFILES.values() if profile.name in measured]

    def ranking(self, profile: str) -> list[Server]:
        """Who has a figure in a profile, the least CPU first."""
        found = {name: cpu for name in SERVERS if (cpu := self.median(profile, name, "cpu")) is not None}
        return [SERVERS[name] for name in sorted(found, key=lambda name: found[name])]

    # --- as text

    def text(self, picture: Callable[[Profile], str] = lambda _: "") -> str:
        """The whole report in Markdown; `picture` gives the Markdown that shows a profile's plot."""
        parts = [self.sentence(), *self.skipped]
        if verdicts := judge(self.median):
            parts.append("### Targets")
            rows = ["| profile | figure | is | has to be | reached |", "|---|---|--:|--:|---|"]
            parts.append("\n".join([*rows, *(f"| {' | '.join(verdict)} |" for verdict in verdicts)]))
        if lines := self.behind():
            parts += ["### Where fastresp is not first", "\n".join(f"- {line}" for line in lines)]
        for profile in self.profiles():
            connections = self.settings.connections or profile.connections
            parts += [f"### {profile.name}", f"{profile.text}; {connections:,} connections"]
            parts += [each for each in (picture(profile), self.table(profile.name), self.absent(profile.name)) if each]
        return "\n\n".join(parts)

    def sentence(self) -> str:
        settings = self.settings
        return (
            f"{machine.sentence(self.facts)}; medians of {self.rounds} interleaved rounds of {settings.seconds:g} s "
            f"after {settings.warm_up:g} s of warm-up; server on core {settings.server_core}, wrk on core "
            f"{settings.client_core}"
        )

    def table(self, profile: str) -> str:
        """The table of one profile: the least CPU first; floors in italics, fastresp in bold."""
        lines = [f"| {' | '.join(COLUMNS)} |", f"|---|{'--:|' * (len(COLUMNS) - 1)}"]
        return "\n".join([*lines, *(self._row(profile, server) for server in self.ranking(profile))])

    def absent(self, profile: str) -> str:
        """Who has no figure in a profile, and why."""
        lines = []
        for (name, server), figures in self.figures.items():
            reasons = [each for each in figures if isinstance(each, str)]
            if name == profile and reasons:
                rounds = "" if len(reasons) == len(figures) else f" in {len(reasons)} of {len(figures)} rounds"
                lines.append(f"- {server}: no figure{rounds}: {reasons[0]}")
        return "\n".join(lines)

    def behind(self) -> list[str]:
        """For each profile, who among the peers is before fastresp, in what, and how far."""
        lines = []
        for profile in self.profiles():
            said = []
            for figure, name, best in BETTER:
                mine = self.median(profile.name, NATIVE, figure)
                others = {peer: value for peer in PEERS if (value := self.median(profile.name, peer, figure))}
                if not mine or not others:
                    continue
                others_took = disturbance(self.median, profile.name, figure, (NATIVE, *others))
                if others_took > DISTURBED:
                    said.append(f"{name}: not compared, for other jobs took up to {others_took:.0%} of a core")
                    continue
                first = best(others, key=lambda peer, others=others: others[peer])
                ahead = [peer for peer in others if others[peer] != mine and best(others[peer], mine) != mine]
                if ahead:
                    more = f" and {len(ahead) - 1} more" if len(ahead) > 1 else ""
                    said.append(f"{name}: {first}{more} (fastresp has {mine / others[first]:.2f} times the best)")
            if said:
                lines.append(f"{profile.name}: {'; '.join(said)}")
        return lines

    def _row(self, profile: str, server: Server) -> str:
        good = self.good(profile, server.name)
        base = self.good(profile, NATIVE)
        rate, cpu = _median(good, "requests_per_second"), _median(good, "cpu")
        costs = [figure.cpu for figure in good]
        mark = {"floor": "*", "fastresp": "**", "peer": ""}[server.kind]
        cells = (
            f"{mark}{server.name}{mark}",
            f"{cpu:,.2f}",
            f"{cpu / _median(base, 'cpu'):.2f}" if base else "-",
            f"{min(costs):,.2f} - {max(costs):,.2f}",
            f"{rate:,.0f}",
            f"{rate / _median(base, 'requests_per_second'):.2f}" if base else "-",
            f"{_median(good, 'p99'):.2f}",
            f"{_median(good, 'memory') / 2**20:.1f}",
            f"{_median(good, 'server_core'):.0%} + {_median(good, 'server_others'):.0%}",
            f"{_median(good, 'client_core'):.0%} + {_median(good, 'client_others'):.0%}",
            f"{sum(figure.errors for figure in good)}",
        )
        return f"| {' | '.join(cells)} |"


def _median(figures: list[Figure], name: str) -> float:
    return float(median(getattr(figure, name) for figure in figures))


def _as_json(figure: Figure | str) -> dict[str, object]:
    return {"failed": figure} if isinstance(figure, str) else figure._asdict()
