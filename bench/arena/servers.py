"""Who answers: one table, an entry for each server, set up as its authors advise, with its access log off.

A server is a command that listens on 127.0.0.1 at a given port, in one process or with one worker, and what it needs to
be there. A new peer is a new entry here.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from bench.arena.profiles import Profile

APPS = Path(__file__).resolve().parent / "apps"


class Server(NamedTuple):
    """One server. `modules` and `programs` are what it can't run without; `packages` tell its version."""

    name: str
    text: str
    command: Callable[[Profile, int], list[str]]
    modules: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}

    def missing(self) -> str:
        """What it needs and does not find here, or ""."""
        absent = [f"the Python package {name}" for name in self.modules if find_spec(name) is None]
        absent += [f"the program {name}" for name in self.programs if shutil.which(name) is None]
        return " and ".join(absent)


def app(file: str, *arguments: str) -> Callable[[Profile, int], list[str]]:
    """The command of a server that is a Python file of ours in apps/: its arguments, then the port."""
    return lambda profile, port: [sys.executable, str(APPS / file), *arguments, str(port)]


def raw(profile: Profile, port: int) -> list[str]:
    """The floor is told what to answer: it looks at no request, or, where they are pipelined, only for their ends."""
    body = profile.batches[0].answers[0].body.decode("ascii")
    return [sys.executable, str(APPS / "raw.py"), body, "count" if profile.depth > 1 else "constant", str(port)]


def uvicorn(profile: Profile, port: int) -> list[str]:
    options = "--http httptools --loop uvloop --workers 1 --no-access-log --log-level warning --host 127.0.0.1"
    return [sys.executable, "-m", "uvicorn", "asgi:app", "--app-dir", str(APPS), *options.split(), "--port", str(port)]


FLOOR = "raw-uvloop"
"""What all others are compared with."""

_ALL = (
    Server(
        FLOOR,
        "a uvloop protocol in Python, a constant answer of the same bytes, nothing parsed",
        raw,
        modules=("uvloop",),
        packages=("uvloop",),
    ),
    Server("fastresp", "native, plain handler", app("native.py", "plain"), packages=("uvloop",)),
    Server("fastresp-async", "native, coroutine handler", app("native.py", "coroutine"), packages=("uvloop",)),
    Server(
        "fastresp-pure",
        "native, plain handler, the pure twin",
        app("native.py", "plain"),
        packages=("uvloop",),
        environment={"FASTRESP_NO_EXTENSIONS": "1"},
    ),
    Server(
        "uvicorn",
        "ASGI; httptools, uvloop, one worker",
        uvicorn,
        modules=("uvicorn", "httptools", "uvloop"),
        packages=("uvicorn", "httptools", "uvloop"),
    ),
)

SERVERS = {server.name: server for server in _ALL}
