"""The bytes that the responder's tests send and expect, spelled with as little ceremony as exactness allows."""

from __future__ import annotations


def request(method: str = "GET", target: str = "/", *fields: str, version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/{version}", "Host: test", *fields, "", ""]).encode()


def message(status: bytes, *fields: bytes, body: bytes = b"") -> bytes:
    """An answer: its status line without the version, its field lines, its content as it is on the wire."""
    return b"\r\n".join([b"HTTP/1.1 " + status, *fields, b"", body])


def chunks(*pieces: bytes, trailers: tuple[bytes, ...] = ()) -> bytes:
    """Content in chunks, complete."""
    return begun(*pieces) + b"\r\n".join([b"0", *trailers, b"", b""])


def begun(*pieces: bytes) -> bytes:
    """Content in chunks, without its end."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


GET = request()
HEAD = request("HEAD")
GET_1_0 = request(version="1.0")
KEEP_1_0 = request("GET", "/", "Connection: keep-alive", version="1.0")

OK = message(b"200 OK", b"content-type: text/plain", b"content-length: 2", body=b"ok")
"""What `fine` answers."""
FAULT = message(
    b"500 Internal Server Error",
    b"content-type: text/plain; charset=utf-8",
    b"content-length: 22",
    body=b"internal server error\n",
)
"""What the client sees of any fault of a handler's."""

PING = request("GET", "/ping")
PONG = message(b"200 OK", b"content-type: text/plain", b"content-length: 4", body=b"pong")
"""The question and the answer that show that a connection is still in step."""


def fine(responder: object) -> None:
    """Answers after a call that was refused: nothing must have been sent, and everything must still be possible."""
    responder.write(b"ok", "text/plain")
