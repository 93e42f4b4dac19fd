"""The arena's own environment, bench/results/env: fastresp from this tree, and the current release of every peer.

Each package is installed alone, so that one that can't be had takes no other with it: its servers are skipped, by name.
What all share (uvloop, orjson) comes last, so that all run on the current release of it, whatever a peer has asked for.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Iterable, Sequence

from bench import RESULTS, ROOT
from bench.arena.profiles import Profile
from bench.arena.servers import Server

FOLDER = RESULTS / "env"
PYTHON = FOLDER / "bin" / "python"
SHARED = ("uvloop", "orjson")


def wanted(servers: Sequence[Server], profiles: Iterable[Profile]) -> tuple[str, ...]:
    """The packages of these servers, and those of the applications that they run in these profiles."""
    found = [package for server in servers for package in server.packages]
    for profile in profiles:
        for interface, application in profile.applications.items():
            if application.package and any(each.interface == interface for each in servers):
                found.append(application.package)
    return tuple(dict.fromkeys(found))


def prepare(packages: Iterable[str]) -> None:
    """Makes it what it should be; says on stderr what happens, and what can't be had. Raises SystemExit when that is
    fastresp itself.
    """
    if not PYTHON.exists():
        say(f"making {FOLDER}")
        venv.create(FOLDER, with_pip=True)
    for package in sorted(packages, key=lambda package: package in SHARED):
        if reason := _install("--upgrade", package):
            say(f"{package} can't be installed: {reason}")
    if reason := _install("--no-deps", "--force-reinstall", str(ROOT)):
        raise SystemExit(f"fastresp can't be installed from {ROOT}: {reason}")


def enter(arguments: Iterable[str]) -> None:
    """Goes on in the environment; does not return."""
    os.execv(PYTHON, [str(PYTHON), "-m", "bench.arena", "--here", *arguments])


def _install(*arguments: str) -> str:
    """Returns why not, or ""."""
    say(f"installing {arguments[-1]}")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return ""
    return (result.stderr.strip() or "without a word").splitlines()[-1]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
