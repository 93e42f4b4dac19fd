"""What has to be reached: a table of relations between fastresp's figures and those of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bench.arena.profiles import PROFILES
from bench.arena.servers import FLOOR, NATIVE, SERVERS

DISTURBED = 0.05
"""The share of a core that other jobs may take before requests per second and latencies tell nothing."""

Value = Callable[[str, str, str], float | None]
"""Of a profile, a server, and the name of a figure: the median, None where there is none."""

PEERS = tuple(server.name for server in SERVERS.values() if server.kind == "peer")
GRANIAN = tuple(name for name in PEERS if name.startswith("granian"))


class Verdict(NamedTuple):
    """One row: what is compared, what was measured, what it has to be, and whether it is."""

    profile: str
    what: str
    measured: str
    wanted: str
    verdict: str


class Target(NamedTuple):
    """In a profile, `figure` of fastresp over that of the best of `against` is at least, or at most, `limit`.

    With `of`, what it is compared with is measured in that other profile. Without `against`, the figure itself is
    meant.
    """

    profile: str
    figure: str  # a field or a property of measure.Figure
    against: tuple[str, ...]
    limit: float
    at_least: bool = False
    of: str = ""

    def judge(self, value: Value) -> Verdict | None:
        """None where a figure is missing."""
        mine = value(self.profile, NATIVE, self.figure)
        if mine is None:
            return None
        name, measured, what = "", mine, WORDS[self.figure]
        if self.against:
            profile = self.of or self.profile
            others = {each: found for each in self.against if (found := value(profile, each, self.figure))}
            if not others:
                return None
            name = (max if self.at_least else min)(others, key=lambda each: others[each])
            measured = mine / others[name]
            best = f"the best peer, {name}" if self.against == PEERS else name
            what = f"{what}, over {f'that in {self.of}' if self.of else best}"
        reached = measured >= self.limit if self.at_least else measured <= self.limit
        verdict = "yes" if reached else "**no**"
        others_took = disturbance(value, self.profile, self.figure, (NATIVE, name))
        if others_took > DISTURBED:
            verdict = f"not judged: other jobs took up to {others_took:.0%} of a core"
        wanted = f"{'at least' if self.at_least else 'at most'} {self.limit:.3g}"
        return Verdict(self.profile, what, f"{measured:.2f}", wanted, verdict)


def disturbance(value: Value, profile: str, figure: str, servers: Iterable[str]) -> float:
    """The largest share of a core that other jobs took from one of these servers or from wrk; 0.0 for a figure that
    does not suffer from that.
    """
    if figure not in ("requests_per_second", "p99"):
        return 0.0
    shares = ("server_others", "client_others")
    return max(value(profile, server, share) or 0.0 for server in servers for share in shares)


WORDS = {
    "requests_per_second": "requests/s",
    "cpu": "CPU a request",
    "p99": "p99",
    "memory": "peak memory",
    "growth": "MiB above idle for each upload",
}


def judge(value: Value) -> list[Verdict]:
    """A verdict for each target whose figures are there."""
    return [verdict for target in TARGETS if (verdict := target.judge(value)) is not None]


_MAIN = tuple(profile.name for profile in PROFILES.values() if not profile.servers)

TARGETS = (
    Target("plaintext", "cpu", (FLOOR,), 1.08),
    Target("plaintext", "cpu", ("fastpysgi-wsgi",), 0.7),
    Target("plaintext", "cpu", ("socketify",), 0.6),
    Target("plaintext", "cpu", GRANIAN, 0.4),
    Target("plaintext", "cpu", ("uvicorn",), 0.33),
    Target("plaintext", "cpu", ("pyside6",), 0.25),
    Target("pipelined", "cpu", ("epoll-c",), 2),
    Target("pipelined", "requests_per_second", PEERS, 4, at_least=True),
    *(Target(profile, "cpu", PEERS, 1 / 1.3) for profile in ("baseline", "headers", "limited")),
    *(Target(profile, "cpu", PEERS, 1) for profile in ("json", "json-tls", "static")),
    Target("static", "cpu", ("nginx",), 1.5),
    Target("stream", "cpu", PEERS, 0.8),
    Target("upload", "cpu", PEERS, 0.8),
    Target("upload", "growth", (), 2),
    Target("plaintext-4096", "cpu", (NATIVE,), 1.25, of="plaintext-64"),
    *(Target(profile, "memory", ("uvicorn",), 1) for profile in _MAIN),
    *(Target(profile, "p99", PEERS, 1) for profile in _MAIN),
)
