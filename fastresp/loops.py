"""Event loops: the only module that knows their names. A new one, and a coroutine run to its end in one."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

from fastresp.http.faults import report

__all__ = ["LoopFactory", "complete", "gathers", "new_event_loop", "poll_descriptor", "turns"]

LoopFactory: TypeAlias = Callable[[], asyncio.AbstractEventLoop]
Result = TypeVar("Result")


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
    is_meant: Callable[[BaseException], bool] = lambda error: False,
) -> Result:
    """Runs the coroutine of `main` in a new loop, closes that, and returns or raises what the coroutine does.

    asyncio and uvloop leave `run_forever` with a SystemExit or a KeyboardInterrupt that a task or a callback raises.
    Unless such an exception `is_meant` for the process, it goes to the log, and the loop goes on.
    """
    runner = asyncio.Runner(loop_factory=loop_factory or new_event_loop)
    try:
        loop = runner.get_loop()
        task = loop.create_task(main())
        while True:
            try:
                return loop.run_until_complete(task)
            except (SystemExit, KeyboardInterrupt) as error:
                if is_meant(error) or (task.done() and not task.cancelled() and task.exception() is error):
                    raise
                _tell(error)
    finally:
        try:
            runner.close()
        except (SystemExit, KeyboardInterrupt) as error:  # of a task that was cancelled just now
            if is_meant(error):
                raise
            _tell(error)


def _tell(error: BaseException) -> None:
    report("a task or a callback raised %r, which does not end the server", error, error=error)


def gathers(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the loop's own transports may be given several buffers at once (CVE-2024-12254: in some versions of the
    stock selector loop `writelines` never asks the protocol to pause)."""
    version = sys.version_info[:3]
    affected = (3, 12, 0) <= version <= (3, 12, 8) or (3, 13, 0) <= version <= (3, 13, 1)
    return not (affected and isinstance(loop, asyncio.SelectorEventLoop))


async def turns(count: int) -> None:
    """Lets the loop turn so often."""
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
