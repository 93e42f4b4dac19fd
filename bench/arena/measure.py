"""One figure: a fresh process of one server, its answers checked, a warm-up, and a measured load of one profile."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from bench.arena.check import check
from bench.arena.load import drive
from bench.arena.process import Failed, busy_seconds, serving
from bench.arena.profiles import Profile
from bench.arena.servers import Server


class Settings(NamedTuple):
    """How to measure. `connections`: 0 for what the profile says."""

    seconds: float
    warm_up: float
    connections: int
    server_core: int
    client_core: int


class Figure(NamedTuple):
    """What one measurement has shown."""

    requests_per_second: float
    cpu: float
    """CPU microseconds a request: user and system time of the server's process tree."""
    p99: float
    """Milliseconds, from the sending of a batch to the end of its last answer."""
    memory: int
    """Bytes: the peak of the process tree."""
    errors: int
    server_core: float
    """The server's share of its core."""
    others: float
    """The share of the server's core that something else took."""
    requests: int


def measure(server: Server, profile: Profile, settings: Settings) -> Figure:
    """Raises Failed, with the reason, where there is no figure."""
    connections = settings.connections or profile.connections
    with serving(server, profile, settings.server_core) as process:
        check(profile, process)
        if settings.warm_up > 0:
            drive(profile, process.port, settings.warm_up, connections, settings.client_core)
        busy, cpu, start = busy_seconds(settings.server_core), process.cpu(), time.monotonic()
        load = drive(profile, process.port, settings.seconds, connections, settings.client_core)
        seconds = time.monotonic() - start
        cpu, busy = process.cpu() - cpu, busy_seconds(settings.server_core) - busy
        if process.popen.poll() is not None:
            raise Failed(f"it ended under load, with status {process.popen.returncode}: {process.said()}")
        if load.requests == 0:
            raise Failed("it answered no request under load")
        check(profile, process)
        return Figure(
            requests_per_second=load.requests / load.seconds,
            cpu=cpu / load.requests * 1e6,
            p99=load.p99,
            memory=process.peak_memory(),
            errors=sum(load.errors.values()),
            server_core=cpu / seconds,
            others=max(0.0, busy - cpu) / seconds,
            requests=load.requests,
        )


def duration(settings: Settings) -> float:
    """About how many seconds one measurement takes; wrk counts in whole ones."""
    return 1.0 + math.ceil(settings.warm_up) + math.ceil(settings.seconds)
