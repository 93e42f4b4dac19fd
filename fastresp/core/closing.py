"""Closing what belongs to a handler's code: once, and with no exception that gets past the log.

Async code gains nothing from compilation, so both twins use this one module as it is.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
from collections.abc import Awaitable
from contextvars import Context, ContextVar, copy_context
from typing import Any

from fastresp.core.blocking import CLOSINGS
from fastresp.core.faults import pass_on, report

__all__ = [
    "all_closed",
    "close_descriptor",
    "close_in_thread",
    "close_quietly",
    "close_source",
    "frees_much",
    "keep_until_done",
    "message_of",
    "open_in",
    "owned_by",
    "shown",
]

_MUCH = 1 << 20
"""Bytes of a file from which on the system takes its time to free it: 0.1 s for 600 MiB in memory."""

_open: set[asyncio.Future[Any]] = set()  # of devices that belong to no exchange
_busy: set[int] = set()
_owner: ContextVar[Any] = ContextVar("fastresp-device-of", default=None)  # an exchange, where a device's code runs


def shown(thing: Any) -> str:
    """`repr(thing)`, also where that raises: a log line must not fail on what it is about."""
    try:
        return repr(thing)
    except BaseException:
        return f"<{type(thing).__name__}>"


def message_of(error: BaseException) -> str:
    """`str(error)`, also where that raises."""
    try:
        return str(error)
    except BaseException:
        return f"<{type(error).__name__}>"


def frees_much(fd: int) -> bool:
    """Whether closing it has the system free a large file: one that has no name any more."""
    try:
        status = os.fstat(fd)
    except OSError:
        return False
    return not status.st_nlink and getattr(status, "st_blocks", 0) * 512 > _MUCH


def close_descriptor(fd: int) -> None:
    """Close it, in a thread where that frees much; what the system objects to is logged."""
    if frees_much(fd) and asyncio._get_running_loop() is not None:
        try:
            ended = CLOSINGS.call(_close_descriptor, fd)
        except RuntimeError:  # the system gives no thread
            _close_descriptor(fd)
        else:
            keep_until_done(ended)
    else:
        _close_descriptor(fd)


def _close_descriptor(fd: int) -> None:
    try:
        os.close(fd)
    except OSError as error:
        report("closing descriptor %d failed", fd, error=error, level=logging.WARNING)


def close_source(source: Any) -> None:
    """Close a source of `device.open_source`; what its device raises goes to the log."""
    try:
        source.context.copy().run(source.close)
    except BaseException as error:
        report("closing a device failed", error=error)
        pass_on(error)


def close_quietly(device: Any, names: tuple[str, ...] = ("close",)) -> None:
    """Call the first of these methods that the device has, and await in a task what it returns, if that is awaitable.

    Whatever it raises, SystemExit and CancelledError included, is logged and goes no further: this is called by the
    loop, where they would end the server.
    """
    identity = id(device)
    if identity in _busy:
        return  # its own close() has handed it over again, or is still under way
    _busy.add(identity)
    is_open = False
    try:
        closing = _close(device, names)
        if closing is not None and inspect.isawaitable(closing):
            _keep(closing, device)
            is_open = True
    except BaseException as error:
        report("closing %s failed", shown(device), error=error, level=logging.WARNING)
    finally:
        if not is_open:
            _busy.discard(identity)


def close_in_thread(device: Any) -> None:
    """As `close_quietly`, in a thread: for a device whose `close` may block. In the caller's where no loop runs."""
    if asyncio._get_running_loop() is None:
        close_quietly(device)
        return
    identity = id(device)
    if identity not in _busy:
        _busy.add(identity)
        is_kept = False
        try:
            _keep(_close_there(device), device)
            is_kept = True
        finally:
            if not is_kept:
                _busy.discard(identity)


async def _close_there(device: Any) -> None:
    try:
        ended = CLOSINGS.call(copy_context().run, _close, device, ("close",))
    except RuntimeError:  # the system gives no thread
        closing = _close(device, ("close",))
    else:
        closing, error = await ended
        if error is not None:
            try:
                raise error
            finally:
                del error  # which holds this frame
    if inspect.isawaitable(closing):
        await closing


def _keep(closing: Awaitable[Any], device: Any) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.Task(_settle(closing, device), loop=loop)
    keep_until_done(task)
    # not in the coroutine: one that is cancelled before its first step never runs. It keeps the device till then, or
    # another one may have its address.
    task.add_done_callback(lambda _, device=device: _busy.discard(id(device)))  # type: ignore[misc]


def _close(device: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        close = getattr(device, name, None)
        if close is not None:
            return close()
    return None


async def _settle(closing: Any, device: Any) -> None:
    try:
        await closing
    except BaseException as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise  # the loop's end, which has told that it is not closed
        report("closing %s failed", shown(device), error=error, level=logging.WARNING)


def owned_by(exchange: Any) -> Context:
    """A copy of the context, in which what is closed counts as work of this exchange's connection."""
    context = copy_context()
    context.run(_owner.set, exchange)
    return context


def keep_until_done(future: asyncio.Future[Any], exchange: Any = None) -> None:
    """Count a device as open until then: its reader puts things away, or its end has to wait for a read."""
    exchange = _owner.get() if exchange is None else exchange
    opened = _open
    if exchange is not None and exchange.occupy(future):
        opened = exchange.service.devices
    opened.add(future)
    future.add_done_callback(opened.discard)


def open_in(service: Any) -> list[asyncio.Future[Any]]:
    """What the devices of a server that are not closed yet wait for, and those of its loop that are nobody's."""
    opened = _open.copy()  # another thread's loop may change it meanwhile
    return [*service.devices, *[future for future in opened if future.get_loop() is service.loop]]


async def all_closed(service: Any) -> None:
    """Return when no device of a server is being closed any more."""
    while closing := open_in(service):
        await asyncio.wait(closing)
