"""One figure: a fresh process of one server, its answers checked, a warm-up, and the measured loads of one profile.

The first load is full: each connection asks as soon as it has its answer. The second is equal: each waits first, so
that every server that can keep up is asked as often as the others, and latencies can be compared.
"""

from __future__ import annotations

import math
import resource
import time
from dataclasses import dataclass
from typing import NamedTuple

from bench.arena.check import check
from bench.arena.load import Load, drive
from bench.arena.process import Failed, Process, busy_seconds, serving
from bench.arena.profiles import Profile
from bench.arena.servers import Server


class Settings(NamedTuple):
    """How to measure. `connections`: 0 for what the profile says; `steady`: seconds at equal load, 0 for none."""

    seconds: float
    warm_up: float
    steady: float
    connections: int
    server_core: int
    client_core: int


@dataclass(frozen=True)
class Stage:
    """What one stage of a measurement has shown."""

    requests: int
    requests_per_second: float
    cpu: float
    """CPU microseconds a request: user and system time of the server's process tree."""
    p50: float
    p99: float
    """Milliseconds, from the sending of a batch to the end of its last answer."""
    errors: int
    server_core: float
    server_others: float
    """The shares of the server's core that the server took, and that something else did."""
    client_core: float
    client_others: float
    """The same for wrk and its core. Where wrk takes all of it, requests per second are wrk's, not the server's."""


@dataclass(frozen=True)
class Figure(Stage):
    """What one measurement has shown: the stage of full load, and all that is but once."""

    memory: int
    """Bytes: the peak of the process tree."""
    idle: int
    """Bytes: that peak before it was asked anything."""
    connections: int
    steady: Stage | None = None
    """The stage of equal load."""

    @property
    def peak(self) -> float:
        """MiB of peak memory."""
        return self.memory / 2**20

    @property
    def growth(self) -> float:
        """MiB of peak memory above idle, for each connection."""
        return (self.memory - self.idle) / self.connections / 2**20


class _Clocks(NamedTuple):
    """Seconds: of everybody's time, of the CPU time of the server and of wrk, and of all that ran on their cores."""

    wall: float
    server: float
    client: float
    server_core: float
    client_core: float

    @classmethod
    def read(cls, process: Process, settings: Settings) -> _Clocks:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)  # the server is not among them while it runs
        return cls(
            time.monotonic(),
            process.cpu(),
            ended.ru_utime + ended.ru_stime,
            busy_seconds(settings.server_core),
            busy_seconds(settings.client_core),
        )


def measure(server: Server, profile: Profile, settings: Settings) -> Figure:
    """Raises Failed, with the reason, where there is no figure."""
    connections = settings.connections or profile.connections
    with serving(server, profile, settings.server_core) as process:
        idle = process.peak_memory()
        check(profile, process)
        if settings.warm_up > 0:
            _drive(profile, process, settings.warm_up, connections, settings.client_core)
        full = _stage(profile, process, settings, settings.seconds)
        memory = process.peak_memory()
        steady = (
            _stage(profile, process, settings, settings.steady, profile.think) if is_steady(profile, settings) else None
        )
        check(profile, process)
    return Figure(**vars(full), memory=memory, idle=idle, connections=connections, steady=steady)


def is_steady(profile: Profile, settings: Settings) -> bool:
    """Whether there is a stage of equal load."""
    return settings.steady > 0 and profile.think > 0


def _stage(profile: Profile, process: Process, settings: Settings, seconds: float, think: int = 0) -> Stage:
    before = _Clocks.read(process, settings)
    load = _drive(profile, process, seconds, settings.connections or profile.connections, settings.client_core, think)
    spent = _Clocks(*(now - then for now, then in zip(_Clocks.read(process, settings), before, strict=True)))
    if load.requests == 0:
        raise Failed("it answered no request under load")
    return Stage(
        requests=load.requests,
        requests_per_second=load.requests / load.seconds,
        cpu=spent.server / load.requests * 1e6,
        p50=load.p50,
        p99=load.p99,
        errors=sum(load.errors.values()),
        server_core=spent.server / spent.wall,
        server_others=max(0.0, spent.server_core - spent.server) / spent.wall,
        client_core=spent.client / spent.wall,
        client_others=max(0.0, spent.client_core - spent.client) / spent.wall,
    )


def _drive(profile: Profile, process: Process, seconds: float, connections: int, core: int, think: int = 0) -> Load:
    load = drive(profile, process.port, seconds, connections, core, think)
    if process.popen.poll() is not None:
        raise Failed(f"it ended under load, with status {process.popen.returncode}: {process.said()}")
    return load


def duration(profile: Profile, settings: Settings) -> float:
    """About how many seconds one measurement takes; wrk counts in whole ones."""
    stages = [settings.warm_up, settings.seconds, settings.steady if is_steady(profile, settings) else 0]
    return 1.0 + sum(math.ceil(seconds) for seconds in stages)
