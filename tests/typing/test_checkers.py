"""A program that uses fastresp, as mypy --strict and pyright's strict mode see it: what is right, and what is not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

import fastresp

PROGRAMS = Path(__file__).parent / "programs"
REFUSED = "  # refused"
PLACE = Path(fastresp.__file__).parents[1]

Errors = dict[str, dict[int, str]]
"""Of each program, by its name: the lines with errors, and what they are."""


def mypy(folder: Path) -> Errors:
    cache = folder / "cache"
    said = call("mypy", folder, "--strict", "--no-pretty", "--hide-error-context", f"--cache-dir={cache}", ".")
    errors: Errors = {}
    for line in said.splitlines():
        if found := re.match(r"(.+\.py):(\d+): error: (.*)", line):
            errors.setdefault(found[1], {}).setdefault(int(found[2]), found[3])
    assert re.search(r"^(Success|Found \d+ errors?)", said, re.MULTILINE), said
    assert "errors prevented further checking" not in said, said
    return errors


def pyright(folder: Path) -> Errors:
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    said = json.loads(call("pyright", folder, "--outputjson", "--pythonpath", sys.executable, "."))
    errors: Errors = {}
    for found in said["generalDiagnostics"]:
        line = found["range"]["start"]["line"] + 1
        errors.setdefault(Path(found["file"]).name, {}).setdefault(line, found["message"])
    assert said["summary"]["filesAnalyzed"] == len(list(PROGRAMS.iterdir()))
    return errors


def call(tool: str, folder: Path, *arguments: str) -> str:
    # to the checkers this is as good as site-packages: what lies there counts if it has its py.typed
    places = [str(PLACE), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, "-m", tool, *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        said, complaint = process.communicate(timeout=100)
    assert process.returncode in (0, 1), said + complaint
    return said


@pytest.fixture(params=[mypy, pyright], ids=["mypy", "pyright"], scope="module")
def errors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Errors:
    checker: Callable[[Path], Errors] = request.param
    if find_spec(checker.__name__) is None:
        pytest.skip(f"{checker.__name__} is not installed")
    folder = tmp_path_factory.mktemp("user")
    for program in PROGRAMS.glob("*.py"):
        shutil.copy(program, folder)
    return checker(folder)


@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.py")), ids=lambda program: program.stem)
def test_errors_are_where_they_belong(program: Path, errors: Errors) -> None:
    lines = program.read_text(encoding="utf-8").splitlines()
    expected = {number for number, line in enumerate(lines, 1) if line.endswith(REFUSED)}
    found = errors.get(program.name, {})
    assert {number: lines[number - 1] for number in expected - found.keys()} == {}, "accepted, but wrong"
    assert {number: found[number] for number in found.keys() - expected} == {}, "refused, but right"


def test_there_is_something_to_refuse() -> None:
    counts = {program.stem: program.read_text(encoding="utf-8").count(REFUSED) for program in PROGRAMS.glob("*.py")}
    assert counts.pop("everything") == 0
    assert all(count > 10 for count in counts.values())
