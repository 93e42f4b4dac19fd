"""The README keeps its word: each of its Python snippets runs, and serves what it says."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import fastresp
from fastresp import Server

README = Path(__file__).parents[1] / "README.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
SERVING = [snippet for snippet in SNIPPETS if "run(handle" in snippet]
NOT_ON_THE_MAP = {"__init__.py", "__main__.py", "chunks.py"}
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
    assert len(SERVING) == 6
    assert len(PLAIN) == 3


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


@pytest.mark.parametrize("snippet", PLAIN, ids=["background", "wsgi", "codecs"])
def test_other_snippets(snippet: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(snippet, "README.md", "exec"), {"__name__": "snippet"})  # noqa: S102
    printed = capsys.readouterr().out
    if "print" in snippet:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\n", printed)


@contextmanager
def program(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Runs a program until the end of the block, and sees it end well at SIGTERM."""
    environment = {**os.environ, "PYTHONPATH": str(Path(fastresp.__file__).parents[1])}
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield process
        finally:
            process.terminate()
        process.stdout.read()
        assert process.wait(10) == 0


def port_of(process: subprocess.Popen[str]) -> int:
    """The port that a program prints when it serves."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"://127\.0\.0\.1:(\d+)", line)
    assert found is not None, line
    return int(found[1])


def printing(snippet: str, port: str) -> str:
    """The snippet, listening at `port`, and printing where it does."""
    # in one write, also without a buffer: several processes may share the pipe
    tell = r"on_start=lambda server: print(server.urls[0] + '\\n', end='', flush=True)"
    changed = re.sub(r"port=\d+", f"port={port}, {tell}", snippet)
    assert changed != snippet
    return changed


def test_tls(tmp_path: Path) -> None:
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    subprocess.run([*make.split(), *names.split()], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "tls.py").write_text(printing(SERVING[4], "0"), encoding="utf-8")
    trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    with program([sys.executable, "tls.py"], tmp_path) as process:
        assert httpx.get(f"https://127.0.0.1:{port_of(process)}/", verify=trust).text == "https\n"


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="only where a port can be shared")
def test_several_processes(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        (tmp_path / "many.py").write_text(printing(SERVING[5], str(port)), encoding="utf-8")
        with program([sys.executable, "many.py"], tmp_path) as process:
            for _ in range(os.cpu_count() or 1):
                assert port_of(process) == port
            text = httpx.get(f"http://127.0.0.1:{port}/").text
    found = re.fullmatch(r"answered by process (\d+)\n", text)
    assert found is not None
    assert int(found[1]) != process.pid


def test_both_ways_to_serve_the_first_snippet(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(printing(SERVING[0], "0"), encoding="utf-8")
    installed = str(Path(sys.executable).with_name("fastresp"))
    for command in ([sys.executable, "app.py"], [installed, "app:handle", "--port", "0"]):
        with program(command, tmp_path) as process:
            assert httpx.get(f"http://127.0.0.1:{port_of(process)}/").content == b"Hello, World!"


def test_every_link_leads_somewhere() -> None:
    text = README.read_text(encoding="utf-8")
    headings = re.findall(r"^##+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        in_package = Path(fastresp.__file__).parents[1] / target  # where what is installed is tested
        is_there = (README.parent / target).exists() or (target.startswith("fastresp/") and in_package.exists())
        assert target[1:] in anchors if target.startswith("#") else is_there, target


def test_every_module_and_every_folder_of_tests_is_on_its_map() -> None:
    text = README.read_text(encoding="utf-8")
    root = README.parent
    code = text[text.index("### The code") : text.index("### One request")]
    tests = text[text.index("### The tests") :]
    modules = {path.name for path in Path(fastresp.__file__).parent.rglob("*.py")}
    assert modules - set(re.findall(r"\b\w+\.py\b", code)) <= NOT_ON_THE_MAP
    folders = {
        path.parent.relative_to(root).as_posix() for path in (root / "tests").glob("*/*") if path.suffix == ".py"
    }
    assert {folder for folder in folders if f"`{folder}`" not in tests} == set()


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
