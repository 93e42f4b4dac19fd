"""The arena's applications: each profile finds its own on every server of its interface, and that answers rightly."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from bench.arena import environment
from bench.arena.__main__ import run
from bench.arena.check import check
from bench.arena.measure import Settings
from bench.arena.options import read_options
from bench.arena.process import serving
from bench.arena.profiles import GROUPS, PROFILES, Application, Profile
from bench.arena.report import Report
from bench.arena.servers import APPLICATION, APPS, ASGI, LOOP, NATIVE, PATHSEND, SERVERS, WSGI, Server, app

CORE = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0

OF_FRAMEWORKS = [
    name for name, profile in PROFILES.items() if any(each.module for each in profile.applications.values())
]
OURS = (ASGI, PATHSEND, WSGI, LOOP)
CASES = [
    (name, profile)
    for name in (*OURS, "uvicorn", "granian-asgi", "granian-wsgi", "gunicorn")
    for profile in OF_FRAMEWORKS
    if SERVERS[name].takes_part(PROFILES[profile])
]
GHOST = Profile("ghost", "", 1, 0, (), applications={"wsgi": Application("with_ghost:app", "no_such_module", "ghost")})


def test_the_frameworks_are_measured() -> None:
    assert {"static-large", *GROUPS["frameworks"]} == {*OF_FRAMEWORKS}
    assert read_options(["--profiles", "frameworks,flask-json,stream"]).profiles == [*GROUPS["frameworks"], "stream"]


@pytest.mark.skipif(shutil.which("taskset") is None, reason="there is no taskset")
@pytest.mark.parametrize(("name", "profile"), CASES)
def test_the_applications_of_frameworks_answer_rightly(name: str, profile: str) -> None:
    server, asked = SERVERS[name], PROFILES[profile]
    if reason := server.missing() or server.hindrance(asked):
        pytest.skip(f"{name}: {reason}")
    with serving(server, asked, CORE) as process:
        check(asked, process)


def test_each_server_is_told_its_application() -> None:
    told = 0
    for server in SERVERS.values():
        for profile in PROFILES.values():
            if server.kind != "floor" and server.takes_part(profile) and not profile.tls:
                command = server.command_for(profile, 1)
                assert APPLICATION not in command
                application = server.application(profile)
                assert (application is not None) == bool(server.interface)
                if application is not None:
                    assert application.target in command
                    assert (APPS / application.target.partition(":")[0]).with_suffix(".py").exists()
                    told += 1
    assert told > 100


def test_only_servers_of_its_interface_take_part_in_a_profile_of_applications() -> None:
    def who(profile: str) -> set[str]:
        return {server.interface for server in SERVERS.values() if server.takes_part(PROFILES[profile])}

    assert who("fastapi-json") == who("starlette-plaintext") == {"asgi"}
    assert who("flask-json") == who("django-json") == {"wsgi"}
    assert who("static-large") == who("stream-sized") == {"asgi", "wsgi"}
    assert not SERVERS[NATIVE].takes_part(PROFILES["stream-sized"])
    assert not SERVERS["gunicorn"].takes_part(PROFILES["plaintext"])


def test_an_application_without_its_framework_is_not_measured_and_that_is_said() -> None:
    server = Server("lacking", "", app("nowhere.py"), interface="wsgi")
    result = Report({}, Settings(5, 1, 0, 0, 0, 1), 3, [], {})
    run(GHOST, [server, SERVERS[ASGI]], result)
    assert result.figures == {
        ("ghost", "lacking"): ["its application needs the Python package no_such_module"],
    }


def test_the_environment_gets_frameworks_where_they_run() -> None:
    asgi, wsgi = SERVERS["uvicorn"], SERVERS["gunicorn"]
    assert environment.wanted([wsgi], [GHOST, PROFILES["plaintext"]]) == ("gunicorn", "ghost")
    assert environment.wanted([asgi], [GHOST]) == asgi.packages
    assert environment.wanted([wsgi, asgi], [PROFILES["static-large"]]) == (
        *("gunicorn", *asgi.packages),
        *("starlette", "flask"),
    )


def test_a_large_file_is_what_the_profile_expects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(APPS), *sys.path])
    import content  # an application's, which has no package

    assert content.large_file() == tmp_path / "large.bin"
    (expected,) = PROFILES["static-large"].batches[0].answers
    assert (tmp_path / "large.bin").read_bytes() == expected.body
    assert len(expected.body) == 3_000_000
