"""The floor: a uvloop protocol in Python with a constant answer: `raw.py ANSWER constant|count PORT`. No server:

constant takes every read for one request; count takes every blank line for one, and loses one that two reads share.
ANSWER is a file that holds the bytes.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import uvloop


class Constant(asyncio.Protocol):
    def __init__(self, whole: bytes) -> None:
        self.answer = whole

    def connection_made(self, transport: Any) -> None:
        self.write = transport.write

    def data_received(self, data: bytes) -> None:
        self.write(self.answer)


class Count(Constant):
    def data_received(self, data: bytes) -> None:
        self.write(self.answer * data.count(b"\r\n\r\n"))


async def main(whole: bytes, kind: str, port: str) -> None:
    protocol = {"constant": Constant, "count": Count}[kind]
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(whole), "127.0.0.1", int(port), backlog=4096
    )
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]).read_bytes(), *sys.argv[2:]))
