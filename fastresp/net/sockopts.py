"""What a TCP socket tells and does around its end, beyond what a transport offers. Nothing of it is on the hot path."""

from __future__ import annotations

import select
import socket
import struct
import sys
from contextlib import suppress
from typing import Any

try:
    from fcntl import ioctl
    from termios import FIONREAD, TIOCOUTQ
except ImportError:  # Windows
    ioctl = None  # type: ignore[assignment]

__all__ = [
    "FULL",
    "GONE",
    "PRESENT",
    "SILENT",
    "ask_whether_gone",
    "forget_reader",
    "reset_at_close",
    "state_of",
    "unread",
    "unsent",
]

FULL = 256000
"""Bytes of a read behind which more may wait; libuv fills this many, and would read on 32 times in one turn."""

PRESENT, SILENT, GONE = range(3)
"""What state_of finds: a client that may still send, one that will not, one that is not there any more."""

# A client that has closed altogether, and not only its sending side, is forgotten by its system after a minute or so;
# from then on a keep-alive probe is answered with a reset.
KEEP_ALIVE = (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 6))


def state_of(sock: Any) -> int:
    """Whether the peer of a socket that nobody reads is still there, as far as the system knows."""
    if sock is None or not hasattr(select, "poll"):
        return SILENT
    poll = select.poll()
    poll.register(sock.fileno(), getattr(select, "POLLRDHUP", 0))
    events = poll.poll(0)
    if not events:
        return PRESENT
    return GONE if events[0][1] & (select.POLLERR | select.POLLHUP | select.POLLNVAL) else SILENT


def unsent(sock: Any) -> int:
    """The bytes that the system holds for the peer, not yet acknowledged; 0 where it doesn't tell."""
    return 0 if ioctl is None else _asked(sock, TIOCOUTQ)


def unread(sock: Any) -> int:
    """The bytes that the system has received, and nobody has read; 0 where it doesn't tell."""
    return 0 if ioctl is None else _asked(sock, FIONREAD)


def _asked(sock: Any, question: int) -> int:
    if sock is None:
        return 0
    try:
        answer = ioctl(sock.fileno(), question, bytes(4))
    except OSError:
        return 0
    return int.from_bytes(answer, sys.byteorder)


def ask_whether_gone(sock: Any) -> None:
    """Enable TCP keep-alive on the socket of a client that has closed its side."""
    if sock is not None and sock.family != getattr(socket, "AF_UNIX", None):
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in KEEP_ALIVE:
                if hasattr(socket, name):
                    sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def forget_reader(loop: Any, sock: Any) -> None:
    """Remove the loop's reader of a socket whose transport is closing. asyncio's transports see to that, unless their
    close() has failed in the middle, for want of stack; then the next socket of this number would never be read."""
    if sock is not None:
        with suppress(Exception):  # uvloop's transports need no such help; it raises
            loop.remove_reader(sock.fileno())


def reset_at_close(sock: Any) -> None:
    """Make close() reset the connection (SO_LINGER 0): no client takes that for the end of a message."""
    if sock is not None:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
