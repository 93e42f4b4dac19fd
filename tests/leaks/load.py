"""Requests of every kind, good and bad, and clients that leave at any step: what may leave something behind."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import struct
from contextlib import suppress

HOST = b"Host: test\r\n"
BODY = bytes(range(256)) * 8
TIMEOUT = 20.0


def request(line: bytes, *fields: bytes, body: bytes = b"") -> bytes:
    lines = b"".join(field + b"\r\n" for field in fields)
    return line + b" HTTP/1.1\r\n" + HOST + lines + b"\r\n" + body


def post(target: bytes, body: bytes, *fields: bytes) -> bytes:
    return request(b"POST " + target, b"Content-Length: %d" % len(body), *fields, body=body)


def chunked(target: bytes, body: bytes) -> bytes:
    half = len(body) // 2
    parts = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    return request(b"POST " + target, b"Transfer-Encoding: chunked", body=parts + b"0\r\nX-Sum: 1\r\n\r\n")


# A connection goes on after these.
GOOD = (
    request(b"GET /plain"), request(b"GET /plain"), request(b"HEAD /plain"), request(b"GET /look?a=b&c=%64", b"X-A: b"),
    request(b"GET /chunked"), request(b"GET /file"), request(b"GET /bytes"), request(b"GET /late"),
    request(b"GET /raise"), request(b"GET /drop"), request(b"GET /nothing"), request(b"GET /large"),
    post(b"/echo", BODY), post(b"/echo", BODY * 50), chunked(b"/echo", BODY), chunked(b"/stream", BODY * 20),
    post(b"/stream", BODY, b"Expect: 100-continue"), post(b"/unread", BODY), post(b"/late", BODY),
)  # fmt: skip
# And ends after these.
LAST = (
    request(b"GET /plain", b"Connection: close"),
    request(b"GET /broken"),
    request(b"GET  /plain"),
    request(b"GET /plain", b"X : y"),
    request(b"POST /echo", b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    request(b"POST /echo", b"Transfer-Encoding: chunked", body=b"5\r\nhelloX"),
    request(b"POST /stream", b"Transfer-Encoding: chunked", body=b"5\r\nhello\r\nz"),
    request(b"POST /echo", b"Content-Length: 500000", body=BODY),
    b"GET /chunked HTTP/1.0\r\n\r\n",
    b"GET /plain HTTP/2.0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
)


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def visit(port: int, choice: random.Random, context: ssl.SSLContext | None) -> int:
    """One connection, from its first request to its end; how many requests that were, about."""
    count = choice.randrange(1, 40)
    messages = [choice.choice(GOOD) for _ in range(count)]
    if choice.randrange(2) or context is not None:  # there is no half-closed TLS
        messages.append(choice.choice(LAST))
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    sock: socket.socket = writer.get_extra_info("socket")
    stream = b"".join(messages)
    way = choice.randrange(6)
    if way < 3:  # all is sent and all is read
        reading = asyncio.create_task(read_all(reader))
        writer.write(stream)
        with suppress(OSError):
            await writer.drain()
            if context is None:
                writer.write_eof()
        await reading
    else:  # the client leaves: after some of its request, before, while or after it is answered
        end = choice.randrange(len(stream) + 1)
        place = 0
        while place < end and not writer.transport.is_closing():
            piece = choice.randrange(1, 20000)
            writer.write(stream[place : min(end, place + piece)])
            place += piece
            if choice.randrange(3) == 0:
                with suppress(TimeoutError, OSError):
                    await asyncio.wait_for(reader.read(choice.randrange(1, 100_000)), 0.003)
        if way == 3:
            with suppress(OSError):  # the server may have been first
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif way == 4 or context is not None:  # asyncio's TLS waits for what it does not read
            writer.transport.abort()
        else:
            with suppress(OSError):
                writer.write_eof()
                await asyncio.wait_for(read_all(reader), TIMEOUT)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return len(messages)


async def read_all(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await asyncio.wait_for(reader.read(1 << 18), TIMEOUT):
            pass


async def visitors(ports: list[int], secure: int, requests: int, seed: int, together: int = 24) -> int:
    """Connections until these many requests are sent, some at once. The last `secure` of the ports speak TLS."""
    choice = random.Random(seed)
    sent = 0
    tls = unverified() if secure else None

    async def one() -> None:
        nonlocal sent
        while sent < requests:
            number = choice.randrange(len(ports))
            context = tls if number >= len(ports) - secure else None
            count = await visit(ports[number], random.Random(choice.random()), context)
            sent += count  # not in one: others count while this one waits

    await asyncio.gather(*[one() for _ in range(together)])
    return sent
