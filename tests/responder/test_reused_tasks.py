"""Nothing of one request's task, nor of its context, reaches the next request, which may take that task (3.11)."""

from __future__ import annotations

import asyncio
import types

import pytest
from responder.test_first_steps import OK, answered, served, variable

from fastresp.core.parking import PARKS


def test_attributes_are_not_passed_on(play):
    """As a library sets them that keeps something for each task."""
    seen = []

    async def handle(_, responder):
        task = asyncio.current_task()
        seen.append(getattr(task, "user", None))
        task.user = "alice"
        del task
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3
    assert seen == [None] * 3


def test_each_has_a_name_of_its_own(play):
    names = []

    async def handle(_, responder):
        names.append(asyncio.current_task().get_name())
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle, 8)) == [OK] * 8
    assert len(set(names)) == 8


def test_a_token_is_of_its_own_context(play):
    """Also where it changes nothing."""
    tokens = []

    async def handle(_, responder):
        if tokens:
            with pytest.raises(ValueError, match="different Context"):
                variable.reset(tokens.pop())
        else:
            tokens.append(variable.set(variable.get()))
        responder.write(b"ok", "a/b")

    before = variable.set("known")
    try:
        assert answered(served(play, handle, 4)) == [OK] * 4
    finally:
        variable.reset(before)


def test_one_that_cancels_itself_stays_in_its_context(play):
    """Also where what it waits for can't be cancelled."""
    seen = []

    async def handle(_, responder):
        seen.append(variable.get())
        token = variable.set("mine")
        asyncio.current_task().cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(0)
        seen.append(variable.get())
        variable.reset(token)
        variable.set("left behind")
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3
    assert seen == ["unset", "mine"] * 3


def test_an_exception_that_is_yielded(play):
    """It is not raised, but refused, as from any task."""
    seen = []

    @types.coroutine
    def give(thing):
        try:
            yield thing
        except RuntimeError as error:
            seen.append(str(error))

    async def handle(_, responder):
        await give(ValueError("x"))
        responder.write(b"ok", "a/b")

    assert answered(served(play, handle)) == [OK] * 3
    assert seen == ["Task got bad yield: ValueError('x')"] * 3


@pytest.mark.skipif(not PARKS, reason="asyncio's own eager tasks")
@pytest.mark.parametrize("method", ["get_loop", "add_done_callback"])
def test_a_future_that_raises(play, caplog, method):
    """Of another library: the handler that waits for it has failed, and no other."""
    closed = []

    class Future:
        _asyncio_future_blocking = True

        def get_loop(self):
            if method == "get_loop":
                raise LookupError("no loop")
            return asyncio.get_running_loop()

        def add_done_callback(self, callback, *, context):
            raise LookupError("no callback")

        def __await__(self):
            try:
                yield self
            finally:
                closed.append(variable.get())

    async def handle(_, responder):
        if first:
            first.pop()  # has a task of asyncio's, in which this would end nothing
            responder.write(b"ok", "a/b")
        else:
            variable.set("mine")
            await Future()

    first = [True]
    assert answered(served(play, handle, 4)) == [OK, *[("respond", 500)] * 3]
    assert [record.exc_info[0] for record in caplog.records] == [LookupError] * 3
    assert closed == ["mine"] * 3
