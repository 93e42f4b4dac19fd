"""What the log calls requests and peers."""

from __future__ import annotations

from typing import Any

from fastresp.text import host_port
from fastresp.words import shown

__all__ = ["address", "describe"]


def describe(request: Any) -> str:
    """A request in a line of the log: what was asked, and by whom."""
    return f"{request.method} {shown(request.target.decode('ascii'))} from {address(request.remote_address)}"


def address(peer: Any) -> str:
    """A peer's address for people."""
    if isinstance(peer, tuple):
        return host_port(*peer[:2])
    return shown(str(peer)) if peer else "a local client"
