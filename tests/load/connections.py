"""Opens many connections at once, has each answered twice, and says what they cost: time, memory, processor.

    python tests/load/connections.py --count 10000

Memory is compared with that of uvloop's own transport with an empty protocol, in a process of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from load.crowd import Crowd, Site, raise_descriptors, site

TARGET = 6 * 1024
"""Bytes of memory that an idle keep-alive connection may have above uvloop's own transport."""


@dataclass
class Cost:
    """What a crowd cost the server; seconds, bytes a connection, share of one processor while all were idle."""

    open: float
    first: float
    second: float
    memory: float
    idle: float


def wait_for_none(server: Site) -> None:
    """Returns when the server has closed all connections."""
    end = time.monotonic() + 20
    while server.connections():
        if time.monotonic() > end:
            raise RuntimeError(f"{server.connections()} connections were never closed")
        time.sleep(0.02)


def measure(directory: Path, count: int, *arguments: str, idle: float = 3.0, **options: object) -> Cost:
    """Opens the connections, asks on all of them twice, leaves them idle, and closes. Raises if anything fails."""
    with site(directory, *arguments, **options) as server:  # type: ignore[arg-type]
        with Crowd(server.port, 100) as crowd:  # what is made once is not a connection's
            crowd.ask()
        wait_for_none(server)
        before = server.memory()
        begun = time.monotonic()
        with Crowd(server.port, count) as crowd:
            opened = time.monotonic() - begun
            first = crowd.ask()
            if server.connections() != count:
                raise RuntimeError(f"{server.connections()} connections are open, not {count}")
            second = crowd.ask()
            memory = (server.memory() - before) / count
            used, begun = server.cpu(), time.monotonic()
            time.sleep(idle)
            share = (server.cpu() - used) / (time.monotonic() - begun)
            crowd.ask()
        wait_for_none(server)
        if options.get("kind") != "empty" and server.stop() != 0:
            raise RuntimeError("the server failed")
    return Cost(opened, first, second, memory, share)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--loop", default="uvloop", choices=["uvloop", "asyncio"])
    parser.add_argument("--pure", action="store_true", help="the twins that are not compiled")
    arguments = parser.parse_args()
    allowed = raise_descriptors(arguments.count)
    if allowed < arguments.count:
        parser.error(f"only {allowed} descriptors are to be had (ulimit -Hn)")
    with tempfile.TemporaryDirectory() as name:
        empty = measure(Path(name), arguments.count, kind="empty")
        cost = measure(Path(name), arguments.count, "--loop", arguments.loop, pure=arguments.pure)
    above = cost.memory - empty.memory
    print(f"connections open at once   {arguments.count}, all answered three times")
    print(f"to open them               {cost.open:.2f} s ({empty.open:.2f} s with an empty protocol)")
    print(f"one answer on each         {cost.first:.2f} s, then {cost.second:.2f} s ({empty.second:.2f} s)")
    print(f"memory of an idle one      {cost.memory:.0f} bytes ({empty.memory:.0f}); above that {above:.0f}")
    print(f"processor while idle       {cost.idle:.1%} of one ({empty.idle:.1%})")
    if above > TARGET:
        print(f"more than the {TARGET} bytes that are allowed above uvloop's own transport")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
