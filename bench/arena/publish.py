"""Where a report goes: plots into a folder, and on request all of it into bench/README.md and bench/plots/."""

from __future__ import annotations

from pathlib import Path

from bench import ROOT
from bench.arena.plot import Bar, bars
from bench.arena.profiles import Profile
from bench.arena.report import Report

README = ROOT / "bench" / "README.md"
BEGIN = "<!-- arena: begin; `python -m bench.arena --publish` writes what is between these two lines -->"
END = "<!-- arena: end -->"


def plots(report: Report, folder: Path) -> None:
    """One chart for each profile: CPU microseconds a request, the least on top."""
    folder.mkdir(parents=True, exist_ok=True)
    for profile in report.profiles():
        rows = []
        for server in report.ranking(profile.name):
            cpu = report.median(profile.name, server.name, "cpu")
            assert cpu is not None  # for it is in the ranking
            rows.append(Bar(server.name, cpu, server.kind))
        if rows:
            note = "CPU microseconds a request, less is better; faint: floors, which are no servers"
            (folder / f"{profile.name}.svg").write_text(bars(profile.name, note, rows))


def publish(report: Report, readme: Path = README) -> None:
    """Puts the report between the two marks of the README, and the plots beside it. Raises ValueError without marks."""
    before, begin, rest = readme.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} has no place for the report: it needs the lines {BEGIN!r} and {END!r}")
    plots(report, readme.parent / "plots")
    readme.write_text(f"{before}{BEGIN}\n\n{report.text(_picture)}\n\n{END}{after}")


def _picture(profile: Profile) -> str:
    return f"![CPU a request in {profile.name}](plots/{profile.name}.svg)"
