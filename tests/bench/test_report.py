"""What the arena makes of figures, here made up: tables, targets, plots, and their place in the README."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from bench.arena import publish, targets
from bench.arena.measure import Figure, Settings, Stage
from bench.arena.plot import Bar, bars
from bench.arena.profiles import PROFILES
from bench.arena.report import Report
from bench.arena.servers import FLOOR, NATIVE

SETTINGS = Settings(5, 1, 3, 0, 0, 1)
STEADY = Stage(
    requests=3000,
    requests_per_second=500.0,
    cpu=20.0,
    p50=0.25,
    p99=0.5,
    errors=0,
    server_core=0.1,
    server_others=0.01,
    client_core=0.2,
    client_others=0.02,
)
FIGURE = Figure(
    requests=5000,
    requests_per_second=1000.0,
    cpu=10.0,
    p50=0.75,
    p99=1.5,
    errors=0,
    server_core=0.5,
    server_others=0.25,
    client_core=0.75,
    client_others=0.125,
    memory=3 * 2**20,
    idle=2**20,
    connections=8,
    steady=STEADY,
)
FACTS = {
    "date": "2026-01-01 00:00 UTC",
    "cpu": "a processor",
    "cores": 2,
    "kernel": "Linux 6",
    "python": "CPython 3.11",
    "fastresp": "0.1.0 (compiled)",
    "load_average": [0.1, 0.2, 0.3],
    "packages": {"uvloop": "0.23.0"},
}


def made_up() -> Report:
    """Three rounds of plaintext, and one of upload, which has no stage of equal load."""
    alone = replace(FIGURE, server_others=0.0, client_others=0.0, steady=None)
    figures: dict[tuple[str, str], list[Figure | str]] = {
        ("plaintext", FLOOR): [replace(FIGURE, cpu=8.0)] * 3,
        ("plaintext", NATIVE): [
            replace(FIGURE, requests_per_second=900.0, cpu=cpu, steady=replace(STEADY, p99=p99))
            for cpu, p99 in ((11.0, 0.4), (12.0, 0.3), (20.0, 0.45))
        ],
        ("plaintext", "uvicorn"): [
            replace(FIGURE, cpu=30.0, steady=replace(STEADY, requests_per_second=470.0, p99=0.1))
        ]
        * 3,
        ("plaintext", "fastpysgi-wsgi"): [FIGURE, "wrk failed", FIGURE],
        ("plaintext", "robyn"): ["it answers <wrongly>"],
        ("upload", NATIVE): [replace(alone, memory=25 * 2**20)],
        ("upload", "uvicorn"): [replace(alone, cpu=20.0, p99=3.0)],
    }
    return Report(FACTS, SETTINGS, 3, ["skipped: x needs y"], figures)


def at_equal_load(profile: str, **rounds: list[Stage]) -> Report:
    """A report of servers that differ in that stage alone."""
    figures: dict[tuple[str, str], list[Figure | str]] = {
        (profile, name.replace("_", "-")): [replace(FIGURE, steady=stage) for stage in stages]
        for name, stages in rounds.items()
    }
    return Report(FACTS, SETTINGS, 2, [], figures)


def p99s(*values: float) -> list[Stage]:
    return [replace(STEADY, p99=value) for value in values]


def latency_verdicts(report: Report) -> list[tuple[str, str, str]]:
    return [
        (each.what, each.measured, each.verdict)
        for each in targets.judge(report.values)
        if each.what.startswith("p99 at equal load")
    ]


def test_a_table_has_medians_and_ratios_to_fastresp() -> None:
    result = made_up()
    rest = "1.50 | 3.0 | 50% + 25% | 75% + 12% | 0"
    assert result.table("plaintext").splitlines()[2:] == [
        f"| *raw-uvloop* | 8.00 | 0.67 | 8.00 - 8.00 | 1,000 | 1.11 | {rest} "
        "| 500 | 0.25 | 0.50 (0.50 - 0.50) | 10% + 2% |",
        f"| fastpysgi-wsgi | 10.00 | 0.83 | 10.00 - 10.00 | 1,000 | 1.11 | {rest} "
        "| 500 | 0.25 | 0.50 (0.50 - 0.50) | 10% + 2% |",
        f"| **fastresp** | 12.00 | 1.00 | 11.00 - 20.00 | 900 | 1.00 | {rest} "
        "| 500 | 0.25 | 0.40 (0.30 - 0.45) | 10% + 2% |",
        f"| uvicorn | 30.00 | 2.50 | 30.00 - 30.00 | 1,000 | 1.11 | {rest} | 470 | - | - | 10% + 2% |",
    ]
    assert result.absent("plaintext").splitlines() == [
        "- fastpysgi-wsgi: no figure in 1 of 3 rounds: wrk failed",
        "- robyn: no figure: it answers <wrongly>",
        "- uvicorn: no latency at equal load: 470 requests/s, of 500",
    ]


def test_a_table_without_equal_load_says_nothing_of_it() -> None:
    result = made_up()
    assert result.table("upload").splitlines()[0].endswith("| wrk's core | errors |")
    assert "equal load" not in result.heading(PROFILES["upload"])
    assert result.heading(PROFILES["plaintext"]).endswith("which wait 10 ms, on average, before they ask at equal load")


def test_a_report_says_where_fastresp_is_not_first() -> None:
    assert made_up().behind() == [
        "plaintext: CPU a request: fastpysgi-wsgi (fastresp has 1.20 times the best); requests/s: not compared, for "
        "other jobs took up to 25% of a core",
        "upload: peak memory: uvicorn (fastresp has 8.33 times the best)",
    ]


def test_targets_are_judged() -> None:
    verdicts = {(each.profile, each.what): each[2:] for each in targets.judge(made_up().values)}
    assert verdicts == {
        ("plaintext", "CPU a request, over raw-uvloop"): ("1.50", "at most 1.08", "**no**"),
        ("plaintext", "CPU a request, over fastpysgi-wsgi"): ("1.20", "at most 0.7", "**no**"),
        ("plaintext", "CPU a request, over uvicorn"): ("0.40", "at most 0.33", "**no**"),
        ("plaintext", "peak memory, over uvicorn"): ("1.00", "at most 1", "yes"),
        ("plaintext", "p99 at equal load, over the best peer, fastpysgi-wsgi"): ("0.80", "at most 1", "yes"),
        ("upload", "CPU a request, over the best peer, uvicorn"): ("0.50", "at most 0.8", "yes"),
        ("upload", "MiB above idle for each upload"): ("3.00", "at most 2", "**no**"),
        ("upload", "peak memory, over uvicorn"): ("8.33", "at most 1", "**no**"),
    }


@pytest.mark.parametrize(
    ("mine", "theirs", "measured", "verdict"),
    [
        ((0.4, 0.4), (0.5, 0.5), "0.80", "yes"),
        ((0.5, 0.5), (0.4, 0.4), "1.25", "**no**"),
        ((0.5,), (0.5,), "1.00", "yes"),
        ((0.4, 0.6), (0.4, 0.5), "1.11", "**no** (within the rounds' spread)"),
        ((0.4, 0.5), (0.4, 0.6), "0.90", "yes (within the rounds' spread)"),
        ((0.1, 0.9), (0.4, 0.4), "1.25", "**no**"),  # that one of the two is unsteady is no excuse
    ],
)
def test_latencies_are_judged_at_equal_load(
    mine: tuple[float, ...], theirs: tuple[float, ...], measured: str, verdict: str
) -> None:
    report = at_equal_load("json", fastresp=p99s(*mine), uvicorn=p99s(*theirs))
    assert latency_verdicts(report) == [("p99 at equal load, over the best peer, uvicorn", measured, verdict)]


def test_who_has_errors_at_equal_load_is_no_measure_of_it() -> None:
    broken = [replace(STEADY, requests_per_second=9000.0, p99=0.1, errors=2)]
    report = at_equal_load("json", fastresp=p99s(0.4), uvicorn=p99s(0.5), socketify=broken)
    assert report.absent("json") == "- socketify: no latency at equal load: 2 errors"
    assert latency_verdicts(report) == [("p99 at equal load, over the best peer, uvicorn", "0.80", "yes")]


@pytest.mark.parametrize(
    ("others", "verdict"),
    [(0.0, "**no**: it did not carry that load"), (0.5, "not judged: other jobs took up to 50% of a core")],
)
def test_who_does_not_keep_up_has_not_reached_the_target(others: float, verdict: str) -> None:
    late = [replace(STEADY, requests_per_second=400.0, client_others=others)]
    report = at_equal_load("json", fastresp=late, uvicorn=p99s(0.5))
    assert latency_verdicts(report) == [("p99 at equal load, over the best peer", "-", verdict)]


def test_files_from_disk_are_compared_with_files_from_disk() -> None:
    report = at_equal_load(
        "static", fastresp=p99s(0.4), fastresp_memory=p99s(0.2), granian_rsgi=p99s(0.5), uvicorn=p99s(0.1)
    )
    assert latency_verdicts(report) == [
        ("p99 at equal load, over the best peer, files from disk, granian-rsgi", "0.80", "yes"),
        ("p99 at equal load of fastresp-memory, over the best peer, files from memory, uvicorn", "2.00", "**no**"),
    ]
    assert [line for line in report.behind() if "p99" in line] == [
        "static, fastresp-memory: requests/s: not compared, for other jobs took up to 25% of a core; "
        "p99 at equal load: uvicorn (fastresp-memory has 2.00 times the best)"
    ]
    assert "; files from disk: fastresp, granian-rsgi; files from memory: fastresp-memory, uvicorn" in report.text()


def test_one_figure_is_compared_with_that_of_another_profile() -> None:
    values = {"plaintext-4096": [6.0], "plaintext-64": [5.0]}
    (verdict,) = targets.judge(lambda profile, server, figure: values.get(profile, []) if server == NATIVE else [])
    assert verdict == (
        "plaintext-4096",
        "CPU a request, over that in plaintext-64",
        "1.20",
        "at most 1.25",
        "yes",
    )


def test_a_report_survives_json() -> None:
    document = json.loads(json.dumps(made_up().as_json()))
    assert document["measurements"][-3]["failed"] == "it answers <wrongly>"
    assert Report.from_json(document) == made_up()


def test_a_plot_is_well_formed_and_to_scale() -> None:
    svg = ElementTree.fromstring(bars("a <title>", "a & note", [Bar("x", 1, "fastresp"), Bar('"y"', 2000.4, "peer")]))
    space = "{http://www.w3.org/2000/svg}"
    assert [each.text for each in svg.iter(f"{space}text")] == ["a <title>", "a & note", "x", "1", '"y"', "2,000"]
    widths = [float(each.attrib["width"]) for each in svg.iter(f"{space}rect")]
    assert widths == [1.0, 490.0]
    assert "prefers-color-scheme: dark" in (svg.findtext(f"{space}style") or "")


def test_a_report_is_published_between_the_marks(tmp_path: Path) -> None:
    readme, front = tmp_path / "README.md", tmp_path / "front.md"
    for page in (readme, front):
        page.write_text(f"before\n{publish.BEGIN}\nold\n{publish.END}\nafter\n")
    for _ in range(2):
        publish.publish(made_up(), readme, front)
    assert front.read_text().splitlines()[7:] == [
        "| plaintext | 12 | 10 (fastpysgi-wsgi) | 1.20 | 30 |",
        "| upload | 10 | 20 (uvicorn) | 0.50 | 20 |",
        "",
        publish.END,
        "after",
    ]
    content = readme.read_text()
    assert content.startswith(f"before\n{publish.BEGIN}\n\n2026-01-01 00:00 UTC; a processor, 2 cores;")
    assert content.endswith(f"\n\n{publish.END}\nafter\n")
    assert "old" not in content
    assert content.count("![CPU a request in plaintext](plots/plaintext.svg)") == 1
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["plaintext.svg", "upload.svg"]
    readme.write_text("no marks")
    with pytest.raises(ValueError, match="has no place for the report"):
        publish.publish(made_up(), readme, front)


@pytest.mark.parametrize("page", [publish.README, publish.FRONT])
def test_the_readmes_have_a_place_for_the_report(page: Path) -> None:
    content = page.read_text()
    assert content.count(publish.BEGIN) == content.count(publish.END) == 1
    assert content.index(publish.BEGIN) < content.index(publish.END)
