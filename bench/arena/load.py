"""The load: wrk, one thread on one core, with load.lua; it knows no profile, only batches of bytes."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench.arena.process import Failed
from bench.arena.profiles import Profile

SCRIPT = Path(__file__).resolve().parent / "load.lua"
TIMEOUT = 5
"""Seconds after which wrk counts an answer as an error."""
PATIENCE = 15.0


class Load(NamedTuple):
    """What wrk has seen. Latencies in milliseconds, from the sending of a batch to the end of its last answer."""

    requests: int
    seconds: float
    p50: float
    p99: float
    errors: dict[str, int]


def missing() -> str:
    """Which program the arena can't do without is not here, or ""."""
    absent = [name for name in ("wrk", "taskset") if shutil.which(name) is None]
    return f"the arena needs {' and '.join(absent)} (on Debian: apt-get install wrk util-linux)" if absent else ""


def drive(profile: Profile, port: int, seconds: float, connections: int, core: int, think: int = 0) -> Load:
    """Has wrk ask for so long; each connection waits `think` milliseconds, on average, before it asks.

    Raises Failed if it does not come to an end, or says nothing.
    """
    with tempfile.NamedTemporaryFile(suffix=".batches") as file:
        for batch in profile.batches:
            file.write(b"%d\n%b" % (len(batch.requests), batch.requests))
        file.flush()
        command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s"]
        scheme = "https" if profile.tls else "http"
        command += ["--timeout", f"{TIMEOUT}s", "-s", str(SCRIPT), f"{scheme}://127.0.0.1:{port}/"]
        told = {"ARENA_BATCHES": file.name, "ARENA_CONNECTIONS": str(connections), "ARENA_THINK": str(think)}
        try:
            result = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=seconds + PATIENCE,
                check=False,
                env={**os.environ, **told},
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"wrk did not end within {seconds + PATIENCE:g} s") from None
    return read_figures(result.stdout, result.stderr)


def read_figures(output: str, complaint: str) -> Load:
    """The figures in what wrk and load.lua have printed."""
    _, found, rest = output.partition("\nFIGURES ")
    if not found:
        raise Failed(f"wrk failed: {complaint.strip() or output.strip() or 'without a word'}")
    figures = json.loads(rest.splitlines()[0])
    return Load(
        figures["requests"],
        figures["microseconds"] / 1e6,
        figures["p50"] / 1e3,
        figures["p99"] / 1e3,
        figures["errors"],
    )
