"""The arena measures what it says: its servers answer rightly, wrong answers are found out, and its command runs."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import ROOT
from bench.arena import load, publish, targets
from bench.arena.__main__ import present, run
from bench.arena.check import check, read_answer
from bench.arena.measure import Figure, Settings
from bench.arena.plot import Bar, bars
from bench.arena.process import Failed, Wrong, serving
from bench.arena.profiles import PROFILES, Answer, Batch, Profile, get, request, text
from bench.arena.report import Report
from bench.arena.servers import FLOOR, NATIVE, SERVERS, Server, app

CORE = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
SETTINGS = Settings(5, 1, 0, 0, 1)
FIGURE = Figure(
    requests_per_second=1000.0,
    cpu=10.0,
    p99=1.5,
    memory=3 * 2**20,
    idle=2**20,
    connections=8,
    errors=0,
    server_core=0.5,
    server_others=0.25,
    client_core=0.75,
    client_others=0.125,
    requests=5000,
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

needs_wrk = pytest.mark.skipif(bool(load.missing()), reason=load.missing())
needs_taskset = pytest.mark.skipif(shutil.which("taskset") is None, reason="there is no taskset")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
# What one process of each server is asked, after it was started for the first of these profiles.
GETS = ["plaintext", "pipelined", "limited", "headers", "json", "static", "stream"]
APPLICATIONS = [
    (NATIVE, ["baseline", *GETS]),
    (NATIVE, ["upload"]),
    (NATIVE, ["json-tls"]),
    ("fastresp-async", ["baseline", *GETS]),
    ("fastresp-memory", ["static"]),
    ("fastresp-asgi", ["baseline", *GETS, "upload"]),
    ("fastresp-asgi", ["json-tls"]),
    ("fastresp-pure", ["baseline", *GETS]),
    ("uvicorn", ["baseline", *GETS, "upload"]),
    ("uvicorn", ["json-tls"]),
    ("granian-wsgi", ["baseline", *GETS, "upload"]),
    ("granian-rsgi", ["baseline", *GETS, "upload"]),
    *((floor, [profile]) for floor in (FLOOR, "epoll-c") for profile in ("plaintext", "pipelined", "stream")),
    ("nginx", ["pipelined", "headers", "static"]),
    ("nginx", ["limited"]),
]


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


@needs_taskset
@needs_openssl
@pytest.mark.parametrize(("name", "profiles"), APPLICATIONS)
def test_our_applications_answer_rightly(name: str, profiles: list[str]) -> None:
    with serving(runnable(name), PROFILES[profiles[0]], CORE) as process:
        for profile in profiles:
            check(PROFILES[profile], process)
        assert process.peak_memory() > 2**18
        assert process.popen.poll() is None
    assert process.popen.poll() is not None


@needs_taskset
def test_the_clock_of_a_server_runs() -> None:
    with serving(SERVERS[NATIVE], PROFILES["plaintext"], CORE) as process:
        assert process.cpu() > 0
        assert process.peak_memory() > 2**20


@needs_taskset
@pytest.mark.parametrize("floor", [FLOOR, "epoll-c"])
@pytest.mark.parametrize("profile", ["plaintext", "stream"])
def test_the_floors_send_what_fastresp_sends(floor: str, profile: str) -> None:
    runnable(floor)
    assert _answer(floor, PROFILES[profile]) == _answer(NATIVE, PROFILES[profile])


@needs_taskset
def test_the_floor_in_c_finds_a_request_that_comes_in_pieces() -> None:
    profile = PROFILES["pipelined"]
    data = profile.batches[0].requests
    with (
        serving(runnable("epoll-c"), profile, CORE) as process,
        socket.create_connection(("127.0.0.1", process.port), 5) as sock,
        sock.makefile("rb") as stream,
    ):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(data[:-2])
        assert [read_answer(stream) for _ in range(15)] == [text(b"ok")] * 15
        sock.sendall(data[-2:])
        assert read_answer(stream) == text(b"ok")


def _answer(name: str, profile: Profile) -> list[bytes]:
    with (
        serving(SERVERS[name], profile, CORE) as process,
        socket.create_connection(("127.0.0.1", process.port), 5) as sock,
        sock.makefile("rb") as stream,
    ):
        sock.sendall(profile.batches[0].requests)
        lines = [stream.readline() for _ in range(5)]
        assert lines[3].startswith(b"date: ")
        assert lines[4] == b"\r\n"
        length = lines[2].partition(b"content-length: ")[2]
        rest = stream.read(int(length)) if length else b"".join(iter(stream.readline, b"0\r\n")) + stream.readline()
        return [*lines[:3], rest]


JSON = Answer(200, "application/json", b'{"a": 1, "b": [2]}')
PLAIN = Answer(200, "text/css", b"p {}")


@pytest.mark.parametrize(
    ("expected", "answer", "met"),
    [
        (text(b"ok"), text(b"ok"), True),
        (text(b"ok"), text(b"no"), False),
        (text(b"ok"), text(b"ok")._replace(status=404), False),
        (text(b"ok"), text(b"ok")._replace(content_type="text/html"), False),
        (text(b"ok"), text(b"ok")._replace(chunks=1), True),
        (text(b"ok")._replace(chunks=2), text(b"ok")._replace(chunks=1), False),
        (JSON, JSON._replace(body=b'{"b":[2],"a":1}'), True),
        (JSON, JSON._replace(body=b'{"b":[2],"a":2}'), False),
        (PLAIN, PLAIN._replace(body=gzip.compress(b"p {}"), coding="gzip"), True),
        (PLAIN, PLAIN._replace(body=gzip.compress(b"p  {}"), coding="gzip"), False),
        (PLAIN, PLAIN._replace(body=b"as brotli", coding="br"), True),
        (PLAIN, PLAIN._replace(body=b"p {}", coding="br"), False),
    ],
)
def test_an_answer_is_met_by_what_says_the_same(expected: Answer, answer: Answer, met: bool) -> None:
    assert expected.is_met_by(answer, b"as brotli") is met


@contextmanager
def canned(*answers: bytes) -> Iterator[SimpleNamespace]:
    """A server that gives each connection the next of these answers for each of its reads, and then closes it."""

    def serve() -> None:
        for answer in answers:
            with listener.accept()[0] as sock:
                while sock.recv(65536):
                    sock.sendall(answer)
                    if b"connection: close" in answer:
                        break

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=serve)
        thread.start()
        yield SimpleNamespace(port=listener.getsockname()[1], said=lambda: "hello")
        thread.join(10)


OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n"


def test_right_answers_pass() -> None:
    with canned(OK + b"\r\nok") as process:
        check(Profile("p", "", 1, (get("/", b"ok"), get("/x", b"ok"))), process)


def test_a_connection_that_has_to_end_is_made_again() -> None:
    closing = Batch(request("/", "Connection: close\r\n"), (text(b"ok"),), closes=True)
    with canned(*[OK + b"connection: close\r\n\r\nok"] * 2) as process:
        check(Profile("p", "", 1, (closing,)), process)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (OK + b"\r\nno", r"it answers wrongly: 200 text/plain b'no' \(2 bytes\) instead of 200 text/plain b'ok'"),
        (OK + b"\r\no", "the body is not complete|timed out"),
        (OK + b"connection: close\r\n\r\nok", "no status line: b''; it says: hello"),
        (b"nonsense\r\n\r\n", "no status line: b'nonsense"),
    ],
)
def test_wrong_answers_are_found_out(answer: bytes, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.arena.check.SECONDS", 0.2)
    with canned(answer) as process, pytest.raises(Wrong, match=reason):
        check(Profile("p", "", 1, (get("/", b"ok"),)), process)


@needs_taskset
def test_a_server_that_does_not_start_says_why() -> None:
    broken = Server("broken", "", app("nowhere.py"))
    with (
        pytest.raises(Wrong, match=r"it ended with status 2: .*nowhere\.py"),
        serving(broken, PROFILES["plaintext"], CORE),
    ):
        pass


@needs_taskset
def test_who_answers_wrongly_is_asked_once() -> None:
    broken = Server("broken", "", app("nowhere.py"), cannot={"stream": "it can't"})
    result = Report(FACTS, SETTINGS, 3, [], {})
    run(PROFILES["stream"], [broken], result)
    assert result.figures == {("stream", "broken"): ["it can't"]}
    assert not result.has_figures()


def test_who_lacks_something_is_skipped_and_named() -> None:
    ghost = Server("ghost", "", app("native.py"), modules=("no.such_module",), programs=("no-such-program",))
    assert present([ghost, SERVERS[NATIVE]]) == (
        [SERVERS[NATIVE]],
        ["skipped: ghost needs the Python package no.such_module and the program no-such-program"],
    )


def test_without_wrk_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = arena("--here")
    assert result.returncode == 1
    assert result.stderr == "the arena needs wrk and taskset (on Debian: apt-get install wrk util-linux)\n"


def test_an_unknown_server_is_refused() -> None:
    result = arena("--servers", "fastresp,nobody")
    assert result.returncode == 2
    assert "there is no nobody; there are epoll-c, raw-uvloop, nginx, fastresp," in result.stderr


def test_every_profile_can_be_asked() -> None:
    assert len(PROFILES["static"].batches) == 20
    assert len(PROFILES["upload"].batches[0].requests) > 20 * 2**20
    for profile in PROFILES.values():
        assert all(len(batch.answers) == profile.depth for batch in profile.batches)
        assert set(profile.servers) <= set(SERVERS)
    for server in SERVERS.values():
        assert {*server.only, *server.cannot} <= set(PROFILES)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nok", text(b"ok")),
        (
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\r\n",
            text(b""),
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n"
            b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\nn: v\r\n\r\n",
            Answer(200, "text/plain", b"abc", chunks=2),
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/javascript\r\ncontent-encoding: br\r\n"
            b"content-length: 1\r\n\r\nx",
            Answer(200, "text/javascript", b"x", coding="br"),
        ),
    ],
)
def test_answers_are_read(data: bytes, answer: Answer) -> None:
    stream = io.BytesIO(data + b"next")
    assert read_answer(stream) == answer
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


def made_up() -> Report:
    """Three rounds of plaintext, and one of upload."""
    figures: dict[tuple[str, str], list[Figure | str]] = {
        ("plaintext", FLOOR): [FIGURE._replace(cpu=8.0)] * 3,
        ("plaintext", NATIVE): [FIGURE._replace(requests_per_second=900.0, cpu=cpu) for cpu in (11.0, 12.0, 20.0)],
        ("plaintext", "uvicorn"): [FIGURE._replace(cpu=30.0)] * 3,
        ("plaintext", "fastpysgi-wsgi"): [FIGURE, "wrk failed", FIGURE],
        ("plaintext", "robyn"): ["it answers <wrongly>"],
        ("upload", NATIVE): [FIGURE._replace(memory=25 * 2**20, server_others=0.0, client_others=0.0)],
        ("upload", "uvicorn"): [FIGURE._replace(cpu=20.0, p99=3.0, server_others=0.0, client_others=0.0)],
    }
    return Report(FACTS, SETTINGS, 3, ["skipped: x needs y"], figures)


def test_a_table_has_medians_and_ratios_to_fastresp() -> None:
    result = made_up()
    assert result.table("plaintext").splitlines()[2:] == [
        "| *raw-uvloop* | 8.00 | 0.67 | 8.00 - 8.00 | 1,000 | 1.11 | 1.50 | 3.0 | 50% + 25% | 75% + 12% | 0 |",
        "| fastpysgi-wsgi | 10.00 | 0.83 | 10.00 - 10.00 | 1,000 | 1.11 | 1.50 | 3.0 | 50% + 25% | 75% + 12% | 0 |",
        "| **fastresp** | 12.00 | 1.00 | 11.00 - 20.00 | 900 | 1.00 | 1.50 | 3.0 | 50% + 25% | 75% + 12% | 0 |",
        "| uvicorn | 30.00 | 2.50 | 30.00 - 30.00 | 1,000 | 1.11 | 1.50 | 3.0 | 50% + 25% | 75% + 12% | 0 |",
    ]
    assert result.absent("plaintext").splitlines() == [
        "- fastpysgi-wsgi: no figure in 1 of 3 rounds: wrk failed",
        "- robyn: no figure: it answers <wrongly>",
    ]


def test_a_report_says_where_fastresp_is_not_first() -> None:
    assert made_up().behind() == [
        "plaintext: CPU a request: fastpysgi-wsgi (fastresp has 1.20 times the best); requests/s: fastpysgi-wsgi and 1 "
        "more (fastresp has 0.90 times the best)",
        "upload: peak memory: uvicorn (fastresp has 8.33 times the best)",
    ]


def test_targets_are_judged() -> None:
    verdicts = {(each.profile, each.what): each[2:] for each in targets.judge(made_up().median)}
    assert verdicts == {
        ("plaintext", "CPU a request, over raw-uvloop"): ("1.50", "at most 1.08", "**no**"),
        ("plaintext", "CPU a request, over fastpysgi-wsgi"): ("1.20", "at most 0.7", "**no**"),
        ("plaintext", "CPU a request, over uvicorn"): ("0.40", "at most 0.33", "**no**"),
        ("plaintext", "peak memory, over uvicorn"): ("1.00", "at most 1", "yes"),
        ("plaintext", "p99, over the best peer, fastpysgi-wsgi"): (
            "1.00",
            "at most 1",
            "not judged: other jobs took up to 25% of a core",
        ),
        ("upload", "CPU a request, over the best peer, uvicorn"): ("0.50", "at most 0.8", "yes"),
        ("upload", "MiB above idle for each upload"): ("3.00", "at most 2", "**no**"),
        ("upload", "peak memory, over uvicorn"): ("8.33", "at most 1", "**no**"),
        ("upload", "p99, over the best peer, uvicorn"): ("0.50", "at most 1", "yes"),
    }


def test_one_figure_is_compared_with_that_of_another_profile() -> None:
    values = {"plaintext-4096": 6.0, "plaintext-64": 5.0}
    (verdict,) = targets.judge(lambda profile, server, figure: values.get(profile) if server == NATIVE else None)
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
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{publish.BEGIN}\nold\n{publish.END}\nafter\n")
    for _ in range(2):
        publish.publish(made_up(), readme)
    content = readme.read_text()
    assert content.startswith(f"before\n{publish.BEGIN}\n\n2026-01-01 00:00 UTC; a processor, 2 cores;")
    assert content.endswith(f"\n\n{publish.END}\nafter\n")
    assert "old" not in content
    assert content.count("![CPU a request in plaintext](plots/plaintext.svg)") == 1
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["plaintext.svg", "upload.svg"]
    readme.write_text("no marks")
    with pytest.raises(ValueError, match="has no place for the report"):
        publish.publish(made_up(), readme)


def test_the_readme_has_a_place_for_the_report() -> None:
    content = publish.README.read_text()
    assert content.count(publish.BEGIN) == content.count(publish.END) == 1
    assert content.index(publish.BEGIN) < content.index(publish.END)


@needs_wrk
@pytest.mark.skipif(os.cpu_count() == 1, reason="the arena needs two cores")
def test_the_command_measures_and_reports(tmp_path: Path) -> None:
    runnable(FLOOR)
    result = arena(
        *("--here", "--seconds", "1", "--warm-up", "0", "--rounds", "1", "--connections", "4"),
        *("--servers", f"{FLOOR},fastresp", "--profiles", "pipelined,limited", "--output", str(tmp_path)),
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "arena.md").read_text() == result.stdout
    assert "16 x `GET /pipeline` back to back; each answer is `ok`; 4 connections" in result.stdout
    measurements = json.loads((tmp_path / "arena.json").read_text())["measurements"]
    assert [(each["profile"], each["server"], each["errors"]) for each in measurements] == [
        ("pipelined", FLOOR, 0),
        ("pipelined", "fastresp", 0),
        ("limited", "fastresp", 0),
    ]
    assert all(each["requests_per_second"] > 0 and each["cpu"] > 0 and each["p99"] > 0 for each in measurements)
    assert (tmp_path / "plots" / "pipelined.svg").exists()
    again = arena("--figures", str(tmp_path / "arena.json"), "--output", str(tmp_path / "again"))
    assert (again.returncode, again.stdout) == (0, result.stdout)
