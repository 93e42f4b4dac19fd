"""Is the answer right? Every batch of a profile is asked twice on one connection, before anything is measured."""

from __future__ import annotations

import socket
import ssl
import zlib
from contextlib import ExitStack
from typing import BinaryIO

from bench.arena.process import Process, Wrong
from bench.arena.profiles import Answer, Batch, Profile

SECONDS = 5.0


def check(profile: Profile, process: Process) -> None:
    """Raises Wrong, with what is wrong, unless the server answers every request rightly and in order.

    The connection is kept, unless a request asks for its end: then it has to come.
    """
    batches = [*profile.batches, *profile.batches]
    try:
        while batches:
            batches = _ask(batches, profile, process.port)
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise Wrong(f"it does not answer rightly: {error}; it says: {process.said() or 'nothing'}") from None


def _ask(batches: list[Batch], profile: Profile, port: int) -> list[Batch]:
    """Asks on one connection, until a batch ends it; returns what is left."""
    with ExitStack() as stack:
        sock = stack.enter_context(socket.create_connection(("127.0.0.1", port), SECONDS))
        if profile.tls:
            sock = stack.enter_context(_tls().wrap_socket(sock, server_hostname="localhost"))
        stream = stack.enter_context(sock.makefile("rb"))
        for index, batch in enumerate(batches, 1):
            sock.sendall(batch.requests)
            for expected in batch.answers:
                answer = read_answer(stream)
                if not expected.is_met_by(answer, batch.brotli):
                    raise Wrong(f"it answers wrongly: {_short(answer)} instead of {_short(expected)}")
            if batch.closes:
                if stream.read(1):
                    raise ValueError("there is more after the last answer")
                return batches[index:]
    return []


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is the certificate that the arena has just made
    return context


def read_answer(stream: BinaryIO) -> Answer:
    """One final answer. Raises ValueError for what is none."""
    status = 100
    while status < 200:
        line = stream.readline(65536)
        version, _, rest = line.decode("latin-1").partition(" ")
        if version != "HTTP/1.1" or not rest[:3].isdigit():
            raise ValueError(f"no status line: {line!r}")
        status = int(rest[:3])
        fields = _fields(stream)
    content_type = fields.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "application/javascript":  # the older name of the same (RFC 9239, section 6)
        content_type = "text/javascript"
    coding = fields.get("content-encoding", "").lower()
    if fields.get("transfer-encoding", "").lower() == "chunked":
        chunks = _chunks(stream)
        return Answer(status, content_type, b"".join(chunks), len(chunks), coding)
    if "content-length" not in fields:
        raise ValueError("the answer does not tell its length")
    return Answer(status, content_type, _exactly(stream, int(fields["content-length"])), 0, coding)


def _fields(stream: BinaryIO) -> dict[str, str]:
    fields = {}
    while (line := stream.readline(65536)) != b"\r\n":
        if not line.endswith(b"\r\n"):
            raise ValueError("the head is not complete")
        name, _, value = line.decode("latin-1").partition(":")
        fields[name.lower()] = value.strip()
    return fields


def _chunks(stream: BinaryIO) -> list[bytes]:
    chunks = []
    while size := int(stream.readline(64).split(b";")[0], 16):
        chunks.append(_exactly(stream, size))
        if stream.readline(2) != b"\r\n":
            raise ValueError("a chunk does not end where it should")
    _fields(stream)
    return chunks


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ValueError("the body is not complete")
    return data


def _short(answer: Answer) -> str:
    body = answer.body if len(answer.body) <= 40 else answer.body[:40] + b"..."
    form = f" in {answer.chunks} chunks" if answer.chunks else ""
    form += f" as {answer.coding}" if answer.coding else ""
    return f"{answer.status} {answer.content_type} {body!r} ({len(answer.body):,} bytes{form})"
