"""What a child has to forget that is forked while a server runs, by `multiprocessing` or `os.fork` in a handler.

It inherits a copy of each descriptor. With those of the connections, the end of a connection would not be seen by its
client; with those of the listening sockets, the port would stay taken, and clients would wait in a queue that no one
empties. Its copy of the loop's poll descriptor is the parent's own: whatever the child did there, it did to the parent.
"""

from __future__ import annotations

import os
import socket
import stat
import weakref
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

__all__ = ["forget_in_children", "release"]

_FOLDERS = ("/proc/self/fd", "/dev/fd")

_owners: weakref.WeakSet[Any] = weakref.WeakSet()


def forget_in_children(owner: Any) -> None:
    """From now on, while it lives, `owner._forget()` is called in each child that this process forks."""
    _owners.add(owner)


def release(addresses: Iterable[Any], poll: int) -> None:
    """In a child: gives back its copies of the sockets that are bound to one of these addresses, a listening socket's
    as `getsockname` says it, and of the poll descriptor, if that is not below 0.

    /dev/null takes their numbers: objects that still hold one may close it without harm to what the child opens later.
    """
    ports = {address[1] for address in addresses if isinstance(address, tuple)}
    paths = {address for address in addresses if not isinstance(address, tuple)}
    null = os.open(os.devnull, os.O_RDWR)
    try:
        for descriptor in _descriptors():
            if descriptor == poll or _is_bound(descriptor, ports, paths):
                with suppress(OSError):
                    os.dup2(null, descriptor, inheritable=False)
    finally:
        os.close(null)


def _descriptors() -> list[int]:
    for folder in _FOLDERS:
        with suppress(OSError):
            return [int(name) for name in os.listdir(folder)]
    return []


def _is_bound(descriptor: int, ports: set[int], paths: set[Any]) -> bool:
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return False
        sock = socket.socket(fileno=descriptor)
    except OSError:
        return False
    try:
        address = sock.getsockname()
    except OSError:
        return False
    finally:
        sock.detach()
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        return address[1] in ports
    return bool(address) and not isinstance(address, tuple) and address in paths


def _after_fork() -> None:
    for owner in list(_owners):
        with suppress(Exception):  # a child that can't let go of something lives on with it
            owner._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
