"""Coroutine handlers begin at once: within the call that has read the request, where the Python has eager tasks or has
had a turn to make one ready. What they see there is what they would see in a task's later steps.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import weakref
from functools import partial

import pytest
from connection.fake import turns

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


@pytest.fixture
def play(play):
    """`play`, with one service for all requests to a handler."""

    def run(scene):
        play(lambda dispatch: scene(partial(dispatch, services={})))

    return run


def served(play, handle, times=3):
    """The exchanges of requests to a handler, a few turns apart; `seen` is what it has left."""
    exchanges = []

    async def scene(dispatch):
        services = {}
        for _ in range(times):
            exchanges.append(dispatch(handle, services=services))
            await turns()

    play(scene)
    return exchanges


def answered(exchanges):
    return [exchange.events[0][:2] for exchange in exchanges]


OK = ("respond", 200)


def test_at_once(play):
    """From the second on."""

    async def scene(dispatch):
        async def handle(_, responder):
            responder.write(b"ok", "a/b")

        dispatch(handle)
        await turns()
        for _ in range(5):
            assert dispatch(handle).events[0][:2] == OK
        dispatch(wait)
        dispatch(wait)  # which takes a task of its own
        await turns()
        assert dispatch(handle).events[0][:2] == OK
        go.set()
        await turns()

    async def wait(_, responder):
        await go.wait()
        responder.write(b"ok", "a/b")

    go = asyncio.Event()
    play(scene)


def test_the_task(play):
    async def handle(_, responder):
        task = asyncio.current_task()
        assert task in asyncio.all_tasks()
        assert not task.done()
        assert "handle" in [frame.f_code.co_name for frame in task.get_stack()]
        responder.write(b"ok", "a/b")
        await asyncio.sleep(0)
        assert asyncio.current_task() is task
        assert task in asyncio.all_tasks()

    assert answered(served(play, handle)) == [OK] * 3


def test_none_is_left_between_requests(play):
    async def scene(dispatch):
        async def handle(_, responder):
            responder.write(b"ok", "a/b")

        before = asyncio.all_tasks()
        for _ in range(3):
            dispatch(handle)
            await turns()
            assert asyncio.all_tasks() == before
            assert asyncio.current_task() in before

    play(scene)


@pytest.mark.parametrize("waits", [False, True])
def test_a_context_of_its_own(play, waits):
    seen = []

    async def handle(_, responder):
        seen.append(variable.get())
        variable.set("set")
        if waits:
            await asyncio.sleep(0)
        assert variable.get() == "set"
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3
    assert seen == ["unset"] * 3
    assert variable.get() == "unset"


@pytest.mark.parametrize("waits", [False, True])
def test_a_task_that_is_kept_is_done(play, waits):
    """And is nobody else's."""
    tasks = []

    async def handle(_, responder):
        tasks.append(asyncio.current_task())
        if waits:
            await asyncio.sleep(0)
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3
    assert len(set(tasks)) == 3
    assert all(task.done() and not task.cancelled() and task.exception() is None for task in tasks)


@pytest.mark.parametrize("keep", [weakref.ref, lambda task: task.get_coro()], ids=["weakly", "its coroutine"])
def test_a_task_of_which_something_is_kept(play, keep):
    kept = []

    async def handle(_, responder):
        kept.append(keep(asyncio.current_task()))
        assert len(set(map(id, kept))) == len(kept)
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3


def test_callbacks_are_called(play):
    done = []

    async def handle(_, responder):
        asyncio.current_task().add_done_callback(lambda task: done.append(task.done()))
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3
    assert done == [True] * 3


def test_names_are_not_passed_on(play):
    names = []

    async def handle(_, responder):
        names.append(asyncio.current_task().get_name())
        asyncio.current_task().set_name("mine")
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3
    assert "mine" not in names


def test_one_that_cancels_itself_as_it_ends(play):
    """Which concerns no other."""

    async def handle(_, responder):
        assert not asyncio.current_task().cancelling()
        asyncio.current_task().cancel()
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3


def test_one_that_cancels_itself_and_waits(play, caplog):
    """What it waits for is cancelled, as by the steps of any task."""
    seen = []

    async def handle(_, responder):
        future = asyncio.get_running_loop().create_future()
        asyncio.current_task().cancel("enough")
        try:
            await future
        except asyncio.CancelledError as error:
            seen.append((future.cancelled(), asyncio.current_task().uncancel(), error.args))
            responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3
    assert [each[:2] for each in seen] == [(True, 0)] * 3


@pytest.mark.parametrize("wait", [lambda: asyncio.sleep(0), lambda: asyncio.sleep(60)], ids=["a turn", "long"])
def test_one_that_cancels_itself_and_fails(play, caplog, wait):
    async def handle(_, responder):
        asyncio.current_task().cancel()
        await wait()

    assert answered(served(play, handle)) == [("respond", 500)] * 3
    assert [record.exc_info[0] for record in caplog.records] == [asyncio.CancelledError] * 3


def test_a_timeout(play):
    seen = []

    async def handle(_, responder):
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            seen.append(asyncio.current_task().cancelling())
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3
    assert seen == [0] * 3


def test_a_task_group(play):
    async def handle(_, responder):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asyncio.sleep(0, each)) for each in range(3)]
        responder.write(bytes(task.result() for task in tasks), "a/b")

    assert answered(served(play, handle)) == [OK] * 3


@pytest.mark.parametrize("kind", [ValueError, asyncio.CancelledError, GeneratorExit])
def test_one_that_raises(play, caplog, kind):
    async def handle(_, responder):
        raise kind

    assert answered(served(play, handle)) == [("respond", 500)] * 3
    assert [record.exc_info[0] for record in caplog.records] == [kind] * 3


def test_what_can_not_be_waited_for(play, caplog):
    class Odd:
        def __await__(self):
            yield self

    async def handle(_, responder):
        await Odd()

    assert answered(served(play, handle)) == [("respond", 500)] * 3
    assert "yield" in caplog.text


def test_one_within_another(play):
    """A request that is read in the middle of a handler."""
    seen = []

    async def scene(dispatch):
        async def inner(_, responder):
            seen.append(asyncio.current_task())
            responder.write(b"ok", "a/b")

        async def outer(_, responder):
            mine = asyncio.current_task()
            inside.append(dispatch(inner))
            assert asyncio.current_task() is mine
            responder.write(b"ok", "a/b")
            await asyncio.sleep(0)
            assert asyncio.current_task() is mine
            seen.append(mine)

        inside: list[object] = []
        for _ in range(3):
            exchange = dispatch(outer)
            await turns()
            assert answered([exchange, inside[-1]]) == [OK] * 2

    play(scene)
    assert len(set(seen)) == 6


def test_the_loop_ends_with_one_ready(play, caplog):
    """Nothing is said of it."""
    caplog.set_level(logging.INFO)

    async def handle(_, responder):
        responder.write(b"ok", "a/b")

    served(play, handle, 1)
    assert caplog.records == []
