"""What a run has found: medians of the rounds as Markdown tables, and all that was measured as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from statistics import median
from typing import Any

from bench import machine
from bench.arena.measure import Figure, Settings, Stage
from bench.arena.profiles import PROFILES, Profile
from bench.arena.servers import NATIVE, SERVERS, Server
from bench.arena.targets import (
    DISTURBED,
    FROM,
    P99,
    PEERS,
    WITHIN,
    WORDS,
    adapters,
    disturbance,
    judge,
    rivals,
    within_spread,
)

COLUMNS = (
    "server",
    "CPU us/request",
    "x {base}",
    "spread",
    "requests/s",
    "x {base}",
    "p99 ms",
    "peak MiB",
    "server core",
    "wrk's core",
    "errors",
)

STEADY = ("at equal load: requests/s", "p50 ms", "p99 ms", "server core")

BETTER: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("cpu", min),
    ("requests_per_second", max),
    (P99, min),
    ("memory", min),
)
"""Figures, and what is better."""

KEEPS_UP = 0.95
"""At equal load: the least share of the fastest server's requests with which another one's latencies are compared."""


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
                {"profile": profile, "server": server, "round": index}
                | ({"failed": figure} if isinstance(figure, str) else asdict(figure))
                for (profile, server), figures in self.figures.items()
                for index, figure in enumerate(figures, 1)
            ],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Report:
        figures: dict[tuple[str, str], list[Figure | str]] = {}
        for entry in document["measurements"]:
            figures.setdefault((entry["profile"], entry["server"]), []).append(_figure(entry))
        settings = Settings(**document["settings"])
        return cls(document["facts"], settings, document["rounds"], document["skipped"], figures)

    def has_figures(self) -> bool:
        return any(isinstance(figure, Figure) for figures in self.figures.values() for figure in figures)

    def good(self, profile: str, server: str) -> list[Figure]:
        return [figure for figure in self.figures.get((profile, server), ()) if isinstance(figure, Figure)]

    def failed(self, profile: str, server: str) -> bool:
        """Whether a server was asked in a profile and has no figure there."""
        return (profile, server) in self.figures and not self.good(profile, server)

    def base(self, profile: str) -> str:
        """Who has the ratio 1.00 in a profile's table: ours that runs what the others run."""
        return NATIVE if not PROFILES[profile].applications else adapters(profile)[0][0]

    def values(self, profile: str, server: str, figure: str) -> list[float]:
        """A figure of each round. There is no latency at equal load of a server that did not have that load."""
        stage, _, name = figure.rpartition(".")
        good = self.good(profile, server)
        if not stage:
            return [getattr(each, name) for each in good]
        if name in ("p50", "p99") and self.lags(profile, server):
            return []
        return [getattr(each.steady, name) for each in good if each.steady]

    def median(self, profile: str, server: str, figure: str) -> float | None:
        values = self.values(profile, server, figure)
        return float(median(values)) if values else None

    def lags(self, profile: str, server: str) -> str:
        """Why a server did not have the load of all others where it was to be equal, or ""."""
        if errors := sum(self.values(profile, server, "steady.errors")):
            return f"{errors:,} errors"
        rates = {
            name: rate
            for name in SERVERS
            if (rate := self.median(profile, name, "steady.requests_per_second"))
            and not any(self.values(profile, name, "steady.errors"))
        }
        fastest = max(rates.values(), default=0.0)
        mine = rates.get(server, 0.0)
        return f"{mine:,.0f} requests/s, of {fastest:,.0f}" if mine < KEEPS_UP * fastest else ""

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
        if verdicts := judge(self.values, self.failed, self.facts["python"]):
            parts.append("### Targets")
            lost = sum(verdict.verdict.startswith("**no**") for verdict in verdicts)
            parts.append(f"{lost} of {len(verdicts)} are lost")
            rows = ["| profile | figure | is | has to be | reached |", "|---|---|--:|--:|---|"]
            parts.append("\n".join([*rows, *(f"| {' | '.join(verdict)} |" for verdict in verdicts)]))
        if lines := self.behind():
            parts += ["### Where fastresp is not first", "\n".join(f"- {line}" for line in lines)]
        for profile in self.profiles():
            parts += [f"### {profile.name}", self.heading(profile)]
            parts += [each for each in (picture(profile), self.table(profile.name), self.absent(profile.name)) if each]
        return "\n\n".join(parts)

    def summary(self) -> str:
        """CPU a request against the best peer's: in the main profiles by our own API, then by the adapters."""
        lines = [
            f"{machine.sentence(self.facts)}",
            "",
            "| CPU us/request | fastresp | best other Python server | ratio | uvicorn |",
            "|---|--:|---|--:|--:|",
        ]
        for profile in self.profiles():
            for who, peers in rivals(profile.name) if not profile.servers else ():
                if cells := self._against_best(profile.name, who, peers):
                    what = profile.name + (f", files from {SERVERS[who].files}" if peers != PEERS else "")
                    uvicorn = self.median(profile.name, "uvicorn", "cpu") if "uvicorn" in peers else None
                    lines.append(f"| {' | '.join((what, *cells, _short(uvicorn) if uvicorn else '-'))} |")
        if applications := self._applications():
            lines += ["", "| applications: CPU us/request | fastresp | best other server of the kind | ratio |"]
            lines += ["|---|--:|---|--:|", *applications]
        return "\n".join(lines)

    def _applications(self) -> list[str]:
        """A row for each profile and adapter."""
        return [
            f"| {' | '.join((f'{profile.name}, {who}', *cells))} |"
            for profile in self.profiles()
            if not profile.servers
            for who, peers in adapters(profile.name)
            if (cells := self._against_best(profile.name, who, peers))
        ]

    def _against_best(self, profile: str, who: str, peers: Sequence[str]) -> tuple[str, ...]:
        """CPU a request of one of ours, of the best of these peers, and their ratio; () where one has no figure."""
        mine = self.median(profile, who, "cpu")
        others = {peer: cpu for peer in peers if (cpu := self.median(profile, peer, "cpu"))}
        if not mine or not others:
            return ()
        best = min(others, key=lambda peer: others[peer])
        return _short(mine), f"{_short(others[best])} ({best})", f"{mine / others[best]:.2f}"

    def sentence(self) -> str:
        settings = self.settings
        steady = f" and {settings.steady:g} s at equal load" if settings.steady else ""
        return (
            f"{machine.sentence(self.facts)}; medians of {self.rounds} interleaved rounds of {settings.seconds:g} s at "
            f"full load{steady}, after {settings.warm_up:g} s of warm-up; server on core {settings.server_core}, wrk "
            f"on core {settings.client_core}"
        )

    def heading(self, profile: Profile) -> str:
        """What is asked, and who has static files where."""
        text = f"{profile.text}; {self.settings.connections or profile.connections:,} connections"
        if self.is_steady(profile.name):
            text += f", which wait {profile.think} ms, on average, before they ask at equal load"
        if profile.name == "static":
            for kind in FROM:
                names = [server.name for server in self.ranking(profile.name) if server.files == kind]
                text += f"; files from {kind}: {', '.join(names) or '-'}"
        return text

    def is_steady(self, profile: str) -> bool:
        """Whether there was a stage of equal load."""
        return any(each.steady for server in self.ranking(profile) for each in self.good(profile, server.name))

    def table(self, profile: str) -> str:
        """The table of one profile: the least CPU first; floors in italics, fastresp in bold."""
        columns = [column.format(base=self.base(profile)) for column in COLUMNS]
        columns += STEADY if self.is_steady(profile) else ()
        lines = [f"| {' | '.join(columns)} |", f"|---|{'--:|' * (len(columns) - 1)}"]
        return "\n".join([*lines, *(self._row(profile, server) for server in self.ranking(profile))])

    def absent(self, profile: str) -> str:
        """Who has no figure in a profile, or none at equal load, and why."""
        lines = []
        for (name, server), figures in self.figures.items():
            reasons = [each for each in figures if isinstance(each, str)]
            if name == profile and reasons:
                rounds = "" if len(reasons) == len(figures) else f" in {len(reasons)} of {len(figures)} rounds"
                lines.append(f"- {server}: no figure{rounds}: {reasons[0]}")
        if self.is_steady(profile):
            late = {server.name: self.lags(profile, server.name) for server in self.ranking(profile)}
            lines += [f"- {name}: no latency at equal load: {reason}" for name, reason in late.items() if reason]
        return "\n".join(lines)

    def behind(self) -> list[str]:
        """For each profile, who among the peers is before fastresp, in what, and how far."""
        lines = []
        for profile in self.profiles():
            for who, peers in (*rivals(profile.name), *adapters(profile.name)):
                said = [
                    each for figure, best in BETTER if (each := self._behind(profile.name, who, peers, figure, best))
                ]
                if said:
                    lines.append(f"{profile.name}{'' if who == NATIVE else f', {who}'}: {'; '.join(said)}")
        return lines

    def _behind(self, profile: str, who: str, peers: tuple[str, ...], figure: str, best: Callable[..., Any]) -> str:
        mine = self.median(profile, who, figure)
        others = {peer: value for peer in peers if (value := self.median(profile, peer, figure))}
        if not mine or not others:
            return ""
        others_took = disturbance(self.values, profile, figure, (who, *others))
        if others_took > DISTURBED:
            return f"{WORDS[figure]}: not compared, for other jobs took up to {others_took:.0%} of a core"
        first = best(others, key=lambda peer: others[peer])
        ahead = [peer for peer in others if others[peer] != mine and best(others[peer], mine) != mine]
        if not ahead:
            return ""
        more = f" and {len(ahead) - 1} more" if len(ahead) > 1 else ""
        close = within_spread(self.values(profile, who, figure), self.values(profile, first, figure))
        how_far = f"{who} has {mine / others[first]:.2f} times the best{f', {WITHIN}' if close else ''}"
        return f"{WORDS[figure]}: {first}{more} ({how_far})"

    def _row(self, profile: str, server: Server) -> str:
        good = self.good(profile, server.name)
        base = self.good(profile, self.base(profile))
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
        steady = [figure.steady for figure in good if figure.steady]
        if steady:
            late = bool(self.lags(profile, server.name))
            others = median(max(stage.server_others, stage.client_others) for stage in steady)
            cells += (
                f"{_median(steady, 'requests_per_second'):,.0f}",
                "-" if late else f"{_median(steady, 'p50'):.2f}",
                "-" if late else f"{_median(steady, 'p99'):.2f}{_spread([stage.p99 for stage in steady])}",
                f"{_median(steady, 'server_core'):.0%} + {others:.0%}",
            )
        return f"| {' | '.join(cells)} |"


def _median(stages: Sequence[Stage], name: str) -> float:
    return float(median(getattr(stage, name) for stage in stages))


def _spread(values: Sequence[float]) -> str:
    return f" ({min(values):.2f} - {max(values):.2f})" if len(values) > 1 else ""


def _figure(entry: Mapping[str, Any]) -> Figure | str:
    """What `as_json` has made of a figure, or of the reason why there is none."""
    if "failed" in entry:
        return str(entry["failed"])
    found = {field.name: entry[field.name] for field in fields(Figure)}
    return Figure(**found | {"steady": Stage(**found["steady"]) if found["steady"] else None})


def _short(microseconds: float) -> str:
    return f"{microseconds:,.0f}" if microseconds >= 1000 else f"{microseconds:.3g}"
