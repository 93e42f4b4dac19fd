"""Where a server listens: what may be said of it, and the sockets that it comes to."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl as tls
from dataclasses import dataclass
from typing import Any, TypedDict

from fastresp import sockets
from fastresp.checks import check_ssl
from fastresp.sockets import BACKLOG, UnixFile

__all__ = ["HOST", "PORT", "Keywords", "Listening", "listening_of"]

HOST = "127.0.0.1"
PORT = 8000


@dataclass(frozen=True, slots=True)
class Listening:
    """One way of listening, as `Server.start` is told of it: `Listening(uds="/run/app.sock")`.

    Raises ValueError for two ways at once, TypeError if ssl is not an SSLContext.
    """

    host: str | None = HOST
    port: int = PORT
    uds: str | bytes | os.PathLike[Any] | None = None
    fd: int | None = None
    sock: socket.socket | None = None
    ssl: tls.SSLContext | None = None
    reuse_port: bool = False
    backlog: int = BACKLOG

    def __post_init__(self) -> None:
        ways = [name for name in ("uds", "fd", "sock") if getattr(self, name) is not None]
        if ways and (self.host, self.port) != (HOST, PORT):
            ways.insert(0, "host and port")
        if len(ways) > 1:
            raise ValueError(f"a server listens in one way: give {' or '.join(ways)}, not both")
        check_ssl(self.ssl)
        if not 0 <= self.backlog < 1 << 31:
            raise ValueError(f"backlog is a number of connections from 0 to 2147483647, not {self.backlog}")

    @property
    def is_ours(self) -> bool:
        """Whether the sockets are opened here, and are nobody else's: no UNIX socket, whose file others may know."""
        return self.uds is None and self.fd is None and self.sock is None

    async def open(self) -> tuple[tuple[socket.socket, ...], UnixFile | None]:
        """The listening sockets, non-blocking, and the file of a UNIX socket.

        Raises OSError, with a sentence that names the address, if the address is not to be had; ValueError for
        reuse_port where that does not exist.
        """
        if self.uds is not None:
            listening, file = sockets.listen_unix(self.uds, self.backlog)
            return (listening,), file
        if self.fd is not None:
            return (sockets.adopt_fd(self.fd, self.backlog),), None
        if self.sock is not None:
            return (sockets.adopt(self.sock, self.backlog),), None
        addresses = sockets.resolve(self.host, self.port, names=False)
        if not addresses:
            loop = asyncio.get_running_loop()
            addresses = await loop.run_in_executor(None, sockets.resolve, self.host, self.port)
        return tuple(sockets.listen_tcp(addresses, self.backlog, reuse_port=self.reuse_port)), None


class Keywords(TypedDict, total=False):
    """All but host and port, for the signatures of what hands them on to Listening."""

    uds: str | bytes | os.PathLike[Any] | None
    fd: int | None
    sock: socket.socket | None
    ssl: tls.SSLContext | None
    reuse_port: bool
    backlog: int


def listening_of(call: str, host: str | None, port: int, keywords: Keywords) -> Listening:
    """What the arguments of a call say. Raises TypeError for a keyword that is none, and what Listening raises."""
    for name in keywords:
        if name not in Keywords.__annotations__:
            known = ", ".join(["host", "port", *Keywords.__annotations__])
            raise TypeError(f"{call}() takes no {name!r}; where a server listens is said by {known}")
    return Listening(host, port, **keywords)
