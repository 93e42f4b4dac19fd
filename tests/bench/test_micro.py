"""The cases of bench/micro do what they say, and its two commands run. How fast anything is, is no matter here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import ROOT
from bench.micro import cases, rivals, twins
from bench.micro.cases import ANSWERS, CODECS, HANDLERS, PARSER, Case

BOTH = [twins.PURE, twins.COMPILED]


class Recorder(twins.NullTransport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""

    def write(self, data: bytes) -> None:
        super().write(data)
        self.data += data


@pytest.fixture(params=BOTH, ids=[each.name for each in BOTH])
def measured(request: pytest.FixtureRequest) -> twins.Twin:
    twin: twins.Twin = request.param
    if reason := twins.missing(twin):
        pytest.skip(reason)
    return twin


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("case", CODECS, ids=lambda case: case.name)
def test_codecs_give_the_bytes_of_the_pure_twin(case: Case, measured: twins.Twin) -> None:
    function, arguments = case.prepare(measured)
    expected_function, expected_arguments = case.prepare(twins.PURE)
    assert function(*arguments) == expected_function(*expected_arguments)


@pytest.mark.parametrize("case", PARSER, ids=lambda case: case.name)
def test_the_parser_finds_all_requests_again_and_again(case: Case, measured: twins.Twin) -> None:
    function, arguments = case.prepare(measured)
    requests = arguments[1].count(b" HTTP/1.1\r\n")
    assert [function(*arguments), function(*arguments)] == [requests, requests]


@pytest.mark.parametrize("name", HANDLERS)
def test_answers_are_complete_and_leave_in_one_write(name: str, measured: twins.Twin) -> None:
    data, handler = HANDLERS[name]
    transport = Recorder()
    connection = twins.connect(measured, handler, transport)
    connection.data_received(data)
    assert transport.data.count(b"HTTP/1.1 200 OK\r\n") == data.count(b"GET ")
    assert transport.data.endswith((cases.BODY, b"0\r\n\r\n", b"}", b"55", cases.KIBIBYTE))
    assert transport.writes == 1
    connection.data_received(data)
    assert transport.writes == 2


def test_every_answer_is_measured() -> None:
    assert [case.name for case in ANSWERS] == list(HANDLERS)


@pytest.mark.skipif(bool(twins.missing(twins.COMPILED)), reason="fastresp's own writer races compiled")
def test_rivals_make_the_same_head() -> None:
    heads = {name: function(*arguments) for name, (function, arguments) in rivals.present()}
    assert {"fastresp, pairs of str", "aiohttp, CIMultiDict, compiled", "h11, Response"} <= set(heads)
    assert len({head.lower() for head in heads.values()}) == 1


def test_pytest_runs_the_benchmarks() -> None:
    result = run("-m", "pytest", "bench/micro", "--benchmark-disable", "-p", "no:cacheprovider")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "failed" not in result.stdout


def test_ratios_are_a_table(tmp_path: Path) -> None:
    result = run("-m", "bench.micro.ratios", "--rounds", "2", "--round-time", "0.0001", "--output", str(tmp_path))
    if reason := twins.missing(twins.COMPILED):
        assert (result.returncode, result.stderr) == (1, f"there is nothing to compare: {reason}\n")
        return
    assert result.returncode == 0, result.stderr
    for case in cases.CASES:
        assert f"\n| {case.name} | " in result.stdout
    assert (tmp_path / "micro.md").read_text() == result.stdout
    assert len(json.loads((tmp_path / "micro.json").read_text())["ratios"]) == len(cases.CASES)


def test_ratios_of_the_pure_twin_alone_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "FASTRESP_NO_EXTENSIONS", "1")
    result = run("-m", "bench.micro.ratios")
    assert result.returncode == 1
    assert result.stderr == "there is nothing to compare: FASTRESP_NO_EXTENSIONS is set: only the pure twin runs\n"
