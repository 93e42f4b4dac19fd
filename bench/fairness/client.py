"""The clients: `attack` for a while, `hold` until told to end, each in a process of its own; `wait` and measure."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import NamedTuple

from bench.fairness.attacks import Hold, Wait, get

PAUSE = 0.002
"""Seconds between two requests of the client that waits."""
TIMEOUT = 30.0


class Waits(NamedTuple):
    """Seconds that the answers took."""

    worst: float
    median: float
    count: int


def context(secure: bool) -> ssl.SSLContext | None:
    if not secure:
        return None
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def wait(port: int, secure: bool, seconds: float) -> Waits:
    """Asks again and again, on one connection."""
    times = []
    plain = socket.create_connection(("127.0.0.1", port), TIMEOUT)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made = context(secure)
    with plain if made is None else made.wrap_socket(plain) as sock:
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            sock.sendall(get(b"/"))
            answer = b""
            while b"Hello, World!" not in answer:
                data = sock.recv(4096)
                if not data:
                    raise ConnectionError(f"closed after {len(times)} answers")
                answer += data
            times.append(time.perf_counter() - start)
            time.sleep(PAUSE)
    times.sort()
    return Waits(times[-1], times[len(times) // 2], len(times))


def attack(attack: Wait, port: int, seconds: float, ready: Connection) -> None:
    """Sends without a pause, and reads what comes; a connection that was closed is opened again."""
    asyncio.run(_attack(attack, port, seconds, ready))


async def _attack(attack: Wait, port: int, seconds: float, ready: Connection) -> None:
    end = time.monotonic() + seconds

    async def one() -> None:
        while time.monotonic() < end:
            reader, writer = await _connect(port, attack.secure, 1 << 20)
            reading = asyncio.create_task(_drop_all(reader))
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(max(0.01, end - time.monotonic())):
                    while not reading.done():
                        for piece in attack.pieces:
                            writer.write(piece)
                        await writer.drain()
                        if attack.connections > 1:
                            await asyncio.sleep(0.001)
            reading.cancel()
            writer.transport.abort()

    ready.send(None)
    await asyncio.gather(*[one() for _ in range(attack.connections)])


def hold(hold: Hold, port: int, orders: Connection) -> None:
    """For each number that comes, opens so many connections, sends, and says when; at the end all are aborted."""
    asyncio.run(_hold(hold, port, orders))


async def _hold(hold: Hold, port: int, orders: Connection) -> None:
    writers = []
    while count := await asyncio.to_thread(orders.recv):
        for _ in range(count):
            _, writer = await _connect(port, hold.secure, 1024)
            for piece in hold.pieces:
                writer.write(piece)
            writers.append(writer)
        orders.send(None)
    for writer in writers:
        writer.transport.abort()


async def _connect(port: int, secure: bool, limit: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """`limit`: bytes of answers that are taken before no more are read."""
    return await asyncio.open_connection("127.0.0.1", port, ssl=context(secure), limit=limit)


async def _drop_all(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(1 << 20):
            pass
