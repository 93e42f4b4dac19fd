"""One command: `python -m bench.arena` measures all servers in all profiles, the rounds interleaved, and reports.

The tables go to stdout and, with the raw figures, to bench/results/; what happens meanwhile goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from bench import RESULTS, machine
from bench.arena import load, report
from bench.arena.measure import Figure, Settings, duration, measure
from bench.arena.process import Failed
from bench.arena.profiles import PROFILES, Profile
from bench.arena.servers import SERVERS, Server


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    if reason := load.missing():
        print(reason, file=sys.stderr)
        return 1
    cores = os.sched_getaffinity(0)
    if not {options.server_core, options.client_core} <= cores:
        print(
            f"the arena needs two cores; usable here are {sorted(cores)} (--server-core, --client-core)",
            file=sys.stderr,
        )
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a server that runs is ended first
    servers, skipped = present([SERVERS[name] for name in options.servers])
    for line in skipped:
        print(line, file=sys.stderr)
    profiles = [PROFILES[name] for name in options.profiles]
    settings = Settings(options.seconds, options.warm_up, options.connections, options.server_core, options.client_core)
    facts = machine.facts(tuple(dict.fromkeys(package for server in servers for package in server.packages)))
    rounds = run(servers, profiles, settings, options.rounds)
    text = document(servers, profiles, settings, options.rounds, facts, rounds, skipped)
    print(text)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "arena.md").write_text(text + "\n")
    raw = {"facts": facts, "settings": settings._asdict(), "skipped": skipped, "measurements": report.raw(rounds)}
    (options.output / "arena.json").write_text(json.dumps(raw, indent=1) + "\n")
    return 0 if any(isinstance(figure, Figure) for figures in rounds.values() for figure in figures) else 1


def run(
    servers: list[Server], profiles: list[Profile], settings: Settings, rounds: int
) -> dict[tuple[str, str], list[Figure | str]]:
    """Measures: in each profile and round one server after the other."""
    count = len(profiles) * rounds * len(servers)
    print(f"{count} measurements, about {count * duration(settings) / 60:.1f} minutes", file=sys.stderr)
    results: dict[tuple[str, str], list[Figure | str]] = {}
    for profile in profiles:
        for index in range(1, rounds + 1):
            for server in servers:
                result: Figure | str
                try:
                    result = measure(server, profile, settings)
                    said = f"{result.requests_per_second:,.0f} requests/s, {result.cpu:.2f} us of CPU each"
                except Failed as failure:
                    result = said = str(failure)
                results.setdefault((profile.name, server.name), []).append(result)
                print(f"{profile.name}, round {index}, {server.name}: {said}", file=sys.stderr, flush=True)
    return results


def present(servers: list[Server]) -> tuple[list[Server], list[str]]:
    """The servers that can run here, and a line for each that can't."""
    reasons = {server.name: server.missing() for server in servers}
    skipped = [f"skipped: {name} needs {reason}" for name, reason in reasons.items() if reason]
    return [server for server in servers if not reasons[server.name]], skipped


def document(
    servers: list[Server],
    profiles: list[Profile],
    settings: Settings,
    rounds: int,
    facts: dict[str, object],
    figures: report.Rounds,
    skipped: list[str],
) -> str:
    """The whole report in Markdown."""
    parts = [
        f"{machine.sentence(facts)}; medians of {rounds} interleaved rounds of {settings.seconds:g} s after "
        f"{settings.warm_up:g} s of warm-up; server on core {settings.server_core}, wrk on core {settings.client_core}"
    ]
    parts += skipped
    for profile in profiles:
        connections = settings.connections or profile.connections
        parts.append(f"**{profile.name}**: {profile.text}; {connections} connections")
        parts.append(report.table(profile, servers, figures))
    if sentences := report.targets(figures):
        parts.append(sentences)
    return "\n\n".join(parts)


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.arena",
        description="HTTP servers side by side, each in one process on one core.",
        epilog="servers: " + "; ".join(f"{server.name} ({server.text})" for server in SERVERS.values()),
    )
    add = parser.add_argument
    add("--seconds", type=int, default=5, help="measured in each round (default %(default)s)")
    add("--warm-up", type=int, default=1, metavar="SECONDS", help="before that (default %(default)s)")
    add("--rounds", type=int, default=5, help="of all servers, one after the other (default %(default)s)")
    add("--connections", type=int, default=0, help="at once (default: what the profile says)")
    add("--servers", type=_names(SERVERS), default=[*SERVERS], help="names, with commas between (default: all)")
    add("--profiles", type=_names(PROFILES), default=[*PROFILES], help="of " + ", ".join(PROFILES) + " (default: all)")
    add("--server-core", type=int, default=0, help="(default %(default)s)")
    add("--client-core", type=int, default=1, help="(default %(default)s)")
    add(
        "--output",
        type=Path,
        default=RESULTS,
        metavar="FOLDER",
        help="for arena.md and arena.json (default %(default)s)",
    )
    options = parser.parse_args(arguments)
    if options.seconds < 1 or options.rounds < 1 or options.warm_up < 0 or options.connections < 0:
        parser.error("--seconds and --rounds are at least 1, --warm-up and --connections at least 0")
    return options


def _names(known: Collection[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        unknown = [name for name in text.split(",") if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
        return text.split(",")

    return names


if __name__ == "__main__":
    sys.exit(main())
