"""The floor: a uvloop protocol in Python with a constant answer: `raw.py BODY constant|count PORT`. No server:

constant takes every read for one request; count takes every blank line for one, and loses one that two reads share.
The answer has the bytes that fastresp sends, but for the date, which stands still.
"""

from __future__ import annotations

import asyncio
import sys
from email.utils import formatdate
from typing import Any

import uvloop


def answer(body: bytes) -> bytes:
    """The whole answer, as fastresp's `write(body, "text/plain")` makes it."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + f"date: {formatdate(usegmt=True)}\r\n\r\n".encode() + body


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


async def main(body: str, kind: str, port: str) -> None:
    whole = answer(body.encode("ascii"))
    protocol = {"constant": Constant, "count": Count}[kind]
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(whole), "127.0.0.1", int(port), backlog=2048
    )
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(*sys.argv[1:]))
