"""What the arena makes for itself, once, in a folder that is gone afterwards: a certificate, the floors' program and
answers.
"""

from __future__ import annotations

import functools
import subprocess
import tempfile
from email.utils import formatdate
from pathlib import Path

from bench.arena.profiles import Answer

FLOOR_SOURCE = Path(__file__).resolve().parent / "floor" / "epoll.c"

_folders: list[tempfile.TemporaryDirectory[str]] = []  # kept, for they are removed with their objects


@functools.cache
def certificate() -> tuple[str, str]:
    """The paths of a self-signed certificate for localhost and its key (P-256, PKCS #8), both as PEM."""
    folder = _folder()
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    _run([*command.split(), "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate])
    return certificate, key


@functools.cache
def floor() -> str:
    """The path of the compiled floor/epoll.c."""
    program = _folder() / "epoll"
    _run(["cc", "-O2", "-o", str(program), str(FLOOR_SOURCE)])
    return str(program)


@functools.cache
def answer_file(answer: Answer) -> str:
    """The path of a file with the bytes that fastresp sends for this; its date stands still."""
    chunk = len(answer.body) // (answer.chunks or 1)
    framing = "transfer-encoding: chunked" if answer.chunks else f"content-length: {len(answer.body)}"
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {answer.content_type}\r\n{framing}\r\n"
    body = answer.body
    if answer.chunks:
        pieces = (body[start : start + chunk] for start in range(0, len(body), chunk))
        body = b"".join(b"%x\r\n%b\r\n" % (chunk, piece) for piece in pieces) + b"0\r\n\r\n"
    file = _folder() / "answer"
    file.write_bytes(head.encode() + f"date: {formatdate(usegmt=True)}\r\n\r\n".encode() + body)
    return str(file)


def _folder() -> Path:
    _folders.append(tempfile.TemporaryDirectory(prefix="arena-"))
    return Path(_folders[-1].name)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)
