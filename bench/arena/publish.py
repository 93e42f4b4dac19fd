"""Where a report goes: plots into a folder, and on request all of it into bench/README.md and bench/plots/, and the
least of it into README.md.
"""

from __future__ import annotations

from pathlib import Path

from bench import ROOT
from bench.arena.plot import Bar, bars
from bench.arena.profiles import Profile
from bench.arena.report import Report

README = ROOT / "bench" / "README.md"
FRONT = ROOT / "README.md"
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


def publish(report: Report, readme: Path = README, front: Path = FRONT) -> None:
    """Puts the report between the two marks of the one, with the plots beside it, and its summary between those of the
    other. Raises ValueError without marks.
    """
    _put(readme, report.text(_picture))
    _put(front, report.summary())
    plots(report, readme.parent / "plots")


def _put(page: Path, text: str) -> None:
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no place for the report: it needs the lines {BEGIN!r} and {END!r}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def _picture(profile: Profile) -> str:
    return f"![CPU a request in {profile.name}](plots/{profile.name}.svg)"
