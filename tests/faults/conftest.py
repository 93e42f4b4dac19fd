"""Servers as processes of their own, with their log in a file, and a look at what they use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client import Client
from server.conftest import Process, spawn  # noqa: F401

resource = pytest.importorskip("resource", reason="these tests need POSIX limits")

TWINS = {"pure": "1", "compiled": "0"}


class Site:
    """A `python -m fastresp` that serves, and its log."""

    def __init__(self, process: Process, log: Path) -> None:
        self.process = process
        self.pid = process.popen.pid
        self.port = process.port()
        self._log = log

    def connect(self) -> Client:
        return Client(self.port)

    def log(self) -> str:
        return self._log.read_text()

    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        numbers = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def stop(self) -> int:
        return self.process.stop()


@pytest.fixture
def site(
    spawn: Callable[..., Process],  # noqa: F811
    tmp_path: Path,
    twin: Any,
    loop_factory: Callable[[], object],
) -> Iterator[Callable[..., Site]]:
    """Starts a server of the twin and the loop under test: `site(source, "--grace", "5", descriptors=64)`."""
    loop = "uvloop" if loop_factory.__module__.startswith("uvloop") else "asyncio"

    def start(source: str, *arguments: str, descriptors: int | None = None) -> Site:
        (tmp_path / "app.py").write_text(source)
        options = {}
        if descriptors is not None:
            options["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        log = tmp_path / "log"
        environment = {"FASTRESP_NO_EXTENSIONS": TWINS[twin.name]}
        command = ("app", "--port", "0", "--loop", loop, *arguments)
        return Site(spawn(*command, environment=environment, redirections=f"2>{log}", **options), log)

    return start
