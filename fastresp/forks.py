"""What a child has to forget that is forked while a server runs, by `multiprocessing` or `os.fork` in a handler.

It inherits a copy of each descriptor. With those of the connections, the end of a connection would not be seen by its
client; with those of the listening sockets, the port would stay taken, and clients would wait in a queue that no one
empties. Its copy of the loop's poll descriptor is the parent's own: whatever the child did there, it did to the parent.

A child that comes back from a handler, a task or a thread ends there: what it came from is the parent's to go on with.
"""

from __future__ import annotations

import os
import select
import socket
import stat
import sys
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NoReturn

__all__ = ["end", "forget_in_children", "generation", "leave", "parents", "release", "status_of"]

_FOLDERS = ("/proc/self/fd", "/dev/fd")

generation = 0
"""Forks that this process comes from: what began at another number began in a parent."""

_owners: weakref.WeakSet[Any] = weakref.WeakSet()


def forget_in_children(owner: Any) -> None:
    """From now on, while it lives, `owner._forget()` is called in each child that this process forks."""
    _owners.add(owner)


def status_of(error: BaseException) -> int:
    """The exit status of a program that ends with this exception."""
    if isinstance(error, SystemExit):
        if error.code is None:
            return 0
        return error.code & 0xFF if isinstance(error.code, int) else 1
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def end(error: BaseException | None = None) -> NoReturn:
    """End a child as any program, with what `error` says, but for what the parent has registered with `atexit`."""
    status = 0
    try:
        if error is not None:
            status = status_of(error)
            if not isinstance(error, SystemExit):
                sys.excepthook(type(error), error, error.__traceback__)
            elif error.code is not None and not isinstance(error.code, int):
                print(error.code, file=sys.stderr)
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
    finally:
        os._exit(status)


@contextmanager
def parents() -> Iterator[None]:
    """A child that comes out of the block, which its parent has begun, ends there with what the block raises."""
    begun = generation
    try:
        yield
    except BaseException as error:
        if begun != generation:
            end(error)
        raise
    if begun != generation:
        end()


def leave(loop: Any) -> None:
    """In a child: end it where it comes back to its copy of the loop."""
    loop.call_soon(_stop, loop)
    if sys.version_info >= (3, 14):
        loop.set_exception_handler(partial(_end_of_step, loop.get_exception_handler()))


def _stop(loop: Any) -> None:
    """End the loop, which may know of a SystemExit, or else the process."""
    loop.stop()
    loop.call_soon(end)


def _end_of_step(before: Any, loop: Any, context: dict[str, Any]) -> None:
    """In a child no loop is running: Python 3.14 says so at the end of a task's step, not what that has raised. All
    else that the loop is told, of a task that the collector has found, say, is what it was: `before` hears it.
    """
    error = context.get("exception")
    is_step = "task" not in context and "future" not in context
    if is_step and type(error) is RuntimeError and "running" in str(error):
        raised = error.__context__
        end(raised if isinstance(raised, SystemExit | KeyboardInterrupt) else None)
    if before is None:
        loop.default_exception_handler(context)
    else:
        before(loop, context)


def release(addresses: Iterable[Any], poll: int) -> None:
    """In a child: gives back its copies of the sockets that are bound to one of these addresses, a listening socket's
    as `getsockname` says it, and of the poll descriptor, if that is not below 0.

    /dev/null takes their numbers, and a poll descriptor of its own that one's: objects that still hold one may use and
    close it without harm to the parent, and to what the child opens later.
    """
    ports = {address[1] for address in addresses if isinstance(address, tuple)} - {0}
    paths = {address for address in addresses if not isinstance(address, tuple)}
    null = os.open(os.devnull, os.O_RDWR)
    try:
        for descriptor in _descriptors():
            if descriptor == poll and hasattr(select, "epoll"):
                with select.epoll() as empty:
                    os.dup2(empty.fileno(), descriptor, inheritable=False)
            elif descriptor == poll or _is_bound(descriptor, ports, paths):
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
    global generation
    generation += 1
    for owner in list(_owners):
        with suppress(Exception):  # a child that can't let go of something lives on with it
            owner._forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
