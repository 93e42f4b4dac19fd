"""The targets fit the servers and the profiles, and those of applications are judged by the adapters' figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.arena import publish, targets
from bench.arena.measure import Figure, Settings, Stage
from bench.arena.profiles import PROFILES
from bench.arena.report import Report
from bench.arena.servers import ASGI, LOOP, SERVERS, WSGI
from bench.arena.targets import IN_THREADS, OF_ASGI, OF_WSGI, TARGETS, Target, Verdict

FACTS = {
    "date": "2026-01-01 00:00 UTC",
    "cpu": "a processor",
    "cores": 2,
    "kernel": "Linux 6",
    "python": "CPython 3.11.7",
    "fastresp": "0.1.0 (compiled)",
    "load_average": [0.1, 0.2, 0.3],
    "packages": {},
}


def figure(cpu: float, mebibytes: float = 30.0) -> Figure:
    """One that differs in its CPU time and its memory alone."""
    stage = Stage(1000, 500.0, cpu, 0.5, 1.0, 0, 0.5, 0.0, 0.5, 0.0)
    return Figure(**vars(stage), memory=int(mebibytes * 2**20), idle=2**20, connections=8)


def report(profile: str, python: str = "CPython 3.11.7", **servers: Figure | str) -> Report:
    figures: dict[tuple[str, str], list[Figure | str]] = {
        (profile, name.replace("_", "-")): [found, found] for name, found in servers.items()
    }
    return Report({**FACTS, "python": python}, Settings(5, 1, 0, 0, 0, 1), 2, [], figures)


def verdicts(made_up: Report) -> list[Verdict]:
    return targets.judge(made_up.values, made_up.failed, made_up.facts["python"])


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: f"{target.profile}-{target.who}-{target.figure}")
def test_a_target_is_of_figures_that_are_measured(target: Target) -> None:
    assert SERVERS[target.who].kind == "fastresp"
    assert SERVERS[target.who].takes_part(PROFILES[target.profile])
    assert target.figure in targets.WORDS
    stage, _, name = target.figure.rpartition(".")
    assert name in Stage.__dataclass_fields__ if stage else hasattr(figure(1.0), name)
    rivals = [name for name in target.against if SERVERS[name].takes_part(PROFILES[target.of or target.profile])]
    assert bool(rivals) == bool(target.against)


def test_no_target_is_said_twice() -> None:
    said = [target._replace(limit=0) for target in TARGETS]
    assert len(said) == len(set(said))


def test_adapters_are_compared_with_peers_of_their_interface() -> None:
    assert {"uvicorn", "granian-asgi", "hypercorn", "fastpysgi-asgi"} == {*OF_ASGI}
    assert {*IN_THREADS, "fastpysgi-wsgi"} == {*OF_WSGI}
    assert targets.adapters("plaintext") == ((ASGI, OF_ASGI), (WSGI, IN_THREADS), (LOOP, OF_WSGI))
    assert targets.adapters("static-large") == targets.adapters("plaintext")
    assert targets.adapters("fastapi-json") == ((ASGI, OF_ASGI),)
    assert targets.adapters("django-json") == ((WSGI, IN_THREADS), (LOOP, OF_WSGI))


def test_targets_of_applications_are_judged() -> None:
    found = verdicts(report("upload", fastresp_wsgi=figure(9, 81), fastresp_asgi=figure(4), granian_wsgi=figure(10)))
    assert found == [
        ("upload", "CPU a request of fastresp-wsgi, over granian-wsgi", "0.90", "at most 0.9", "yes"),
        ("upload", "MiB of peak memory of fastresp-wsgi", "81.00", "at most 80", "**no**"),
    ]
    found = verdicts(
        report(
            "flask-json",
            fastresp_wsgi=figure(9),
            fastresp_wsgi_loop=figure(8),
            gunicorn=figure(20),
            granian_wsgi=figure(11),
            fastpysgi_wsgi=figure(7.5),
        )
    )
    assert [(each.what, each.measured, each.verdict) for each in found] == [
        ("CPU a request of fastresp-wsgi, over the best WSGI peer in threads, granian-wsgi", "0.82", "yes"),
        ("CPU a request of fastresp-wsgi-loop, over the best WSGI peer, fastpysgi-wsgi", "1.07", "**no**"),
    ]


def test_a_target_of_who_answers_wrongly_is_lost() -> None:
    (verdict,) = verdicts(report("stream", fastresp_wsgi="it answers wrongly", granian_wsgi=figure(10)))
    assert verdict == (
        "stream",
        "CPU a request of fastresp-wsgi, over granian-wsgi",
        "-",
        "at most 0.5",
        "**no**: it has no figure there",
    )
    assert verdicts(report("stream", granian_wsgi=figure(10))) == []  # who is not measured loses nothing


@pytest.mark.parametrize(
    ("python", "wanted", "reached"),
    [
        ("CPython 3.11.7", "at most 1.5", "yes"),
        ("CPython 3.12.0", "at most 1.35", "**no**"),
        ("CPython 3.13.0rc1", "at most 1.35", "**no**"),
        ("CPython 3.14.2", "at most 1.35", "**no**"),
    ],
)
def test_coroutines_may_cost_less_where_tasks_are_eager(python: str, wanted: str, reached: str) -> None:
    (verdict,) = verdicts(report("plaintext", python, fastresp=figure(10), fastresp_async=figure(14)))
    assert verdict == ("plaintext", "CPU a request of fastresp-async, over fastresp", "1.40", wanted, reached)


def test_a_report_says_how_many_targets_are_lost_and_where_an_adapter_is_behind() -> None:
    made_up = report("stream-sized", fastresp_asgi=figure(20), uvicorn=figure(50), granian_asgi=figure(10))
    assert made_up.behind() == [
        "stream-sized, fastresp-asgi: CPU a request: granian-asgi (fastresp-asgi has 2.00 times the best)"
    ]
    text = made_up.text()
    assert "1 of 2 are lost" in text
    assert "CPU a request of fastresp-asgi, over granian-asgi | 2.00 | at most 0.5 | **no** |" in text
    assert "CPU a request of fastresp-asgi, over uvicorn | 0.40 | at most 0.5 | yes |" in text


def test_a_table_of_applications_has_ratios_to_the_adapter() -> None:
    made_up = report("fastapi-json", fastresp_asgi=figure(20), uvicorn=figure(50))
    head, _, ours, uvicorn = made_up.table("fastapi-json").splitlines()
    assert head.startswith("| server | CPU us/request | x fastresp-asgi | spread | requests/s | x fastresp-asgi |")
    assert ours.startswith("| **fastresp-asgi** | 20.00 | 1.00 |")
    assert uvicorn.startswith("| uvicorn | 50.00 | 2.50 |")


def test_the_front_page_shows_applications_by_themselves(tmp_path: Path) -> None:
    made_up = report("json", fastresp=figure(10), fastresp_asgi=figure(20), granian_asgi=figure(40), uvicorn=figure(50))
    readme, front = tmp_path / "README.md", tmp_path / "front.md"
    for page in (readme, front):
        page.write_text(f"{publish.BEGIN}\n{publish.END}\n")
    publish.publish(made_up, readme, front)
    assert front.read_text().splitlines()[4:-2] == [
        "| CPU us/request | fastresp | best other Python server | ratio | uvicorn |",
        "|---|--:|---|--:|--:|",
        "| json | 10 | 40 (granian-asgi) | 0.25 | 50 |",
        "",
        "| applications: CPU us/request | fastresp | best other server of the kind | ratio |",
        "|---|--:|---|--:|",
        "| json, fastresp-asgi | 20 | 40 (granian-asgi) | 0.50 |",
    ]
