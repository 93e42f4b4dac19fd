"""Instructions that one answer takes in the compiled twin, counted by valgrind: repeatable, where seconds are not.

    python -m bench.instructions CHECKOUT [BEFORE]

Each is a checkout in which the compiled twins were built in place. With two of them, the exit status is 1 where an
answer takes more than 2 % more in CHECKOUT than in BEFORE. The counts are of this interpreter and compiler: they
compare checkouts, not machines.

A connection is fed requests, and answers into a socket pair, in the middle of the loop's turn: what is counted is from
the read to the write, with the handler's call, and for a coroutine the turn of the loop that its task takes.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
from typing import Any

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n"
# how many requests each read has, and whether the handler is a coroutine function
PROFILES = {"plain": (1, False), "pipelined": (16, False), "coroutine": (1, True)}
FEW, MANY = 500, 2500
"""Reads of two runs, whose difference leaves out the start of the interpreter."""
ALLOWED = 1.02


class Transport:
    """A transport past which the answers go, into a socket."""

    write = writelines = staticmethod(id)
    get_write_buffer_size = pause_reading = resume_reading = staticmethod(int)
    is_closing = staticmethod(bool)

    def __init__(self, sock: socket.socket) -> None:
        self._about = {"socket": sock, "peername": ("127.0.0.1", 50000)}

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._about.get(name, default)


def plain(request: Any, responder: Any) -> None:
    responder.write(b"Hello, World!", "text/plain")


async def coroutine(request: Any, responder: Any) -> None:
    responder.write(b"Hello, World!", "text/plain")


async def serve(profile: str, reads: int) -> None:
    """Answers so many reads."""
    from fastresp import Config, compiled
    from fastresp.engine import engine

    assert compiled, "the compiled twins are not built in place"
    requests, is_async = PROFILES[profile]
    loop = asyncio.get_running_loop()
    loop.time = float  # type: ignore[method-assign,assignment]  # no timer comes in between
    service = engine.new_service(coroutine if is_async else plain, Config(), loop, False, True)
    protocol = engine[1](service)  # by its place: the base may have another name for it
    for module in [module for name, module in sys.modules.items() if name.startswith("fastresp.http1.")]:
        if hasattr(module, "monotonic"):
            module.monotonic = float
    ours, other = socket.socketpair()
    ours.setblocking(False)
    protocol.connection_made(Transport(ours))
    data = REQUEST * requests
    room = bytearray(1 << 16)
    feed, receive = protocol.data_received, other.recv_into
    for _ in range(reads):
        feed(data)
        if is_async:
            await asyncio.sleep(0)  # the task's turn
        size = receive(room)
    assert room[:size].count(b"HTTP/1.1 200 OK") == requests, room[:size]


def count(checkout: str, profile: str) -> int:
    """Instructions of one read with its answers."""
    found = []
    for reads in (FEW, MANY):
        child = [sys.executable, "-P", __file__, checkout, profile, str(reads)]
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *child]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}
        told = subprocess.run(command, env=environment, capture_output=True, text=True)
        match = re.search(r"Collected : (\d+)", told.stderr)
        if told.returncode or match is None:
            sys.exit(f"the count failed: {told.stderr[-2000:]}")
        found.append(int(match[1]))
    return (found[1] - found[0]) // (MANY - FEW)


def main(checkout: str, before: str | None = None) -> int:
    """Prints the counts. 1 where there are too many."""
    status = 0
    for each in filter(None, (checkout, before)):
        count(each, "plain")  # and has Python write the bytecode
    for profile in PROFILES:
        now = count(checkout, profile)
        line = f"{profile:10} {now:7}"
        if before is not None:
            was = count(before, profile)
            line += f", before {was:7}: {now / was - 1:+.1%}"
            if now > was * ALLOWED:
                line += f", more than {ALLOWED - 1:.0%}"
                status = 1
        print(line, flush=True)
    return status


if __name__ == "__main__":
    if len(sys.argv) == 4:
        sys.path.insert(0, sys.argv[1])
        asyncio.run(serve(sys.argv[2], int(sys.argv[3])))
    else:
        sys.exit(main(*sys.argv[1:]))
