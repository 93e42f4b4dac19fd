"""The hostile clients: what each sends, to which kind of server, and what it may cost.

Streams are made of pieces: over TLS each piece is a record of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

KIB = 1024
MIB = 1 << 20
HOST = b"Host: test\r\n"


def get(target: bytes, *fields: bytes) -> bytes:
    lines = b"".join(field + b"\r\n" for field in fields)
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + lines + b"\r\n"


def post(target: bytes, *fields: bytes) -> bytes:
    lines = b"".join(field + b"\r\n" for field in fields)
    return b"POST " + target + b" HTTP/1.1\r\n" + HOST + lines + b"\r\n"


def tiny_chunks(target: bytes, count: int) -> bytes:
    return post(target, b"Transfer-Encoding: chunked") + b"1\r\nx\r\n" * count + b"0\r\n\r\n"


def single_octets(message: bytes, count: int) -> Iterator[bytes]:
    yield from (bytes([octet]) for octet in message * count)


QUERY = b"/query?" + b"&".join(b"%x=" % number for number in range(13_000))
FIELDS = [b"x-%d: %d" % (number, number) for number in range(120)]


class Wait(NamedTuple):
    """Sent again and again by `connections` clients, while another client asks and its waits are measured."""

    name: str
    kind: str
    pieces: tuple[bytes, ...] = ()
    connections: int = 1
    secure: bool = False


WAITS = (
    Wait("nobody else", "plain"),
    Wait("6,000 pipelined GETs, 0.5 ms each", "plain", (get(b"/work") * 6000,)),
    Wait("6,000 pipelined GETs, 0.5 ms each", "coroutine", (get(b"/work") * 6000,)),
    Wait("6,000 pipelined GETs, 0.5 ms each", "asgi", (get(b"/work") * 6000,)),
    Wait("6,000 pipelined GETs, 0.5 ms each", "wsgi", (get(b"/work") * 6000,)),
    Wait("200,000 chunks of one octet", "plain", (tiny_chunks(b"/", 200_000),)),
    Wait("200,000 chunks of one octet", "coroutine", (tiny_chunks(b"/read", 200_000),)),
    Wait("200,000 chunks of one octet", "asgi", (tiny_chunks(b"/read", 200_000),)),
    Wait("TLS records of one octet", "plain", tuple(single_octets(get(b"/"), 400)), secure=True),
    Wait("a query of 13,000 names, looked at as a dict", "plain", (get(QUERY) * 16,)),
    Wait("heads of 120 fields, pipelined", "plain", (get(b"/", *FIELDS) * 200,)),
    Wait("8 clients pipeline, 5 ms each", "plain", (get(b"/slow"),), 8),
    Wait("8 clients pipeline, 5 ms each", "coroutine", (get(b"/slow"),), 8),
    Wait("8 clients pipeline, 5 ms each", "wsgi", (get(b"/slow"),), 8),
    Wait("answers of 1 MiB, pipelined", "plain", (get(b"/large") * 64,)),
)


class Hold(NamedTuple):
    """Sent once by each of many clients, which then read nothing; `bound` is what each may hold, in bytes."""

    name: str
    kind: str
    pieces: tuple[bytes, ...]
    bound: int
    secure: bool = False
    clients: int = 100


HOLDS = (
    Hold("idle after an answer", "plain", (get(b"/"),), 8 * KIB),
    Hold("half a head, 40 KiB", "plain", (b"GET / HTTP/1.1\r\n" + HOST + b"x: " + b"y" * 40 * KIB,), 72 * KIB),
    Hold("half a head in 64 fields", "plain", (get(b"/", *FIELDS[:64])[:-2],), 72 * KIB),
    Hold("half a content of 1 MiB", "plain", (post(b"/", b"Content-Length: 1048576") + b"x" * 512 * KIB,), MIB),
    Hold(
        "half a content, not read",
        "coroutine",
        (post(b"/never", b"Content-Length: 8000000") + b"x" * 4 * MIB,),
        960 * KIB,
    ),
    Hold("chunks of one octet, read slowly", "coroutine", (tiny_chunks(b"/read-slowly", 100_000),), 960 * KIB),
    Hold("64 pipelined, answers of 1 MiB", "plain", (get(b"/large") * 64,), 2 * MIB),
    Hold("64 pipelined, answers of 1 MiB", "coroutine", (get(b"/large") * 64,), 3 * MIB),
    Hold("64 pipelined, answers of 1 MiB", "asgi", (get(b"/large") * 64,), 3 * MIB),
    Hold("64 pipelined, answers of 1 MiB", "wsgi", (get(b"/large") * 64,), 3 * MIB),
    Hold("64 pipelined behind one that is not answered", "coroutine", (get(b"/never") + get(b"/") * 63,), 512 * KIB),
    Hold("an answer of 100 MiB of one object, not read", "plain", (get(b"/shared"),), 512 * KIB),
    Hold("TLS, idle after an answer", "plain", (get(b"/"),), 48 * KIB, secure=True),
    Hold("TLS, an answer of 100 MiB of one object, not read", "plain", (get(b"/shared"),), 512 * KIB, secure=True),
    Hold("TLS, 64 pipelined, answers of 1 MiB", "plain", (get(b"/large") * 64,), 2 * MIB, secure=True),
)
