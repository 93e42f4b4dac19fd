"""Devices: anything that content can be read from, as one kind of source that never stalls the event loop.

Files are read where the page cache has them, and in a worker thread where it has not; pipes when the loop says that
they are ready; objects with a blocking `read` in a worker thread; coroutines and async iterators as what they are.
Async code gains nothing from compilation, so both twins use this one module as it is.

Finding out which kind a device is calls its code (`readable()`, `seekable()`, `__fspath__`, properties), which may do
anything: raise, answer, close the connection. It is all called before `open_source` returns: the caller has to look at
its own state afterwards.
"""

from __future__ import annotations

import inspect
import io
import mmap
import os
import stat
import traceback
from typing import Any

from fastresp.core.closing import (
    close_descriptor,
    close_in_thread,
    close_quietly,
    frees_much,
    message_of,
    owned_by,
    shown,
)
from fastresp.core.regular import new_regular
from fastresp.core.sources import PIECE, Async, Blocking, DeviceError, Memory, Ready, Seekable, Source

__all__ = ["PIECE", "DeviceError", "Source", "discard", "is_device", "open_source", "refusal", "source_of"]

_FILES = (io.BufferedReader, io.BufferedRandom, io.FileIO)
"""Kinds whose close() is the system's."""


def is_device(thing: Any) -> bool:
    """Whether `thing` is of a kind that content can be read from. Raises nothing."""
    return _is_path(thing) or _has(thing, "read") or _has(thing, "__aiter__")


def discard(thing: Any, exchange: Any = None) -> None:
    """Close a device that nothing will be read from, in a thread where that may block, as work of `exchange`; do
    nothing to anything else. Raises nothing.
    """
    if isinstance(thing, bytes | str | int | dict | list) or _is_path(thing) or not is_device(thing):
        return
    owned_by(exchange).run(_discard, thing)


def _discard(thing: Any) -> None:
    try:
        is_async = _is_async(thing)
    except BaseException:  # it is refused for that already
        is_async = False
    if is_async:
        close_quietly(thing, ("aclose", "close"))
    elif type(thing) is io.BytesIO or _is_prompt(thing):
        close_quietly(thing)
    else:
        close_in_thread(thing)


def _is_prompt(thing: Any) -> bool:
    """Whether it is a file that the system closes at once."""
    if type(thing) not in _FILES:
        return False
    raw = getattr(thing, "raw", thing)
    try:
        return type(raw) is io.FileIO and not frees_much(raw.fileno())
    except ValueError:
        return True  # it is closed


def open_source(device: Any, exchange: Any = None) -> Source:
    """The source that `device` is, whose closing is work of `exchange`. Raises DeviceError, and nothing else, for one
    that can't be read; that is closed.
    """
    try:
        source = _open(device)
        source.context = owned_by(exchange)
        return source
    except BaseException as error:
        discard(device, exchange)
        raise refusal(error, device) from error


def source_of(device: Any, exchange: Any) -> tuple[Source | None, DeviceError | None]:
    """As `open_source`; a refusal is returned, not raised."""
    try:
        return open_source(device, exchange), None
    except DeviceError as error:
        return None, DeviceError(str(error))  # another one, which holds no frames


def refusal(error: BaseException, device: Any = None) -> DeviceError:
    """What the log is to say of a device that failed before anything of it was sent."""
    kind = type(error)
    if issubclass(kind, DeviceError):
        return error  # type: ignore[return-value]
    about = "" if device is None else f"{shown(device)}: "
    if issubclass(kind, OSError | ValueError):
        return DeviceError(about + message_of(error))
    # nobody foresees these: without the traceback they can't be found
    return DeviceError(f"{about}{''.join(traceback.format_exception(error))}".rstrip())


def _open(device: Any) -> Source:
    if _is_path(device):
        return _open_path(os.fspath(device))
    if _is_async(device):
        return Async(device, _reads(device))
    if isinstance(device, io.TextIOBase):
        raise DeviceError(f"{shown(device)} is open as text: open it in binary mode")
    if getattr(device, "closed", False):
        raise DeviceError(f"{shown(device)} is closed")
    readable = getattr(device, "readable", None)
    if readable is not None and not readable():
        raise DeviceError(f"{shown(device)} is not open for reading")
    return _open_file(device)


def _open_path(path: str | bytes) -> Source:
    # O_NONBLOCK: opening a named pipe that nobody writes to must not wait; it means nothing to a regular file
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    fd = os.open(path, flags)
    try:
        status = os.fstat(fd)
        if stat.S_ISDIR(status.st_mode):
            raise DeviceError(f"{path!r} is a directory")
        if stat.S_ISREG(status.st_mode):
            return new_regular(fd, 0, status)
        return Ready(fd, b"", lambda: close_descriptor(fd))
    except BaseException:
        os.close(fd)
        raise


def _open_file(device: Any) -> Source:
    # Exact types only: of a subclass or a wrapper (gzip, say) the descriptor's bytes are not the content.
    raw = device.raw if type(device) in (io.BufferedReader, io.BufferedRandom) else device
    if type(raw) is io.FileIO:
        source = _open_descriptor(device, raw)
        if source is not None:
            return source
    if type(device) is io.BytesIO:
        return Memory(device)
    seekable = getattr(device, "seekable", None)
    if not (seekable() if seekable is not None else isinstance(device, mmap.mmap)):
        return Blocking(device)
    seeking = Seekable(device)
    if isinstance(raw, io.FileIO | io.BytesIO | mmap.mmap):
        seeking.measure_now()
    return seeking


def _open_descriptor(device: Any, raw: io.FileIO) -> Source | None:
    """The source of a file object, by a descriptor of our own; None for kinds that are read through the object.

    The file object is closed at once. A handler that closes it as well (`with open(...) as file: write(file)`) would
    otherwise close the number that is read, and another file, of another client, may have it a moment later.
    """
    status = os.fstat(raw.fileno())
    is_regular = stat.S_ISREG(status.st_mode)
    if not is_regular and not (os.name == "posix" and (stat.S_ISFIFO(status.st_mode) or stat.S_ISSOCK(status.st_mode))):
        return None
    held = b""
    position = 0
    if is_regular:
        if type(device) is io.BufferedRandom:
            device.flush()
        position = device.tell()
    else:
        os.set_blocking(raw.fileno(), False)
        if device is not raw:
            held = device.read(len(device.peek())) or b""
    fd = os.dup(raw.fileno())
    try:
        source = new_regular(fd, position, status) if is_regular else Ready(fd, held, lambda: close_descriptor(fd))
    except BaseException:
        os.close(fd)
        raise
    close_quietly(device)
    return source


def _is_path(thing: Any) -> bool:
    return issubclass(type(thing), os.PathLike)  # of the type: an instance may have a __class__ of its own making


def _has(thing: Any, name: str) -> bool:
    try:
        return hasattr(thing, name)
    except BaseException:
        return True  # and whoever opens it is told what is wrong with it


def _is_async(device: Any) -> bool:
    return inspect.iscoroutinefunction(device.read) if _reads(device) else hasattr(device, "__aiter__")


def _reads(device: Any) -> bool:
    """Whether it is read by `read(count)`. An async iterator may have a read() that takes no count and gives all there
    is, as a request's body has: that one is iterated.
    """
    read = getattr(device, "read", None)
    if read is None:
        return False
    if not hasattr(device, "__aiter__"):
        return True
    try:
        inspect.signature(read).bind(PIECE)
    except TypeError:
        return False
    except ValueError:  # it does not say what it takes
        pass
    return True
