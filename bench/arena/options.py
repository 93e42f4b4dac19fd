"""The command line of the arena."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from bench import RESULTS
from bench.arena.profiles import GROUPS, PROFILES
from bench.arena.servers import SERVERS


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.arena",
        description="HTTP servers side by side, each in one process on one core.",
        epilog="servers: " + "; ".join(f"{server.name} ({server.text})" for server in SERVERS.values()),
    )
    add = parser.add_argument
    add("--seconds", type=int, default=5, help="measured in each round (default %(default)s)")
    add("--warm-up", type=int, default=1, metavar="SECONDS", help="before that (default %(default)s)")
    add("--steady", type=int, default=3, metavar="SECONDS", help="at equal load; 0: not at all (default %(default)s)")
    add("--rounds", type=int, default=3, help="of all servers, one after the other (default %(default)s)")
    add("--connections", type=int, default=0, help="at once (default: what the profile says)")
    add("--servers", type=_names(SERVERS), default=[*SERVERS], help="names, with commas between (default: all)")
    add(
        "--profiles",
        type=_names(PROFILES, GROUPS),
        default=[*PROFILES],
        help=f"of {', '.join([*PROFILES, *GROUPS])} (default: all)",
    )
    add("--server-core", type=int, default=0, help="(default %(default)s)")
    add("--client-core", type=int, default=1, help="(default %(default)s)")
    add("--here", action="store_true", help="use this Python and what it has, not an environment of the arena's own")
    add("--figures", type=Path, metavar="FILE", help="measure nothing: report what this arena.json holds")
    add("--publish", action="store_true", help="also write the report into bench/README.md and bench/plots/")
    add(
        "--output",
        type=Path,
        default=RESULTS,
        metavar="FOLDER",
        help="for arena.md, arena.json and plots/ (default %(default)s)",
    )
    options = parser.parse_args(arguments)
    if min(options.seconds, options.rounds) < 1 or min(options.warm_up, options.steady, options.connections) < 0:
        parser.error("--seconds and --rounds are at least 1, --warm-up, --steady and --connections at least 0")
    return options


def _names(known: Collection[str], groups: Mapping[str, Sequence[str]] = {}) -> Callable[[str], list[str]]:
    """A list of names, without repetition; a group's name stands for those in it."""

    def names(text: str) -> list[str]:
        found = [name for given in text.split(",") for name in groups.get(given, (given,))]
        unknown = [name for name in found if name not in known]
        if unknown:
            there_are = ", ".join([*known, *groups])
            raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there are {there_are}")
        return list(dict.fromkeys(found))

    return names
