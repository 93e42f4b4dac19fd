"""One command: `python -m bench.arena` measures all servers in all profiles, the rounds interleaved, and reports.

It makes an environment with all peers first. The report goes to stdout and, with plots and the raw figures, to
bench/results/; what happens meanwhile goes to stderr.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import machine
from bench.arena import environment, load, publish, report
from bench.arena.measure import Figure, Settings, duration, measure
from bench.arena.options import read_options
from bench.arena.process import Failed, Wrong
from bench.arena.profiles import PROFILES, Profile
from bench.arena.servers import SERVERS, Server


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    if options.figures:
        return say(report.Report.from_json(json.loads(options.figures.read_text())), options.output, options.publish)
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
    servers = [SERVERS[name] for name in options.servers]
    profiles = [PROFILES[name] for name in options.profiles]
    if not options.here:
        environment.prepare(environment.wanted(servers, profiles))
        environment.enter(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a server that runs is ended first
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # servers and wrk inherit it
    servers, skipped = present(servers)
    for line in skipped:
        print(line, file=sys.stderr)
    settings = Settings(
        options.seconds,
        options.warm_up,
        options.steady,
        options.connections,
        options.server_core,
        options.client_core,
    )
    facts = machine.facts(environment.wanted(servers, profiles))
    result = report.Report(facts, settings, options.rounds, skipped, {})
    print(f"all of it: about {sum(minutes(each, servers, result) for each in profiles):.0f} minutes", file=sys.stderr)
    for profile in profiles:
        run(profile, servers, result)
        keep(result, options.output)
    return say(result, options.output, options.publish)


def run(profile: Profile, servers: Sequence[Server], result: report.Report) -> None:
    """Measures one profile: in each round one server after the other. Who answers wrongly is not asked again."""
    racing = [server for server in servers if server.takes_part(profile)]
    print(f"{profile.name}: about {minutes(profile, racing, result):.1f} minutes", file=sys.stderr, flush=True)
    for index in range(1, result.rounds + 1):
        for server in tuple(racing):
            found: Figure | str
            try:
                if reason := server.hindrance(profile):
                    raise Wrong(reason)
                found = measure(server, profile, result.settings)
                said = f"{found.requests_per_second:,.0f} requests/s, {found.cpu:.2f} us of CPU each"
            except Failed as failure:
                found = said = str(failure)
                if isinstance(failure, Wrong):
                    racing.remove(server)
            result.figures.setdefault((profile.name, server.name), []).append(found)
            print(f"{profile.name}, round {index}, {server.name}: {said}", file=sys.stderr, flush=True)


def minutes(profile: Profile, servers: Sequence[Server], result: report.Report) -> float:
    """About how long one profile takes. Who has no figure there takes no time."""
    racing = [each for each in servers if each.takes_part(profile) and not each.hindrance(profile)]
    return result.rounds * len(racing) * duration(profile, result.settings) / 60


def present(servers: list[Server]) -> tuple[list[Server], list[str]]:
    """The servers that can run here, and a line for each that can't."""
    reasons = {server.name: server.missing() for server in servers}
    skipped = [f"skipped: {name} needs {reason}" for name, reason in reasons.items() if reason]
    return [server for server in servers if not reasons[server.name]], skipped


def keep(result: report.Report, folder: Path) -> None:
    """What was measured, so far, as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "arena.json").write_text(json.dumps(result.as_json(), indent=1) + "\n")


def say(result: report.Report, folder: Path, published: bool) -> int:
    """Writes the report where it belongs; returns the exit status."""
    text = result.text()
    print(text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "arena.md").write_text(text + "\n")
    publish.plots(result, folder / "plots")
    if published:
        publish.publish(result)
    return 0 if result.has_figures() else 1


if __name__ == "__main__":
    sys.exit(main())
