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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import ROOT
from bench.arena import load, tools
from bench.arena.__main__ import minutes, present, run
from bench.arena.check import check, read_answer
from bench.arena.measure import Settings
from bench.arena.process import Failed, Process, Wrong, serving
from bench.arena.profiles import PROFILES, Answer, Batch, Profile, get, request, text
from bench.arena.report import Report
from bench.arena.servers import FLOOR, LOOP, NATIVE, SERVERS, WSGI, Server, app, module

CORE = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0

needs_wrk = pytest.mark.skipif(bool(load.missing()), reason=load.missing())
needs_taskset = pytest.mark.skipif(shutil.which("taskset") is None, reason="there is no taskset")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
# What one process of each server is asked, after it was started for the first of these profiles.
GETS = ["plaintext", "pipelined", "limited", "headers", "json", "static", "stream"]
APPLICATIONS = [
    (NATIVE, ["baseline", *GETS]),
    (NATIVE, ["upload"]),
    *((name, ["json-tls"]) for name in (NATIVE, "fastresp-asgi", "fastresp-wsgi")),
    ("fastresp-async", ["baseline", *GETS]),
    ("fastresp-memory", ["static"]),
    ("fastresp-asgi", ["baseline", *GETS, "stream-sized", "upload"]),
    *((name, ["baseline", "plaintext", "json", "static", "stream-sized", "upload"]) for name in (WSGI, LOOP)),
    ("fastresp-pure", ["baseline", *GETS]),
    ("uvicorn", ["baseline", *GETS, "stream-sized", "upload"]),
    ("uvicorn", ["json-tls"]),
    ("granian-wsgi", ["baseline", *GETS, "stream-sized", "upload"]),
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
def test_the_wsgi_application_answers_rightly() -> None:
    runnable("uvicorn")
    options = "uvicorn wsgi:app --interface wsgi --log-level error --host 127.0.0.1 --port {port}"
    server = Server("uvicorn-wsgi", "", module(options, "", ""))
    with serving(server, PROFILES["baseline"], CORE) as process:
        for profile in ("baseline", *GETS, "upload"):
            check(PROFILES[profile], process)


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
                        sock.shutdown(socket.SHUT_WR)
                        while sock.recv(65536):  # to close with a request unread would be a reset
                            pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=serve)
        thread.start()
        yield SimpleNamespace(port=listener.getsockname()[1], said=lambda: "hello")
        thread.join(10)


OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n"


def test_right_answers_pass() -> None:
    with canned(OK + b"\r\nok") as process:
        check(Profile("p", "", 1, 0, (get("/", b"ok"), get("/x", b"ok"))), process)


def test_a_connection_that_has_to_end_is_made_again() -> None:
    closing = Batch(request("/", "Connection: close\r\n"), (text(b"ok"),), closes=True)
    with canned(*[OK + b"connection: close\r\n\r\nok"] * 2) as process:
        check(Profile("p", "", 1, 0, (closing,)), process)


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
        check(Profile("p", "", 1, 0, (get("/", b"ok"),)), process)


@needs_taskset
def test_a_server_that_does_not_start_says_why() -> None:
    broken = Server("broken", "", app("nowhere.py"))
    with (
        pytest.raises(Wrong, match=r"it ended with status 2: .*nowhere\.py"),
        serving(broken, PROFILES["plaintext"], CORE),
    ):
        pass


def test_a_server_whose_certificate_cannot_be_made_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tools.certificate.cache_clear()
    with (
        pytest.raises(Wrong, match=r"it can't be started: .*openssl"),
        serving(SERVERS[NATIVE], PROFILES["json-tls"], CORE),
    ):
        pass


@needs_taskset
def test_who_answers_wrongly_is_asked_once() -> None:
    broken = Server("broken", "", app("nowhere.py"), cannot={"stream": "it can't"})
    result = Report({}, Settings(5, 1, 0, 0, 0, 1), 3, [], {})
    run(PROFILES["stream"], [broken], result)
    assert result.figures == {("stream", "broken"): ["it can't"]}
    assert not result.has_figures()


def test_the_estimate_holds_both_stages_for_all_who_are_measured() -> None:
    servers = [SERVERS[name] for name in (NATIVE, "uvicorn", "robyn", "fastresp-memory")]
    result = Report({}, Settings(3, 1, 2, 0, 0, 1), 5, [], {})
    assert minutes(PROFILES["json"], servers, result) == 5 * 3 * (1 + 3 + 1 + 2) / 60
    assert minutes(PROFILES["json-tls"], servers, result) == 5 * 2 * (1 + 3 + 1 + 2) / 60
    assert minutes(PROFILES["plaintext-64"], servers, result) == 5 * 2 * (1 + 3 + 1) / 60


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
    figures = {"requests": 10, "microseconds": 2000000, "p50": 500, "p99": 1500, "errors": {"read": 1}}
    read = load.read_figures(f"Running\n\nFIGURES {json.dumps(figures)}\n", "")
    assert read == load.Load(10, 2.0, 0.5, 1.5, {"read": 1})
    with pytest.raises(Failed, match=r"wrk failed: unable to connect"):
        load.read_figures("", "unable to connect\n")


@needs_wrk
@pytest.mark.skipif(os.cpu_count() == 1, reason="the arena needs two cores")
def test_the_command_measures_and_reports(tmp_path: Path) -> None:
    runnable(FLOOR)
    result = arena(
        *("--here", "--seconds", "1", "--warm-up", "0", "--steady", "1", "--rounds", "1", "--connections", "4"),
        *("--servers", f"{FLOOR},fastresp", "--profiles", "pipelined,limited", "--output", str(tmp_path)),
    )
    assert result.returncode == 0, result.stderr
    assert "all of it: about 0 minutes" in result.stderr
    assert (tmp_path / "arena.md").read_text() == result.stdout
    assert "16 x `GET /pipeline` back to back; each answer is `ok`; 4 connections" in result.stdout
    measurements = json.loads((tmp_path / "arena.json").read_text())["measurements"]
    assert [(each["profile"], each["server"], each["errors"]) for each in measurements] == [
        ("pipelined", FLOOR, 0),
        ("pipelined", "fastresp", 0),
        ("limited", "fastresp", 0),
    ]
    assert all(each["requests_per_second"] > 0 and each["cpu"] > 0 and each["p99"] > 0 for each in measurements)
    assert all(each["steady"]["requests"] > 0 and each["steady"]["p99"] > 0 for each in measurements)
    assert [each["steady"]["errors"] for each in measurements] == [0, 0, 0]
    assert (tmp_path / "plots" / "pipelined.svg").exists()
    again = arena("--figures", str(tmp_path / "arena.json"), "--output", str(tmp_path / "again"))
    assert (again.returncode, again.stdout) == (0, result.stdout)


def test_last_words_name_files_of_the_project(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.write_text(f'first\n  File "{ROOT}/bench/arena/apps/a.py", line 1\nsecond\nthird\n')
    process = Process(subprocess.Popen(["true"]), 1, output)
    process.popen.wait()
    assert process.said() == '  File "bench/arena/apps/a.py", line 1 / second / third'
