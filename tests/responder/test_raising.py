"""Rule 6: a handler that raises has answered with a 500, or has cut its answer; the traceback is the log's alone."""

from __future__ import annotations

import asyncio
import threading

import pytest
from responder.faults import BEGUN, STREAM, Where, begin
from responder.messages import FAULT, GET, GET_1_0, OK, PING, PONG, chunks, fine, message, request

from fastresp import ResponderStateError

DETAIL = "what nobody else may see"
TIMEOUT = 10.0


class Other(Exception):
    pass


async def turns(count):
    for _ in range(count):
        await asyncio.sleep(0)


def failing(before, wait, error=Other):
    """A handler that raises; a coroutine, which waits before that, if `wait` is a number of turns of the loop."""
    if wait is None:

        def handler(_, responder):
            before(responder)
            raise error(DETAIL)

    else:

        async def handler(_, responder):
            before(responder)
            await turns(wait)
            raise error(DETAIL)

    return handler


WAITS = {"function": None, "coroutine": 0, "coroutine that waits": 3}


def nothing(responder):
    pass


@pytest.mark.parametrize("error", [Other, SystemExit])
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
@pytest.mark.parametrize(
    ("before", "answer"),
    [
        (nothing, FAULT),
        (lambda r: r.write(102), message(b"102 Processing") + FAULT),
        (fine, OK),
        (lambda r: (begin(r), r.write_end_chunked()), STREAM + chunks(b"begun")),
    ],
    ids=["nothing", "interim", "whole", "chunks"],
)
def test_failed(stage, faults, before, answer, wait, error):
    stage(failing(before, wait, error), may_fail=True)
    where = Where(stage, then=PING)
    assert where.client.until(PONG) == answer + PONG
    [line] = faults(1)
    where.is_told(line, "Traceback", error.__name__, DETAIL, "test_raising.py")


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_failed_between_begin_and_end(stage, faults, wait):
    stage(failing(begin, wait), may_fail=True)
    where = Where(stage, then=PING)
    assert where.client.rest() == BEGUN
    [line] = faults(1)
    where.is_told(line, "Traceback", DETAIL)


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_failed_between_begin_and_end_1_0(stage, wait):
    stage(failing(begin, wait), may_fail=True)
    client = stage.client()
    client.send(GET_1_0)
    assert client.is_reset()


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_failed_with_the_responder_kept(stage, faults, wait):
    """The fault was the answer; who kept the responder is told so."""
    kept = []

    def keep(responder):
        kept.append(responder)

    stage(failing(keep, wait), may_fail=True)
    assert stage.kept() == FAULT
    with pytest.raises(ResponderStateError, match="already been answered, with status 500"):
        fine(kept[0])
    kept.clear()
    assert len(faults(1)) == 1


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_failed_with_a_state_error(stage, faults, wait):
    def twice(responder):
        fine(responder)
        fine(responder)

    stage(failing(twice, wait), may_fail=True)
    assert stage.kept() == OK
    [line] = faults(1)
    assert "ResponderStateError" in line


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_failed_among_others(stage, faults, wait):
    async def coroutine(request, responder):
        if request.path == "/fail":
            await turns(wait)
            raise Other(DETAIL)
        fine(responder)

    def function(request, responder):
        if request.path == "/fail":
            raise Other(DETAIL)
        fine(responder)

    stage(function if wait is None else coroutine, may_fail=True)
    client = stage.client()
    client.send(GET + request("GET", "/fail") + GET + PING)
    assert client.until(PONG) == OK + FAULT + OK + PONG
    assert len(faults(1)) == 1


def test_cancelled(stage, faults):
    async def handler(_, responder):
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    stage(handler, may_fail=True)
    assert stage.kept() == FAULT


def test_failed_when_the_client_is_gone(stage, faults):
    """There is nobody to tell but the log."""
    failed = threading.Event()

    async def handler(_, responder):
        gone = asyncio.Event()
        responder.on_close(gone.set)
        responder.write(102)
        await gone.wait()
        failed.set()
        raise Other(DETAIL)

    stage(handler, may_fail=True)
    client = stage.client()
    client.send(GET)
    client.until(b"\r\n\r\n")
    client.reset()
    assert failed.wait(TIMEOUT)
    assert stage.serves()
    [line] = faults(1)
    assert DETAIL in line
