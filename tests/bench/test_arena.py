"""The arena measures what it says: its servers answer rightly, wrong answers are found out, and its command runs."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench import ROOT
from bench.arena import load, report
from bench.arena.__main__ import present
from bench.arena.check import check, read_answer
from bench.arena.measure import Figure
from bench.arena.process import Failed, serving
from bench.arena.profiles import PROFILES, Answer, Profile, get
from bench.arena.servers import FLOOR, SERVERS, Server, app

CORE = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
FIGURE = Figure(
    requests_per_second=1000.0,
    cpu=10.0,
    p99=1.5,
    memory=2**20,
    errors=0,
    server_core=0.5,
    server_others=0.25,
    client_core=0.75,
    client_others=0.125,
    requests=5000,
)

needs_the_programs = pytest.mark.skipif(bool(load.missing()), reason=load.missing())


def arena(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench.arena", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def runnable(name: str) -> Server:
    server = SERVERS[name]
    if reason := server.missing():
        pytest.skip(f"{name} needs {reason}")
    return server


@needs_the_programs
@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("name", SERVERS)
def test_every_server_answers_every_profile_rightly(name: str, profile: Profile) -> None:
    with serving(runnable(name), profile, CORE) as process:
        check(profile, process)
        assert process.cpu() > 0
        assert process.peak_memory() > 2**20
        assert process.popen.poll() is None
    assert process.popen.poll() is not None


@needs_the_programs
def test_the_floor_sends_what_fastresp_sends() -> None:
    runnable(FLOOR)
    assert _answer(FLOOR) == _answer("fastresp")


def _answer(name: str) -> list[bytes]:
    profile = PROFILES["plaintext"]
    with (
        serving(SERVERS[name], profile, CORE) as process,
        socket.create_connection(("127.0.0.1", process.port), 5) as sock,
        sock.makefile("rb") as stream,
    ):
        sock.sendall(profile.batches[0].requests)
        lines = [stream.readline() for _ in range(5)]
        assert lines[3].startswith(b"date: ")
        return [*lines[:3], lines[4], stream.read(13)]


@needs_the_programs
def test_a_wrong_answer_has_no_figure() -> None:
    wrong = Profile("wrong", "", 1, (get("/", b"Hello, Moon!!"),))
    with serving(SERVERS["fastresp"], wrong, CORE) as process, pytest.raises(Failed) as failure:
        check(wrong, process)
    assert str(failure.value) == (
        "it answers wrongly: 200 text/plain b'Hello, World!' instead of 200 text/plain b'Hello, Moon!!'"
    )


@needs_the_programs
def test_a_server_that_does_not_start_says_why() -> None:
    broken = Server("broken", "", app("nowhere.py"))
    with (
        pytest.raises(Failed, match=r"it ended with status 2: .*nowhere\.py"),
        serving(broken, PROFILES["plaintext"], CORE),
    ):
        pass


def test_who_lacks_something_is_skipped_and_named() -> None:
    ghost = Server("ghost", "", app("native.py"), modules=("no_such_module",), programs=("no-such-program",))
    assert present([ghost, SERVERS["fastresp"]]) == (
        [SERVERS["fastresp"]],
        ["skipped: ghost needs the Python package no_such_module and the program no-such-program"],
    )


def test_without_wrk_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = arena()
    assert result.returncode == 1
    assert result.stderr == "the arena needs wrk and taskset (on Debian: apt-get install wrk util-linux)\n"


def test_an_unknown_server_is_refused() -> None:
    result = arena("--servers", "fastresp,nobody")
    assert result.returncode == 2
    assert "there is no nobody; there are raw-uvloop, fastresp," in result.stderr


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\r\n",
            b"",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n"
            b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\nn: v\r\n\r\n",
            b"abc",
        ),
    ],
)
def test_answers_are_read(data: bytes, answer: bytes) -> None:
    stream = io.BytesIO(data + b"next")
    assert read_answer(stream) == Answer(200, "text/plain", answer)
    assert stream.read() == b"next"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no status line"),
        (b"HTTP/1.0 200 OK\r\n", "no status line"),
        (b"HTTP/1.1 200 OK\r\na: b", "the head is not complete"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "does not tell its length"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab", "the body is not complete"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc", "a chunk does not end"),
    ],
)
def test_what_is_no_answer_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_answer(io.BytesIO(data))


def test_the_figures_of_wrk_are_read() -> None:
    figures = {"requests": 10, "microseconds": 2000000, "p99": 1500, "errors": {"read": 1}}
    assert load.read_figures(f"Running\n\nFIGURES {json.dumps(figures)}\n", "") == load.Load(10, 2.0, 1.5, {"read": 1})
    with pytest.raises(Failed, match=r"wrk failed: unable to connect"):
        load.read_figures("", "unable to connect\n")


def test_the_table_has_medians_and_ratios_against_the_floor() -> None:
    profile = PROFILES["plaintext"]
    rounds: dict[tuple[str, str], list[Figure | str]] = {
        ("plaintext", FLOOR): [FIGURE, FIGURE, FIGURE],
        ("plaintext", "fastresp"): [FIGURE._replace(requests_per_second=900.0, cpu=cpu) for cpu in (11.0, 12.0, 20.0)],
        ("plaintext", "uvicorn"): ["it did not listen"],
    }
    servers = [SERVERS[name] for name in ("fastresp", FLOOR, "uvicorn")]
    assert report.table(profile, servers, rounds).splitlines()[2:] == [
        "| raw-uvloop | 1,000 | 1.00 | 10.00 | 1.00 | 10.00 - 10.00 | 1.50 | 1.0 | 50% + 25% | 75% + 12% | 0 |",
        "| fastresp | 900 | 0.90 | 12.00 | 1.20 | 11.00 - 20.00 | 1.50 | 1.0 | 50% + 25% | 75% + 12% | 0 |",
        "",
        "uvicorn has no figure in 1 of the rounds: it did not listen",
    ]
    sentence = "- plaintext: the requests per second of fastresp are 0.90 times those of raw-uvloop (at least 0.85): "
    assert report.targets(rounds) == sentence + "not judged, for other jobs took up to 25% of a core"
    alone = {
        key: [each._replace(server_others=0.0, client_others=0.01) for each in figures if isinstance(each, Figure)]
        for key, figures in rounds.items()
    }
    assert report.targets(alone) == sentence + "reached"
    assert report.raw(rounds)[-1] == {
        "profile": "plaintext",
        "server": "uvicorn",
        "round": 1,
        "failed": "it did not listen",
    }


@needs_the_programs
@pytest.mark.skipif(os.cpu_count() == 1, reason="the arena needs two cores")
def test_the_command_measures_and_reports(tmp_path: Path) -> None:
    runnable(FLOOR)
    result = arena(
        *("--seconds", "1", "--warm-up", "0", "--rounds", "1", "--connections", "4"),
        *("--servers", f"{FLOOR},fastresp", "--profiles", "pipelined", "--output", str(tmp_path)),
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "arena.md").read_text() == result.stdout
    assert "**pipelined**: 16 x `GET /pipeline` back to back; each answer is `ok`; 4 connections" in result.stdout
    measurements = json.loads((tmp_path / "arena.json").read_text())["measurements"]
    assert [(each["server"], each["errors"]) for each in measurements] == [(FLOOR, 0), ("fastresp", 0)]
    assert all(each["requests_per_second"] > 0 and each["cpu"] > 0 and each["p99"] > 0 for each in measurements)
