"""`python -m bench.fairness [--only TEXT] [--seconds S]`: prints both tables; writes their figures to bench/results/.

The server has a core of its own, all clients together another one. A minute and a half; Linux, two cores.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import RESULTS, ROOT, machine
from bench.arena.tools import certificate
from bench.fairness import client
from bench.fairness.attacks import HOLDS, WAITS, Hold, Wait

SERVER_CORE, CLIENT_CORE = 0, 1
SPAWN = multiprocessing.get_context("spawn")


@contextmanager
def serving(kind: str, secure: bool) -> Iterator[tuple[int, int]]:
    """The port and the process id of a server."""
    command = [sys.executable, "-m", "bench.fairness.server", kind, *(certificate() if secure else ())]
    pin = ["taskset", "-c", str(SERVER_CORE)]
    with subprocess.Popen(
        [*pin, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
            process.stdin.close()
            process.wait(5)
        finally:
            process.kill()


def measure_wait(attack: Wait, seconds: float) -> client.Waits:
    with serving(attack.kind, attack.secure) as (port, _):
        client.wait(port, attack.secure, 0.1)
        if not attack.pieces:
            return client.wait(port, attack.secure, seconds)
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=client.attack, args=(attack, port, seconds + 1, theirs))
        process.start()
        try:
            ours.recv()
            return client.wait(port, attack.secure, seconds)
        finally:
            process.join(10)
            process.kill()


def measure_hold(hold: Hold) -> int:
    """Bytes of memory that the server's process has grown by, a client."""
    with serving(hold.kind, hold.secure) as (port, pid):
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=client.hold, args=(hold, port, theirs))
        process.start()
        try:
            before = _after(ours, pid, 1)  # what the first one makes the process load is not the others' cost
            return max(0, (_after(ours, pid, hold.clients) - before) // hold.clients)
        finally:
            ours.send(0)
            process.join(10)
            process.kill()


def _after(orders: multiprocessing.connection.Connection, pid: int, clients: int) -> int:
    """Bytes of the process's memory once so many more clients have sent, and it has come to rest."""
    orders.send(clients)
    orders.recv()
    sizes = [0]
    for _ in range(100):
        sizes.append(_resident(pid))
        if len(sizes) > 10 and max(sizes[-10:]) - min(sizes[-10:]) < 65536:
            break
        time.sleep(0.1)
    return sizes[-1]


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fairness", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="the rows whose name holds this")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each attack (3)")
    options = parser.parse_args()
    os.sched_setaffinity(0, {CLIENT_CORE})
    facts = machine.facts(("uvloop",))
    print(machine.sentence(facts))

    print("\n| beside | handler | worst wait, ms | median, ms |\n|---|---|--:|--:|")
    figures = []
    for attack in WAITS:
        if options.only in attack.name:
            waits = measure_wait(attack, options.seconds)
            figures.append({"name": attack.name, "kind": attack.kind, **waits._asdict()})
            print(
                f"| {attack.name} | {attack.kind} | {waits.worst * 1000:.1f} | {waits.median * 1000:.2f} |", flush=True
            )

    print("\n| each client | handler | KiB held | bound, KiB | |\n|---|---|--:|--:|---|")
    kept = True
    for hold in HOLDS:
        if options.only in hold.name:
            size = measure_hold(hold)
            kept = kept and size <= hold.bound
            figures.append({"name": hold.name, "kind": hold.kind, "bytes": size, "bound": hold.bound})
            verdict = "" if size <= hold.bound else "**above**"
            print(f"| {hold.name} | {hold.kind} | {size / 1024:.1f} | {hold.bound // 1024} | {verdict} |", flush=True)

    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "fairness.json").write_text(json.dumps({"machine": facts, "figures": figures}, indent=1))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
