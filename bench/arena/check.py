"""Is the answer right? Every batch of a profile is asked twice on one connection, before anything is measured."""

from __future__ import annotations

import socket
from typing import BinaryIO

from bench.arena.process import Failed, Process
from bench.arena.profiles import Answer, Profile

SECONDS = 5.0


def check(profile: Profile, process: Process) -> None:
    """Raises Failed, with what is wrong, unless the server answers every request rightly and in order."""
    try:
        with socket.create_connection(("127.0.0.1", process.port), SECONDS) as sock, sock.makefile("rb") as stream:
            for batch in profile.batches * 2:
                sock.sendall(batch.requests)
                for expected in batch.answers:
                    answer = read_answer(stream)
                    if answer != expected:
                        raise Failed(f"it answers wrongly: {_short(answer)} instead of {_short(expected)}")
    except (OSError, ValueError) as error:
        raise Failed(f"it does not answer rightly: {error}; it says: {process.said() or 'nothing'}") from None


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
    if fields.get("transfer-encoding", "").lower() == "chunked":
        return Answer(status, content_type, _chunked(stream))
    if "content-length" not in fields:
        raise ValueError("the answer does not tell its length")
    return Answer(status, content_type, _exactly(stream, int(fields["content-length"])))


def _fields(stream: BinaryIO) -> dict[str, str]:
    fields = {}
    while (line := stream.readline(65536)) != b"\r\n":
        if not line.endswith(b"\r\n"):
            raise ValueError("the head is not complete")
        name, _, value = line.decode("latin-1").partition(":")
        fields[name.lower()] = value.strip()
    return fields


def _chunked(stream: BinaryIO) -> bytes:
    body = b""
    while size := int(stream.readline(64).split(b";")[0], 16):
        body += _exactly(stream, size)
        if stream.readline(2) != b"\r\n":
            raise ValueError("a chunk does not end where it should")
    _fields(stream)
    return body


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ValueError("the body is not complete")
    return data


def _short(answer: Answer) -> str:
    body = answer.body if len(answer.body) <= 40 else answer.body[:40] + b"..."
    return f"{answer.status} {answer.content_type} {body!r}"
