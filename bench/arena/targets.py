"""What has to be reached: a table of relations between the figures of two servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bench.arena.servers import FLOOR

DISTURBED = 0.05
"""The share of a core that other jobs may take before requests per second tell nothing."""


class Target(NamedTuple):
    """In a profile, `figure` of `server` over that of `against` is at least, or at most, `limit`."""

    profile: str
    figure: str  # a field of measure.Figure
    server: str
    against: str
    limit: float
    at_least: bool

    def judge(self, value: Callable[[str, str, str], float | None]) -> str:
        """A sentence; "" where a figure is missing. `value(profile, server, figure)` is a median."""
        mine = value(self.profile, self.server, self.figure)
        theirs = value(self.profile, self.against, self.figure)
        if mine is None or not theirs:
            return ""
        ratio = mine / theirs
        reached = ratio >= self.limit if self.at_least else ratio <= self.limit
        verdict = "reached" if reached else "**missed**"
        others = max(
            value(self.profile, server, share) or 0.0
            for server in (self.server, self.against)
            for share in ("server_others", "client_others")
        )
        if self.figure == "requests_per_second" and others > DISTURBED:
            verdict = f"not judged, for other jobs took up to {others:.0%} of a core"
        relation = "at least" if self.at_least else "at most"
        return (
            f"{self.profile}: {_WORDS[self.figure]} of {self.server} are {ratio:.2f} times those of {self.against} "
            f"({relation} {self.limit:g}): {verdict}"
        )


_WORDS = {"requests_per_second": "the requests per second", "cpu": "the CPU microseconds a request"}

TARGETS = (
    Target("plaintext", "requests_per_second", "fastresp", FLOOR, 0.85, True),
    Target("plaintext", "cpu", "fastresp", "uvicorn", 0.5, False),
    Target("pipelined", "cpu", "fastresp", "uvicorn", 0.5, False),
)
