"""A raw HTTP client for the tests: it sends exactly the bytes that a test says, and shows exactly what came back."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

import pytest

TIMEOUT = 10.0

needs_unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no UNIX sockets on this platform")


@dataclass
class Answer:
    """One message as it was on the wire, taken apart but not interpreted."""

    status_line: bytes
    fields: list[tuple[bytes, bytes]]
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.status_line.split(b" ", 2)[1])

    def all(self, name: bytes) -> list[bytes]:
        """The values of all fields of that name, which is given in lower case."""
        return [value for key, value in self.fields if key.lower() == name]

    def one(self, name: bytes) -> bytes:
        values = self.all(name)
        assert len(values) == 1, f"{name!r} stands {len(values)} times in {self.fields!r}"
        return values[0]

    def without_date(self) -> list[tuple[bytes, bytes]]:
        return [(name, value) for name, value in self.fields if name != b"date"]


class Client:
    """A connection. Usable in `with`; every wait ends after ten seconds with an error."""

    def __init__(self, address: int | str, family: int | None = None) -> None:
        if isinstance(address, int):
            self.socket = socket.create_connection(("127.0.0.1", address), TIMEOUT)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(TIMEOUT)
            self.socket.connect(address)
        self.buffer = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Closes with a reset instead of a close_notify."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def get(self, target: str = "/", *fields: str, method: str = "GET", version: str = "1.1") -> None:
        lines = [f"{method} {target} HTTP/{version}", "Host: test", *fields, "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))

    def more(self) -> bytes:
        """What comes next; b"" at the end."""
        data = self.socket.recv(65536)
        self.buffer += data
        return data

    def until(self, mark: bytes) -> bytes:
        """Everything up to and with `mark`."""
        while mark not in self.buffer:
            assert self.more(), f"the connection ended before {mark!r}: {self.buffer[-200:]!r}"
        found, _, self.buffer = self.buffer.partition(mark)
        return found + mark

    def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            assert self.more(), f"the connection ended {count - len(self.buffer)} bytes early"
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        while self.more():
            pass
        found, self.buffer = self.buffer, b""
        return found

    def is_reset(self) -> bool:
        """Reads to the end; whether that was a reset."""
        try:
            while self.more():
                pass
        except ConnectionResetError:
            return True
        return False

    def head(self) -> Answer:
        head = self.until(b"\r\n\r\n")[:-4]
        lines = head.split(b"\r\n")
        return Answer(lines[0], [_field(line) for line in lines[1:]])

    def answer(self, to: str = "GET") -> Answer:
        """The next message, framed as RFC 9112, section 6.3, has it."""
        answer = self.head()
        if to == "HEAD" or answer.status < 200 or answer.status in (204, 304):
            return answer
        if answer.all(b"transfer-encoding"):
            assert answer.one(b"transfer-encoding") == b"chunked"
            assert not answer.all(b"content-length")
            while size := int(self.until(b"\r\n")[:-2], 16):
                answer.chunks.append(self.exactly(size))
                assert self.exactly(2) == b"\r\n"
            while (line := self.until(b"\r\n")) != b"\r\n":
                answer.trailers.append(_field(line[:-2]))
            answer.body = b"".join(answer.chunks)
        elif answer.all(b"content-length"):
            answer.body = self.exactly(int(answer.one(b"content-length")))
        else:
            answer.body = self.rest()
        return answer


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b": ")
    assert colon, f"not a field line: {line!r}"
    return name, value
