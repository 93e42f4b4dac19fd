"""Requests of mixed kinds, with disconnects, leave nothing behind: no memory, descriptors, tasks or objects.

In the suite some hundreds of them; FASTRESP_LEAK_REQUESTS=200000 (and --timeout=0) is what a release is measured by.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from leaks.load import visitors

import fastresp
from fastresp.core.parking import MOST

REQUESTS = int(os.environ.get("FASTRESP_LEAK_REQUESTS", "2000"))
# The allocators' own: what a thread or an arena takes when it is first wanted, and a page here and there.
KIB = 8192
# Each server keeps one of these that is over, or none, for its next request.
SPARE = {"Http1Exchange", "Parser", "Request"}
# And so many tasks that wait for a handler, where there are no eager ones.
WAITING = {"Task", "Handling", "Idle"}

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="the figures come from Linux's /proc")


class Process:
    """The server of application.py."""

    def __init__(self, twin: str, loop: str, *files: Path) -> None:
        command = [sys.executable, str(Path(__file__).with_name("application.py")), twin, loop, *map(str, files)]
        places = (Path(fastresp.__file__).parents[1], Path(__file__).resolve().parents[2], os.environ.get("PYTHONPATH"))
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(str(place) for place in places if place)},
        )
        self.ports: list[int] = self.read()
        self.secure = len(self.ports) // 2

    def read(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the server has ended"
        return json.loads(line)

    def count(self) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write("count\n")
        self.process.stdin.flush()
        figures: dict[str, Any] = self.read()
        return figures

    def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()


@pytest.fixture
def process(twin: Any, loop_name: str, tmp_path: Path) -> Iterator[Process]:
    file, key, certificate = tmp_path / "file", tmp_path / "key.pem", tmp_path / "certificate.pem"
    file.write_bytes(b"z" * 200_000)
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    process = Process(twin.name, loop_name, file, certificate, key)
    try:
        yield process
    finally:
        code = process.end()
    assert code == 0


@pytest.fixture(params=["uvloop", "asyncio"])
def loop_name(request: pytest.FixtureRequest) -> str:
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="no uvloop on this platform")
    return str(request.param)


def test_nothing_is_left(process: Process, capsys: pytest.CaptureFixture[str]) -> None:
    # the first quarter warms up: caches, the pool's threads, free lists, the allocator's arenas
    asyncio.run(visitors(process.ports, process.secure, REQUESTS // 4, 1))
    before = process.count()
    sent = asyncio.run(visitors(process.ports, process.secure, REQUESTS - REQUESTS // 4, 2))
    after = process.count()
    with capsys.disabled():
        if REQUESTS > 10_000:
            print(f"\n{sent} requests: before {before}\nafter {after}")
    assert after["connections"] == 0
    assert after["descriptors"] <= before["descriptors"]
    assert after["tasks"] == before["tasks"]
    grown = {
        name: (before["objects"].get(name, 0), count)
        for name, count in after["objects"].items()
        if count > before["objects"].get(name, 0)
        and not (name.rpartition(".")[2] in SPARE and count <= len(process.ports))
        and not (name.rpartition(".")[2] in WAITING and count <= (MOST + 1) * len(process.ports))
    }
    assert grown == {}
    assert after["memory"] - before["memory"] <= KIB
