"""The task of a coroutine handler, as those see it who look at it: the handler itself, debuggers, task groups."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import logging
import pickle
import sys
import warnings
import weakref

import pytest
from connection.fake import turns


def test_what_it_shows(play):
    async def scene(dispatch):
        async def handle(_, responder):
            tasks.append(asyncio.current_task())
            seen.append(inspect.getcoroutinestate(tasks[0].get_coro()))
            await go.wait()
            responder.write(b"ok", "a/b")

        tasks: list[asyncio.Task[None]] = []
        seen: list[str] = []
        go = asyncio.Event()
        exchange = dispatch(handle)
        await turns()
        task = tasks[0]
        coroutine = task.get_coro()
        seen.append(inspect.getcoroutinestate(coroutine))
        assert seen == [inspect.CORO_RUNNING, inspect.CORO_SUSPENDED]
        assert "handle()" in repr(task)
        assert "handle" in [frame.f_code.co_name for frame in task.get_stack()]
        assert coroutine.cr_await.cr_code.co_name == coroutine.cr_code.co_name == "handle"
        assert asyncio.iscoroutine(coroutine)
        go.set()
        await task
        assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
        assert exchange.events[0][:2] == ("respond", 200)
        for use in (coroutine.send, coroutine.throw):
            with pytest.raises(RuntimeError, match="already awaited"):
                use(None if use == coroutine.send else ValueError)
        coroutine.close()

    play(scene)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a task takes its first step at once")
def test_cancelled_before_its_first_step(play, caplog):
    async def scene(dispatch):
        async def handle(_, responder):
            raise AssertionError

        before = asyncio.all_tasks()
        exchange = dispatch(handle)
        (task,) = asyncio.all_tasks() - before
        assert inspect.getcoroutinestate(task.get_coro()) in (inspect.CORO_CREATED, inspect.CORO_SUSPENDED)
        task.cancel()
        await turns()
        assert [place.has_ended for place in exchange.work] == [True]
        assert exchange.events[0][:2] == ("respond", 500)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        play(scene)
    assert "failed" in caplog.text


def test_a_step_within_a_step(play):
    """As with a coroutine of Python's, and the handler goes on."""

    async def scene(dispatch):
        async def handle(_, responder):
            coroutine = asyncio.current_task().get_coro()
            for use in (lambda: coroutine.send(None), lambda: coroutine.throw(ValueError), coroutine.close):
                try:
                    use()
                except ValueError as error:
                    told.append(str(error))
            responder.write(b"ok", "a/b")

        told: list[str] = []
        exchange = dispatch(handle)
        await turns()
        assert told == ["coroutine already executing"] * 3
        assert [event[:2] for event in exchange.events] == [("respond", 200)]

    play(scene)


def test_by_hand(play, caplog):
    """Thrown into, and closed, where it waits."""
    caplog.set_level(logging.INFO, "fastresp")

    async def scene(dispatch):
        async def handle(_, responder):
            coroutines.append(asyncio.current_task().get_coro())
            try:
                await asyncio.Event().wait()
            except ValueError:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        coroutines: list[object] = []
        ended: list[bool] = []
        exchange = dispatch(handle)
        await turns()
        (coroutine,) = coroutines
        assert asyncio.isfuture(coroutine.throw(ValueError))
        coroutine.close()
        assert ended == [True]
        assert [place.has_ended for place in exchange.work] == [True]
        with pytest.raises(RuntimeError):
            coroutine.throw(ValueError("late"))

    play(scene)


class Later:
    """An awaitable that is no coroutine."""

    def __init__(self, result=None):
        self.result = result

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return self.result


@pytest.mark.parametrize("result", [None, 5])
def test_what_is_no_coroutine(play, caplog, result):
    async def scene(dispatch):
        def handle(_, responder):
            responder.write(b"ok", "a/b")
            return Later(result)

        exchange = dispatch(handle)
        await turns()
        assert [event[:2] for event in exchange.events] == [("respond", 200)]
        assert [place.has_ended for place in exchange.work] == [True]

    play(scene)
    assert ("returned" in caplog.text) == (result is not None)


class Bare:
    """An iterator without throw() and close(), which PEP 492 does not ask for. It waits for ever."""

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return next(asyncio.get_running_loop().create_future().__await__())


def test_an_iterator_that_nothing_can_be_thrown_into(play, caplog):
    """What is thrown is raised where it waits."""

    async def scene(dispatch):
        before = asyncio.all_tasks()
        exchange = dispatch(lambda _, responder: Bare())
        await turns()
        (task,) = asyncio.all_tasks() - before
        task.cancel()
        await turns()
        assert exchange.events[0][:2] == ("respond", 500)
        assert [place.has_ended for place in exchange.work] == [True]

    play(scene)
    assert [record.exc_info[0] for record in caplog.records] == [asyncio.CancelledError]


class Awaits:
    """Its __await__ returns, or raises, what is none of its business."""

    def __init__(self, make):
        self.make = make

    def __await__(self):
        return self.make()


async def nothing():
    """A coroutine."""


def stopping():
    raise StopIteration(5)


@pytest.mark.filterwarnings("ignore:coroutine 'nothing' was never awaited")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (nothing, "TypeError: __await__() returned no iterator, but coroutine"),
        (list, "TypeError: __await__() returned no iterator, but list"),
        (lambda: None, "TypeError: __await__() returned no iterator, but NoneType"),
        (stopping, "RuntimeError: __await__() raised StopIteration"),
    ],
)
def test_what_can_not_be_awaited(play, caplog, make, words):
    async def scene(dispatch):
        exchange = dispatch(lambda _, responder: Awaits(make))
        await turns()
        assert exchange.events[0][:2] == ("respond", 500)

    play(scene)
    assert words in caplog.text


def test_a_cancelled_one_leaves_nothing_to_the_collector(play, monkeypatch):
    class Large:
        """What a handler has."""

    async def scene(dispatch):
        async def handle(_, responder):
            large = Large()
            alive.append(weakref.ref(large))
            tasks.append(weakref.ref(asyncio.current_task()))
            await asyncio.Event().wait()

        alive: list[weakref.ref[Large]] = []
        tasks: list[weakref.ref[asyncio.Task[None]]] = []
        dispatch(handle)
        await turns()
        tasks[0]().cancel()
        await turns()
        assert [each() for each in alive] == [None]

    monkeypatch.setattr(logging.getLogger("fastresp"), "disabled", True)  # records hold the traceback
    gc.disable()
    try:
        play(scene)
    finally:
        gc.enable()


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, pickle.dumps])
def test_it_can_not_be_copied(play, take):
    async def scene(dispatch):
        async def handle(_, responder):
            with pytest.raises(TypeError, match="copied or pickled"):
                take(asyncio.current_task().get_coro())
            responder.write(b"ok", "a/b")

        exchange = dispatch(handle)
        await turns()
        assert exchange.events[0][:2] == ("respond", 200)

    play(scene)
