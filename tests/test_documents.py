"""The documents keep their word: each Python snippet runs, and serves what it says; links and maps are complete."""

from __future__ import annotations

import dataclasses
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
from fastresp import Server, peers

ROOT = Path(__file__).parents[1]
PACKAGE = Path(fastresp.__file__).parent  # not the checkout's, where what is installed is tested


def page(name: str) -> str:
    """The text of a document, by its place in the project."""
    return place(name).read_text(encoding="utf-8")


def place(name: str) -> Path:
    return PACKAGE.parent / name if name.startswith("fastresp/") else ROOT / name


MANUAL = [f"fastresp/manual/{path.name}" for path in sorted((PACKAGE / "manual").glob("*.md"))]
OTHERS = [".github/CONTRIBUTING.md", ".github/SECURITY.md"]  # an sdist has none of what is hidden
PAGES = ["README.md", "fastresp/README.md", "fastresp/qt/README.md", "tests/README.md", "bench/README.md", *MANUAL]
PAGES += [name for name in OTHERS if place(name).exists()]

SNIPPETS = [
    (name, snippet)
    for name in PAGES
    for snippet in re.findall(r"^```python\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)
]
SERVING = [snippet for _, snippet in SNIPPETS if "run(handle" in snippet]
PLAIN = [(name, snippet) for name, snippet in SNIPPETS if "run(handle" not in snippet]
NOT_ON_THE_MAP = {"__init__.py", "__main__.py", "chunks.py"}


def serving(text: str) -> str:
    """The one snippet that serves, and has this in it."""
    (found,) = [snippet for snippet in SERVING if text in snippet]
    return found


FIRST = serving("nothing here")


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
    assert len(PLAIN) == 4


def test_the_start_page_is_short() -> None:
    assert len(page("README.md").encode()) <= 15_000


def test_first_answer(tmp_path: Path) -> None:
    found = answers(FIRST, tmp_path / "app.py", "/", "/x")
    assert found == [(200, b"Hello, World!"), (404, b'{"error":"nothing here","path":"/x"}')]


def test_streamed_body(tmp_path: Path) -> None:
    found = answers(serving("async for piece"), tmp_path / "app.py", "/", body=b"x" * 300_000)
    assert found == [(200, b"300000 bytes\n")]


def test_late_answer(tmp_path: Path) -> None:
    assert answers(serving("call_later"), tmp_path / "app.py", "/") == [(200, b"late, but whole\n")]


def test_calls(tmp_path: Path) -> None:
    snippet = serving("write_begin_chunked")
    targets = ("/", "/source", "/ticks", "/sum", "/hints", "/nothing")
    assert answers(snippet, tmp_path / "app.py", *targets) == [
        (200, b"Hello!\n"),
        (200, snippet.encode()),
        (200, b"tick 0\ntick 1\ntick 2\n"),
        (200, b"one\ntwo\nthree\n"),
        (200, b"<link rel=stylesheet href=/style.css>"),
        (404, b""),
    ]


@pytest.mark.parametrize(("name", "snippet"), PLAIN, ids=[name for name, _ in PLAIN])
def test_other_snippets(name: str, snippet: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(snippet, name, "exec"), {"__name__": "snippet"})  # noqa: S102
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
    (tmp_path / "tls.py").write_text(printing(serving("tls.py"), "0"), encoding="utf-8")
    trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    with program([sys.executable, "tls.py"], tmp_path) as process:
        assert httpx.get(f"https://127.0.0.1:{port_of(process)}/", verify=trust).text == "https\n"


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="only where a port can be shared")
def test_several_processes(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        (tmp_path / "many.py").write_text(printing(serving("many.py"), str(port)), encoding="utf-8")
        with program([sys.executable, "many.py"], tmp_path) as process:
            for _ in range(os.cpu_count() or 1):
                assert port_of(process) == port
            text = httpx.get(f"http://127.0.0.1:{port}/").text
    found = re.fullmatch(r"answered by process (\d+)\n", text)
    assert found is not None
    assert int(found[1]) != process.pid


def test_both_ways_to_serve_the_first_snippet(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(printing(FIRST, "0"), encoding="utf-8")
    installed = str(Path(sys.executable).with_name("fastresp"))
    for command in ([sys.executable, "app.py"], [installed, "app:handle", "--port", "0"]):
        with program(command, tmp_path) as process:
            assert httpx.get(f"http://127.0.0.1:{port_of(process)}/").content == b"Hello, World!"


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    text = page(name)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = os.path.normpath(Path(name).parent / path) if path else name
        assert place(linked).exists() or linked in OTHERS, target
        if anchor:
            headings = re.findall(r"^##+ (.+)$", page(linked), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_every_page_is_linked_from_the_first() -> None:
    linked = re.findall(r"\]\(([^)\s#]+)\)", page("README.md"))
    assert set(PAGES) - {"README.md"} <= set(linked)


def test_every_module_and_every_folder_of_tests_is_on_its_map() -> None:
    code = page("fastresp/README.md").partition("## One request")[0]
    modules = {path.name for path in PACKAGE.rglob("*.py")}
    assert modules - set(re.findall(r"\b\w+\.py\b", code)) <= NOT_ON_THE_MAP
    folders = {
        path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "tests").glob("*/*") if path.suffix == ".py"
    }
    assert {folder for folder in folders if f"`{folder}`" not in page("tests/README.md")} == set()


def test_the_table_of_limits_is_complete_and_right() -> None:
    text = page("fastresp/manual/limits.md")
    for field in dataclasses.fields(fastresp.Config):
        if field.name.startswith(("max_", "min_", "rate_")) or field.name.endswith("_timeout"):
            assert f"`{field.name}`" in text
    for name in ("max_url_size", "max_header_field_size", "max_header_size", "max_body_size", "max_header_count"):
        assert str(getattr(fastresp.Config(), name)) in text


def test_options_of_other_servers_are_unknown_here_or_the_same() -> None:
    """Each that the table of the start page names is answered with advice, unless it exists here, too."""
    table = page("README.md").partition("## Coming from another server")[2].partition("\n\nAn option")[0]
    rows = [row.split("|")[1:-1] for row in table.strip().splitlines()[2:]]
    assert len(rows) >= 10
    own = cli_options()
    for *theirs, ours in rows:
        assert set(re.findall(r"--[\w-]+", ours)) <= own
        for option in re.findall(r"`(--?[\w-]+)", " ".join(theirs)):
            assert option in own or peers.advice(option), option


def cli_options() -> set[str]:
    listing = subprocess.run([sys.executable, "-m", "fastresp", "--help"], capture_output=True, text=True, check=True)
    return set(re.findall(r"--[a-z][\w-]*", listing.stdout))
