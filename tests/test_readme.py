"""The README keeps its word: each of its Python snippets runs, and serves what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import fastresp
from fastresp import Server

README = Path(__file__).parents[1] / "README.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
SERVING = [snippet for snippet in SNIPPETS if "run(handle" in snippet]
PLAIN = [snippet for snippet in SNIPPETS if "run(handle" not in snippet]


def answers(snippet: str, path: Path, *targets: str, body: bytes | None = None) -> list[tuple[int, bytes]]:
    """Runs a snippet as the program it is, up to its run(), and asks its handler for each target."""
    path.write_text(snippet, encoding="utf-8")
    names = {"__name__": "app", "__file__": str(path)}
    exec(compile(snippet, str(path), "exec"), names)  # noqa: S102
    found = []
    with (
        Server(names["handle"]).background(host="127.0.0.1", port=0) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client,
    ):
        for target in targets:
            answer = client.request("GET" if body is None else "POST", target, content=body)
            found.append((answer.status_code, answer.content))
    return found


def test_there_are_snippets_of_both_kinds() -> None:
    assert len(SERVING) == 4
    assert len(PLAIN) == 2


def test_first_answer(tmp_path: Path) -> None:
    found = answers(SERVING[0], tmp_path / "app.py", "/", "/x")
    assert found == [(200, b"Hello, World!"), (404, b'{"error":"nothing here","path":"/x"}')]


def test_streamed_body(tmp_path: Path) -> None:
    assert answers(SERVING[1], tmp_path / "app.py", "/", body=b"x" * 300_000) == [(200, b"300000 bytes\n")]


def test_late_answer(tmp_path: Path) -> None:
    assert answers(SERVING[2], tmp_path / "app.py", "/") == [(200, b"late, but whole\n")]


def test_calls(tmp_path: Path) -> None:
    targets = ("/", "/source", "/ticks", "/sum", "/hints", "/nothing")
    assert answers(SERVING[3], tmp_path / "app.py", *targets) == [
        (200, b"Hello!\n"),
        (200, SERVING[3].encode()),
        (200, b"tick 0\ntick 1\ntick 2\n"),
        (200, b"one\ntwo\nthree\n"),
        (200, b"<link rel=stylesheet href=/style.css>"),
        (404, b""),
    ]


@pytest.mark.parametrize("snippet", PLAIN, ids=["background", "codecs"])
def test_other_snippets(snippet: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(snippet, "README.md", "exec"), {"__name__": "snippet"})  # noqa: S102
    printed = capsys.readouterr().out
    if "print" in snippet:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\n", printed)


def test_both_ways_to_serve_the_first_snippet(tmp_path: Path) -> None:
    snippet = SERVING[0].replace("port=8000", "port=0, on_start=lambda server: print(server.urls[0], flush=True)")
    (tmp_path / "app.py").write_text(snippet, encoding="utf-8")
    program = Path(sys.executable).with_name("fastresp")
    for command in ([sys.executable, "app.py"], [str(program), "app:handle", "--port", "0"]):
        environment = {**os.environ, "PYTHONPATH": str(Path(fastresp.__file__).parents[1])}
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            try:
                found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
                assert found is not None
                assert httpx.get(f"http://127.0.0.1:{found[1]}/").content == b"Hello, World!"
            finally:
                process.terminate()
            process.stdout.read()
            assert process.wait(10) == 0


def test_the_table_of_limits_is_complete_and_right() -> None:
    text = README.read_text(encoding="utf-8")
    for name in (
        "max_url_size",
        "max_header_field_size",
        "max_header_size",
        "max_body_size",
        "max_header_count",
    ):
        assert f"`{name}`" in text
        assert str(getattr(fastresp.Config(), name)) in text
