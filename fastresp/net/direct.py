"""The way past the transport: an answer is given to the system at once, where nothing waits before it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastresp.wire.buffer import OutputBuffer

__all__ = ["descriptor", "send", "send_buffer"]


def descriptor(transport: Any) -> int:
    """The descriptor of the transport's socket; -1 if `send` can't use it.

    It is good until `connection_lost`, and while the loop is open.
    """
    sock = transport.get_extra_info("socket")
    return -1 if sock is None or sys.platform == "win32" else int(sock.fileno())


def send(fd: int, data: bytes | bytearray) -> int:
    """How many of these bytes the system takes now; 0 also where it fails: the transport will find out why."""
    try:
        return os.write(fd, data)
    except OSError:
        return 0


def send_buffer(fd: int, buffer: OutputBuffer) -> int:
    """As `send`, of all that is in the output buffer, and stays there."""
    return send(fd, buffer._data)
