"""Event loops: the only module that knows their names. A new one, and a coroutine run to its end in one."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeAlias, TypeVar

from fastresp import forks
from fastresp.core.faults import report
from fastresp.hooks import StartUpError
from fastresp.leftovers import Leftovers
from fastresp.sockets import still_open

__all__ = [
    "LoopFactory",
    "comes_first",
    "complete",
    "forget_retries",
    "gathers",
    "new_event_loop",
    "poll_descriptor",
    "turns",
]

LoopFactory: TypeAlias = Callable[[], asyncio.AbstractEventLoop]
Result = TypeVar("Result")

_MARGIN = 5.0
"""Seconds beyond its grace that the end of a program's coroutine may take."""
_CANCELLED = 7.0
"""Seconds that a start has to end which was cancelled, with the shutdown of what it has started."""


def new_event_loop(name: str = "auto") -> asyncio.AbstractEventLoop:
    """A new loop: "uvloop", "asyncio", or "auto" for uvloop's where it can be imported, else asyncio's.

    Raises ImportError if uvloop is asked for by name and is not there, ValueError for another name.
    """
    if name not in ("auto", "uvloop", "asyncio"):
        raise ValueError(f"a loop is 'auto', 'uvloop' or 'asyncio', not {name!r}")
    if name != "asyncio":
        try:
            import uvloop
        except ImportError:
            if name == "uvloop":
                raise
        else:
            return uvloop.new_event_loop()
    return asyncio.new_event_loop()


def complete(
    main: Callable[[], Coroutine[Any, Any, Result]],
    loop_factory: LoopFactory | None,
    seconds: Callable[[], float],
    hurry: asyncio.Event,
    is_meant: Callable[[BaseException], bool] = lambda error: False,
) -> Result:
    """Run the coroutine of `main` in a new loop, close that, and return or raise what the coroutine does.

    asyncio and uvloop leave `run_forever` with a SystemExit or a KeyboardInterrupt that a task or a callback raises.
    Unless such an exception `is_meant` for the process, it goes to the log, and the loop goes on. One that is cancels
    the coroutine, and is raised when that has ended. A loop that runs out of memory goes on. What is left on it behind
    the coroutine has as many `seconds` to end, and less in a `hurry`.
    """
    loop = (loop_factory or new_event_loop)()
    try:
        leftovers = Leftovers(loop)
        task = asyncio.Task(main(), loop=loop)  # not by a factory of the program's, here and elsewhere
        try:
            return _run(loop, task, is_meant)
        finally:
            try:
                _end(loop, task, seconds, is_meant)
            finally:
                ending = asyncio.Task(leftovers.end(seconds(), hurry), loop=loop)
                _end_the_rest(loop, ending, is_meant, hurry)
    finally:
        loop.close()


def _run(
    loop: asyncio.AbstractEventLoop,
    task: asyncio.Task[Result],
    is_meant: Callable[[BaseException], bool],
    is_behind: bool = False,
) -> Result:
    """`is_behind`: there was a run that an exit may have left."""
    generation = forks.generation
    while True:
        try:
            return loop.run_until_complete(task)
        except BaseException as error:
            ends = isinstance(error, (SystemExit, KeyboardInterrupt))
            if generation != forks.generation:
                forks.end(error if ends else None)
            if is_behind and isinstance(error, RuntimeError) and not task.done():
                is_behind = False  # it was stopped: in uvloop, an exit at the end of a run leaves that for the next
                continue
            is_the_tasks = task.done() and not task.cancelled() and task.exception() is error
            if isinstance(error, MemoryError) and not is_the_tasks:  # the loop's own
                report("memory ran out in the event loop, which goes on", error=error)
                continue
            if not ends or is_meant(error) or is_the_tasks:
                raise
            _tell(error)
            is_behind = True


def _end(
    loop: asyncio.AbstractEventLoop,
    task: asyncio.Task[Any],
    seconds: Callable[[], float],
    is_meant: Callable[[BaseException], bool],
) -> None:
    """Cancel what an exit has left in the middle, and let it come to its end: that makes tasks of its own."""
    if not task.done():
        task.cancel()
        # bounded: what a signal's handler has raised may have cost this task the step that was due
        waiting = asyncio.Task(_wait(task, seconds() + _MARGIN), loop=loop)
        try:
            _run(loop, waiting, is_meant, True)
            if task.done():
                task.result()
        except asyncio.CancelledError:
            pass
        except (SystemExit, KeyboardInterrupt) as error:
            report("%r: what still runs is dropped", error, level=logging.INFO)
            raise
        except Exception as error:
            report("the end failed", error=error)


async def _wait(task: asyncio.Task[Any], seconds: float) -> None:
    await asyncio.wait((task,), timeout=min(seconds, 1.0))
    if getattr(task, "_fut_waiter", task) is not None:  # else it waits for nothing, and its step is lost
        await asyncio.wait((task,), timeout=seconds)


def _end_the_rest(
    loop: asyncio.AbstractEventLoop,
    task: asyncio.Task[None],
    is_meant: Callable[[BaseException], bool],
    hurry: asyncio.Event,
) -> None:
    try:
        _run(loop, task, is_meant, True)
    except (SystemExit, KeyboardInterrupt):
        hurry.set()
        if not task.done():
            _run(loop, task, is_meant, True)
        raise


async def comes_first(start: Coroutine[Any, Any, None], leave: asyncio.Event) -> bool:
    """Whether a start comes to its end: one that has not, when it is time to leave, is cancelled, but may end well.

    Raises what it raises, and StartUpError for a CancelledError of its own.
    """
    loop = asyncio.get_running_loop()
    starting = asyncio.Task(_exit_of(start), loop=loop)
    leaving = asyncio.Task(leave.wait(), loop=loop)
    try:
        await asyncio.wait((starting, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.wait((starting,), timeout=_CANCELLED)
    if starting.done() and starting.cancelled() and not leave.is_set():
        raise StartUpError("the start was cancelled, but not by the server: what it awaits has been")
    if not starting.done() or starting.cancelled():
        return False
    if leave.is_set() and starting.exception() is not None:
        report("the start ended with %r", starting.exception(), level=logging.INFO)
        return False
    exit = starting.result()
    if exit is not None:
        raise exit
    return True


async def _exit_of(start: Coroutine[Any, Any, None]) -> BaseException | None:
    """What ends the program, as the start's own task would raise it past all that waits for it."""
    try:
        await start
    except (SystemExit, KeyboardInterrupt) as error:
        return error
    return None


def _tell(error: BaseException) -> None:
    report("a task or a callback raised %r, which does not end the server", error, error=error)


def accept_no_more(loop: asyncio.AbstractEventLoop, listening: Iterable[Any]) -> None:
    """Stop a selector loop accepting on these sockets, whose server goes on for those that it has accepted:
    it makes their connections in its next turns, and fails where the server is closed by then."""
    if isinstance(loop, asyncio.SelectorEventLoop):
        for sock in still_open(listening):
            loop.remove_reader(sock)


def gathers(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the loop's own transports may be given several buffers at once (CVE-2024-12254: in some versions of the
    stock selector loop `writelines` never asks the protocol to pause)."""
    version = sys.version_info[:3]
    affected = (3, 12, 0) <= version <= (3, 12, 8) or (3, 13, 0) <= version <= (3, 13, 1)
    return not (affected and isinstance(loop, asyncio.SelectorEventLoop))


def forget_retries(loop: asyncio.AbstractEventLoop, listening: Iterable[Any]) -> None:
    """Cancel what a selector loop has put off to accept on these sockets again, where no descriptor was left: on a
    closed socket it would fail, and log a traceback."""
    retry = getattr(loop, "_start_serving", None)
    for handle in list(getattr(loop, "_scheduled", ())) if retry is not None else ():
        if handle._callback == retry and any(sock in listening for sock in handle._args):
            handle.cancel()


async def turns(count: int) -> None:
    """Let the loop turn so often."""
    for _ in range(count):
        await asyncio.sleep(0)


def poll_descriptor(loop: asyncio.AbstractEventLoop) -> int:
    """What the loop waits at, or -1: in a child, a copy of the parent's own."""
    try:
        selector = getattr(loop, "_selector", None)
        descriptor: int = loop._get_backend_id() if selector is None else selector.fileno()  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return -1
    return descriptor
