"""What has to be reached: a table of relations between fastresp's figures and those of others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import NamedTuple

from bench.arena.profiles import PLAIN, PROFILES
from bench.arena.servers import ASGI, FLOOR, LOOP, NATIVE, PATHSEND, SERVERS, WSGI

DISTURBED = 0.05
"""The share of a core that other jobs may take before requests per second and latencies tell nothing."""

Values = Callable[[str, str, str], Sequence[float]]
"""Of a profile, a server, and the name of a figure: one for each round, none where it has no figure."""
Failed = Callable[[str, str], bool]
"""Of a profile and a server: whether it was asked there, and has no figure."""

PEERS = tuple(server.name for server in SERVERS.values() if server.kind == "peer")
GRANIAN = tuple(name for name in PEERS if name.startswith("granian"))
FROM = {kind: tuple(name for name in PEERS if SERVERS[name].files == kind) for kind in ("disk", "memory")}
"""The peers by where their static files come from."""
OF_ASGI, OF_WSGI = (
    tuple(name for name in PEERS if SERVERS[name].interface == interface) for interface in ("asgi", "wsgi")
)
IN_THREADS = ("granian-wsgi", "gunicorn")
"""Those of WSGI that call it in threads, so that one call which waits does not hold up the others."""
GROUPS = {
    PEERS: "the best peer",
    **{peers: f"the best peer, files from {kind}" for kind, peers in FROM.items()},
    OF_ASGI: "the best ASGI peer",
    OF_WSGI: "the best WSGI peer",
    IN_THREADS: "the best WSGI peer in threads",
}


def rivals(profile: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Who of ours is compared with which peers. Static files: those from disk with those from disk, and so on."""
    if profile == "static":
        return (NATIVE, FROM["disk"]), ("fastresp-memory", FROM["memory"])
    return ((NATIVE, PEERS),)


def adapters(profile: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Those of ours that run the applications of a profile, each with the peers that it is compared with."""
    pairs = (("asgi", ASGI, OF_ASGI), ("wsgi", WSGI, IN_THREADS), ("wsgi", LOOP, OF_WSGI))
    return tuple(
        (who, peers) for interface, who, peers in pairs if interface in (PROFILES[profile].applications or PLAIN)
    )


class Verdict(NamedTuple):
    """One row: what is compared, what was measured, what it has to be, and whether it is."""

    profile: str
    what: str
    measured: str
    wanted: str
    verdict: str


class Target(NamedTuple):
    """In a profile, `figure` of `who` over that of the best of `against` is at least, or at most, `limit`.

    With `of`, what it is compared with is measured in that other profile. Without `against`, the figure itself is
    meant. `eager`: it is for Pythons that have eager tasks, or for those that have none; None: for all.
    """

    profile: str
    figure: str  # a field or a property of measure.Figure
    against: tuple[str, ...]
    limit: float
    at_least: bool = False
    of: str = ""
    who: str = NATIVE
    eager: bool | None = None

    def judge(self, values: Values, failed: Failed) -> Verdict | None:
        """None where a figure is missing, unless the server that has to reach the target was asked in vain."""
        mine = values(self.profile, self.who, self.figure)
        others = {
            each: found for each in self.against if any(found := values(self.of or self.profile, each, self.figure))
        }
        if self.against and not others:
            return None
        name = ""
        if others:
            name = (max if self.at_least else min)(others, key=lambda each: median(others[each]))
        if not mine:
            if failed(self.profile, self.who):
                return self._verdict(name, "-", "**no**: it has no figure there")
            return self._left_behind(values)
        measured = median(mine) / (median(others[name]) if others else 1)
        verdict = "yes" if (measured >= self.limit if self.at_least else measured <= self.limit) else "**no**"
        if self.figure == P99 and within_spread(mine, others[name]):
            verdict += f" ({WITHIN})"
        return self._verdict(name, f"{measured:.2f}", self._unless_disturbed(verdict, values, (self.who, name)))

    def _left_behind(self, values: Values) -> Verdict | None:
        """Who did not keep up at equal load has no latency, and has not reached the target either."""
        if self.figure != P99 or not values(self.profile, self.who, "steady.requests_per_second"):
            return None
        return self._verdict("", "-", self._unless_disturbed("**no**: it did not carry that load", values, (self.who,)))

    def _unless_disturbed(self, verdict: str, values: Values, servers: Iterable[str]) -> str:
        others_took = disturbance(values, self.profile, self.figure, servers)
        if others_took <= DISTURBED:
            return verdict
        return f"not judged: other jobs took up to {others_took:.0%} of a core"

    def _verdict(self, name: str, measured: str, verdict: str) -> Verdict:
        what = WORDS[self.figure] if self.who == NATIVE else f"{WORDS[self.figure]} of {self.who}"
        if self.of:
            what += f", over that in {self.of}"
        elif self.against:
            what += f", over {', '.join(filter(None, (GROUPS.get(self.against), name)))}"
        wanted = f"{'at least' if self.at_least else 'at most'} {self.limit:.3g}"
        return Verdict(self.profile, what, measured, wanted, verdict)


def within_spread(mine: Sequence[float], theirs: Sequence[float]) -> bool:
    """Whether two medians differ by less than either of the two servers does from itself, round by round."""
    spread = min(max(each) - min(each) for each in (mine, theirs))
    return abs(median(mine) - median(theirs)) < spread


def disturbance(values: Values, profile: str, figure: str, servers: Iterable[str]) -> float:
    """The largest share of a core that other jobs took from one of these servers or from wrk, in the stage that the
    figure is of; 0.0 for a figure that does not suffer from that.
    """
    stage, dot, name = figure.rpartition(".")
    if name not in ("requests_per_second", "p99"):
        return 0.0
    shares = [f"{stage}{dot}{share}" for share in ("server_others", "client_others")]
    return max(median(values(profile, server, share) or (0.0,)) for server in servers for share in shares)


P99 = "steady.p99"
WITHIN = "within the rounds' spread"
EAGER = (3, 12)
"""The Python that came with eager tasks."""
WORDS = {
    "requests_per_second": "requests/s",
    "cpu": "CPU a request",
    P99: "p99 at equal load",
    "memory": "peak memory",
    "peak": "MiB of peak memory",
    "growth": "MiB above idle for each upload",
}


def judge(values: Values, failed: Failed = lambda profile, server: False, python: str = "") -> list[Verdict]:
    """A verdict for each target whose figures are there; `python` is the name and the version of theirs."""
    version = tuple(int(part) for part in python.rpartition(" ")[2].split(".")[:2] if part.isdigit())
    wanted = [target for target in TARGETS if target.eager is None or target.eager is (version >= EAGER)]
    return [verdict for target in wanted if (verdict := target.judge(values, failed)) is not None]


_MAIN = tuple(profile.name for profile in PROFILES.values() if profile.is_main)

_FRAMEWORKS = {"fastapi-json": 0.9, "starlette-plaintext": 0.7, "flask-json": 0.9, "django-json": 0.95}
"""To be first, by this ratio: the framework's own time, the same for all, is most of a request."""

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
    *(
        Target(profile, "cpu", peers, 1, who=who)
        for profile in ("json", "json-tls", "static")
        for who, peers in rivals(profile)
    ),
    Target("static", "cpu", ("nginx",), 1.5),
    Target("stream", "cpu", PEERS, 0.8),
    Target("upload", "cpu", PEERS, 0.8),
    Target("upload", "growth", (), 2),
    Target("plaintext-4096", "cpu", (NATIVE,), 1.25, of="plaintext-64"),
    *(Target(profile, "memory", ("uvicorn",), 1) for profile in _MAIN),
    *(Target(profile, P99, peers, 1, who=who) for profile in _MAIN for who, peers in rivals(profile)),
    # --- applications: each adapter against the peers of its interface
    *(
        Target(profile, "cpu", (peer,), limit, who=ASGI)
        for profile in ("plaintext", "headers")
        for peer, limit in (("granian-asgi", 0.65), ("uvicorn", 0.4))
    ),
    *(
        Target(profile, "cpu", ("granian-asgi",), limit, who=ASGI)
        for profile, limit in (("baseline", 0.6), ("limited", 0.8), ("json", 0.85), ("json-tls", 0.85), ("upload", 0.4))
    ),
    *(
        Target(profile, "cpu", (peer,), 0.5, who=ASGI)
        for profile in ("stream", "stream-sized")
        for peer in ("granian-asgi", "uvicorn")
    ),
    Target("plaintext", "cpu", (NATIVE,), 1.5, who="fastresp-async", eager=False),
    Target("plaintext", "cpu", (NATIVE,), 1.35, who="fastresp-async", eager=True),
    *(
        Target(profile, "cpu", (peer,), limit, who=who)
        for who, peer, limit in ((LOOP, "fastpysgi-wsgi", 1.05), (WSGI, "granian-wsgi", 0.85))
        for profile in ("plaintext", "headers", "json")
    ),
    Target("stream", "cpu", ("granian-wsgi",), 0.5, who=WSGI),
    Target("upload", "cpu", ("granian-wsgi",), 0.9, who=WSGI),
    Target("upload", "peak", (), 80, who=WSGI),
    *(Target("static-large", "cpu", ("granian-asgi",), 0.9, who=who) for who in (ASGI, PATHSEND)),
    Target("static-large", "cpu", ("gunicorn",), 0.9, who=WSGI),
    *(
        Target(profile, "cpu", peers, _FRAMEWORKS[profile] if who != LOOP else 1, who=who)
        for profile in _FRAMEWORKS
        for who, peers in adapters(profile)
    ),
)
