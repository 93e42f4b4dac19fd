"""Threads that don't start: an exit that a signal's handler raises meanwhile is no lack of threads."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from fastresp.core.blocking import Pool
from fastresp.core.faults import has_begun
from fastresp.leftovers import Leftovers
from fastresp.standard import Output


def start_and_leave(thread):
    """As Thread.start(), where a signal's handler raises while that is about to wait for its lock."""
    try:
        raise SystemExit(3)
    finally:
        raise RuntimeError("release unlocked lock")


def refuse(thread):
    raise RuntimeError("can't start new thread")


async def in_a_thread():
    Pool("some", 2).call(int)


async def in_the_pool():
    Pool("some", 2).start("key", int)


async def at_the_end():
    await Leftovers(asyncio.get_running_loop()).end(0, asyncio.Event())


async def in_the_log():
    read, write = os.pipe()
    try:
        Output(write, "stderr").put(b"line\n")
    finally:
        os.close(read)
        os.close(write)


STARTS = [in_a_thread, in_the_pool, at_the_end, in_the_log]


def outcome(monkeypatch, method, start):
    """What `start()` raises in a loop while `method` is Thread.start()."""

    async def main():
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", method)
            try:
                await start()
            except BaseException as error:
                return error
        return None

    return asyncio.run(main())


@pytest.mark.parametrize("start", STARTS)
def test_an_exit_meanwhile(monkeypatch, start):
    error = outcome(monkeypatch, start_and_leave, start)
    assert isinstance(error, SystemExit)
    assert error.code == 3


@pytest.mark.parametrize("start", STARTS)
def test_a_system_that_gives_none(monkeypatch, start):
    error = outcome(monkeypatch, refuse, start)
    if start in (in_a_thread, in_the_pool):
        assert isinstance(error, RuntimeError)
        assert "ulimit -u" in str(error)
    else:
        assert error is None


def test_it_begins():
    done = threading.Event()
    assert has_begun(threading.Thread(target=done.set))
    assert done.wait(10)
