"""An address in, listening sockets out: TCP, UNIX, and sockets that somebody else opened.

Every socket comes back non-blocking and listening, so that a conflict shows here and not at the first client. What
can't be had is an OSError whose `strerror` is a sentence for people that starts with the address.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import sys
import time
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from fastresp.text import host_port

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "BACKLOG",
    "UnixFile",
    "admit_nobody",
    "adopt",
    "adopt_fd",
    "given",
    "listen_tcp",
    "listen_unix",
    "reserve",
    "resolve",
    "still_open",
    "url",
]

Address: TypeAlias = tuple[int, tuple[Any, ...]]
"""An address family, and an address of it as `socket.bind` takes it."""

BACKLOG = 2048
"""Connections that may wait to be accepted."""
_UNIX = getattr(socket, "AF_UNIX", None)
_POSIX = os.name == "posix" and sys.platform != "cygwin"
# The machine has no such family, or the family is there without the address (IPv6 switched off in a container).
_ABSENT = frozenset({errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EADDRNOTAVAIL})
_PORT_ATTEMPTS = 16
_BPF_RETURN = 0x06
_LOCK_TRIES, _LOCK_PAUSE = 20, 0.005  # seconds, in which a loop may stand still: others may lock a directory for long
_SO_ATTACH_FILTER = 26  # on all of Linux but SPARC and PA-RISC


# --- TCP


def resolve(host: str | None, port: int, *, names: bool = True) -> list[Address]:
    """Every TCP address of a host; None or "" is every interface of the machine. Blocks while a name is looked up;
    with `names` False a name has no address.

    Raises OSError if the host is not known, TypeError or ValueError for what can't be a host or a port.
    """
    if isinstance(port, bool) or not isinstance(port, int):
        raise TypeError(f"port takes an int, not {port!r}")
    if not 0 <= port <= 65535:
        raise ValueError(f"port must be from 0 to 65535, not {port}")
    if host is not None and not isinstance(host, str):
        raise TypeError(f"host takes a str or None, not {host!r}")
    flags = socket.AI_PASSIVE if names else socket.AI_PASSIVE | socket.AI_NUMERICHOST
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=flags)
    except (socket.gaierror, UnicodeError) as error:
        if not names:
            return []
        reason = error.strerror if isinstance(error, OSError) else "not a host name"
        raise OSError(errno.EADDRNOTAVAIL, f"{host}:{port} can't be listened on: {reason} ({host!r})") from error
    # /etc/hosts may name one address twice
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def listen_tcp(addresses: Iterable[Address], backlog: int, *, reuse_port: bool = False) -> list[socket.socket]:
    """A listening socket for each address; with port 0 the system chooses one port, the same for all of them.

    An address whose family the machine lacks is left out, if another one serves.
    Raises OSError, with nothing left open, ValueError if reuse_port is not to be had.
    """
    if reuse_port and not hasattr(socket, "SO_REUSEPORT"):
        raise ValueError("reuse_port does not exist on this system")
    wanted = list(addresses)
    for attempt in range(_PORT_ATTEMPTS):
        try:
            return _listen_together(wanted, backlog, reuse_port)
        except OSError as error:
            # The port that the first address got may be taken on the second.
            chosen_freely = len(wanted) > 1 and wanted[0][1][1] == 0
            if error.errno != errno.EADDRINUSE or not chosen_freely or attempt == _PORT_ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _listen_together(addresses: list[Address], backlog: int, reuse_port: bool) -> list[socket.socket]:
    opened: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, address in addresses:
            if opened and address[1] == 0:
                address = (address[0], opened[0].getsockname()[1], *address[2:])
            try:
                opened.append(_listen_at(family, address, backlog, reuse_port))
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                absent = absent or error
    except BaseException:
        for sock in opened:
            sock.close()
        raise
    if not opened:
        raise absent or OSError(errno.EADDRNOTAVAIL, "there is no address to listen on")
    return opened


def _listen_at(family: int, address: tuple[Any, ...], backlog: int, reuse_port: bool) -> socket.socket:
    with _explained(_tcp_text(address)), _closed_on_error(family) as sock:
        if _POSIX:
            # Connections of a predecessor that linger in TIME_WAIT must not keep a restart from its port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        elif hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            # On Windows SO_REUSEADDR would share a port that another program already serves.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # "::" and "0.0.0.0" are two sockets here; without this the first would take the second's port.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(backlog)
        return sock


def reserve(host: str) -> socket.socket:
    """A socket that keeps a free port of a host for those that listen with `reuse_port`, and does not listen itself.
    Raises OSError."""
    family, address = resolve(host, 0)[0]
    with _explained(_tcp_text(address)), _closed_on_error(family) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(address)
        return sock


# --- UNIX


@dataclass(frozen=True, slots=True)
class UnixFile:
    """The file of a UNIX socket that we made."""

    path: str
    device: int
    inode: int

    def remove(self) -> None:
        """Delete the file if it is still ours. Call it before the socket is closed: until then no other file can get
        this inode's number."""
        with suppress(OSError):
            found = os.stat(self.path, follow_symlinks=False)
            if (found.st_dev, found.st_ino) == (self.device, self.inode):
                os.unlink(self.path)


def listen_unix(path: str | bytes | os.PathLike[Any], backlog: int) -> tuple[socket.socket, UnixFile | None]:
    """A listening socket at a path, and its file; on Linux a path that starts with NUL is an abstract name, of no file.

    A socket file that nobody listens on is replaced; access to the new one is what the umask says.
    Raises OSError if somebody listens there, or if something that is no socket is there.
    """
    if _UNIX is None:
        raise OSError(errno.EAFNOSUPPORT, "this system has no UNIX sockets")
    name = os.fsdecode(path)
    abstract = name.startswith("\0")
    if not name.strip("\0") or "\0" in name[1:] or (abstract and not sys.platform.startswith("linux")):
        raise ValueError(f"a UNIX socket needs a path, not {name!r}")
    text = _unix_text(name)
    directory = os.path.dirname(name) or "."
    if not abstract and not os.path.isdir(directory):
        raise OSError(errno.ENOENT, f"{text} can't be listened on: there is no directory {directory}")
    with _explained(text), _alone_in(None if abstract else directory), _closed_on_error(_UNIX) as sock:
        try:
            sock.bind(name)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or abstract:
                raise
            _remove_stale(name)
            sock.bind(name)
        sock.listen(backlog)
        if abstract:
            return sock, None
        found = os.stat(name)
        return sock, UnixFile(os.path.abspath(name), found.st_dev, found.st_ino)


@contextmanager
def _alone_in(directory: str | None) -> Iterator[None]:
    """Let one start at a time look at the files in a directory, as far as it can be locked: what one has bound, and
    does not listen on yet, is a stale file to another."""
    held = None
    try:
        with suppress(OSError):  # it can't be read, or its file system has no locks
            if directory is not None and fcntl is not None:
                held = os.open(directory, os.O_RDONLY)
                for _ in range(_LOCK_TRIES):
                    try:
                        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        time.sleep(_LOCK_PAUSE)
        yield
    finally:
        if held is not None:
            os.close(held)


def _remove_stale(path: str) -> None:
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        raise OSError(errno.EEXIST, "not a socket")
    assert _UNIX is not None
    with socket.socket(_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # a listener whose queue is full must not hold us up
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            with suppress(FileNotFoundError):
                os.unlink(path)
        except PermissionError:
            raise
        except OSError:
            raise OSError(errno.EADDRINUSE, "its queue is full") from None
        else:
            raise OSError(errno.EADDRINUSE, "it answers")


# --- sockets that somebody else opened


def adopt_fd(fd: int, backlog: int) -> socket.socket:
    """The listening stream socket that a supervisor left open as this file descriptor; ours from then on.

    Raises OSError if it is anything else; the descriptor is then left alone.
    """
    if isinstance(fd, bool) or not isinstance(fd, int):
        raise TypeError(f"fd takes an int, not {fd!r}")
    text = f"file descriptor {fd}"
    if not 0 <= fd < 1 << 31:
        raise ValueError(f"fd must be the number of a file descriptor, not {fd}")
    try:
        sock = socket.socket(fileno=fd)
    except OSError as error:
        reason = {errno.EBADF: "is not open", errno.ENOTSOCK: "is not a socket"}.get(error.errno or 0)
        raise OSError(error.errno, f"{text} {reason or f'is of no use: {error.strerror}'}") from error
    try:
        if not _listens(sock):
            raise OSError(errno.EINVAL, f"{text} is not a listening stream socket")
        adopted = _prepared(sock, text, backlog)
        sock.set_inheritable(False)  # a program that the application starts would keep the address
        return adopted
    except BaseException:
        sock.detach()
        raise


def adopt(sock: socket.socket, backlog: int) -> socket.socket:
    """A bound stream socket of the caller's, listening; ours from then on. Raises TypeError, ValueError, OSError."""
    if not isinstance(sock, socket.socket):
        raise TypeError(f"sock takes a socket.socket, not {sock!r}")
    if sock.fileno() < 0:
        raise ValueError("sock is closed")
    if sock.type != socket.SOCK_STREAM:
        raise ValueError("sock must be a stream socket")
    if sock.family != _UNIX and sock.getsockname()[1] == 0:
        raise ValueError("sock must be bound to an address")
    return _prepared(sock, "sock", backlog)


def given(sock: Any, fd: Any) -> tuple[Any, ...]:
    """Where a socket for `adopt` or `adopt_fd` is bound; nowhere if it is of no use, as those will say."""
    with suppress(Exception):
        if sock is not None:
            return (sock.getsockname(),)
        if fd is not None:
            found = socket.socket(fileno=fd)
            try:
                return (found.getsockname(),)
            finally:
                found.detach()
    return ()


def still_open(listening: Iterable[socket.socket]) -> list[socket.socket]:
    """Those that the program, which may have given them, has not closed."""
    return [each for each in listening if each.fileno() >= 0]


def _listens(sock: socket.socket) -> bool:
    if sock.type != socket.SOCK_STREAM:
        return False
    try:
        return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except (AttributeError, OSError):
        return True  # a system that can't tell; listen() will


def _prepared(sock: socket.socket, text: str, backlog: int) -> socket.socket:
    if sock.family not in (socket.AF_INET, socket.AF_INET6, _UNIX):
        raise OSError(errno.EAFNOSUPPORT, f"{text} is neither a TCP nor a UNIX socket")
    with _explained(text):
        sock.setblocking(False)
        sock.listen(backlog)
        if sock.family != _UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets have it from this one
    return sock


# --- words


def url(sock: socket.socket, *, secure: bool = False) -> str:
    """Where clients find a listening socket: "http://127.0.0.1:8000", "unix:/run/app.sock", "unix:@abstract"."""
    address = sock.getsockname()
    if sock.family == _UNIX:
        return _unix_text(os.fsdecode(address))
    return f"{'https' if secure else 'http'}://{_tcp_text(address)}"


def _tcp_text(address: tuple[Any, ...]) -> str:
    return host_port(*address[:2])


def _unix_text(name: str) -> str:
    return f"unix:@{name[1:]}" if name.startswith("\0") else f"unix:{name}"


@contextmanager
def _explained(text: str) -> Iterator[None]:
    """Turn the system's word for what went wrong at an address into a sentence that names the address."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno or errno.EINVAL, f"{text} {_reason(error)}") from error


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "is in use: another program listens there"
    if error.errno == errno.EEXIST:
        return "can't be listened on: there is a file that is not a socket"
    if error.errno == errno.EACCES:
        return "can't be listened on: permission denied"
    if error.errno == errno.EADDRNOTAVAIL:
        return "can't be listened on: this machine has no such address"
    return f"can't be listened on: {error.strerror or error}"


@contextmanager
def _closed_on_error(family: int) -> Iterator[socket.socket]:
    # asyncio has small answers leave at once (TCP_NODELAY) where a socket says that it is TCP's
    sock = socket.socket(family, socket.SOCK_STREAM, 0 if family == _UNIX else socket.IPPROTO_TCP)
    try:
        sock.setblocking(False)
        yield sock
    except BaseException:
        sock.close()
        raise


def admit_nobody(listening: socket.socket) -> None:
    """Close the queue of a listening socket to new clients; those in it can still be accepted.

    Linux: a filter of one instruction that drops every packet to the listener. A client that knocks now knocks again a
    second later, and is refused by then. Elsewhere nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return
    instruction = array("B", struct.pack("=HBBI", _BPF_RETURN, 0, 0, 0))
    program = struct.pack("HP", 1, instruction.buffer_info()[0])
    with suppress(OSError):  # a system may forbid filters; then a client may be reset that came too late
        listening.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
