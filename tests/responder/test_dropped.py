"""Rule 6: nobody waits for ever. A request whose responder is dropped gets a 500, and the log says whose it was.

An answer that was cut never looks complete.
"""

from __future__ import annotations

import asyncio
import gc
import queue
import threading

import pytest
from responder.faults import BEGUN, STREAM, Where, begin
from responder.messages import FAULT, GET, GET_1_0, HEAD, OK, PING, PONG, chunks, fine, message, request

from fastresp import Response

CLOSE = b"\r\nconnection: close\r\n\r\n"
TIMEOUT = 10.0


def test_dropped_when_the_handler_returns(stage, faults):
    stage(lambda _, responder: None)
    where = Where(stage, then=PING)
    assert where.client.until(PONG) == FAULT + PONG
    [line] = faults(1)
    where.is_told(line, "dropped")


def test_dropped_when_the_coroutine_returns(stage, faults):
    async def handler(_, responder):
        await asyncio.sleep(0)

    stage(handler)
    where = Where(stage, then=PING)
    assert where.client.until(PONG) == FAULT + PONG
    [line] = faults(1)
    where.is_told(line, "dropped")


def test_dropped_later(stage, faults):
    kept = queue.Queue()

    def handler(_, responder):
        kept.put(([responder], asyncio.get_running_loop()))

    stage(handler)
    where = Where(stage)
    held, loop = kept.get(timeout=TIMEOUT)
    loop.call_soon_threadsafe(held.clear)
    where.client.send(PING)
    assert where.client.until(PONG) == FAULT + PONG
    [line] = faults(1)
    where.is_told(line)


def test_dropped_in_a_cycle(stage, faults):
    kept = queue.Queue()

    def handler(_, responder):
        cycle = [responder]
        cycle.append(cycle)
        kept.put(asyncio.get_running_loop())

    stage(handler)
    where = Where(stage)
    kept.get(timeout=TIMEOUT).call_soon_threadsafe(gc.collect)
    where.client.send(PING)
    assert where.client.until(PONG) == FAULT + PONG
    [line] = faults(1)
    where.is_told(line)


@pytest.mark.parametrize("state", ["ready", "streaming"])
def test_dropped_in_another_thread(stage, faults, state):
    """The garbage collector runs in whatever thread it likes: the loop's work stays in the loop's thread."""
    kept, threads = queue.Queue(), queue.Queue()

    def handler(_, responder):
        responder.on_close(lambda: threads.put(threading.get_ident()))
        if state == "streaming":
            begin(responder)
        kept.put([responder])
        threads.put(threading.get_ident())

    stage(handler)
    where = Where(stage)
    if state == "streaming":
        assert where.client.exactly(len(BEGUN)) == BEGUN
    kept.get(timeout=TIMEOUT).clear()  # the last reference, in this thread
    if state == "streaming":
        assert where.client.rest() == b""
    else:
        where.client.send(PING)
        assert where.client.until(PONG) == FAULT + PONG
    assert threads.get(timeout=TIMEOUT) == threads.get(timeout=TIMEOUT)
    [line] = faults(1)
    where.is_told(line)


def test_dropped_after_an_interim_response(stage, faults):
    stage(lambda _, responder: responder.write(102))
    assert stage.kept() == message(b"102 Processing") + FAULT
    assert len(faults(1)) == 1


def test_dropped_after_a_call_that_was_refused(stage, faults):
    def handler(_, responder):
        with pytest.raises(ValueError, match="name"):
            responder.write(b"abc", {"": ""})

    stage(handler)
    assert stage.kept() == FAULT
    assert len(faults(1)) == 1


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (HEAD, FAULT.removesuffix(b"internal server error\n")),
        (request("POST", "/", "Content-Length: 3") + b"abc", FAULT),
        (request("DELETE"), FAULT),
    ],
)
def test_dropped_whatever_was_asked(stage, faults, question, answer):
    stage(lambda _, responder: None)
    assert stage.kept(question) == answer
    assert len(faults(1)) == 1


def test_dropped_1_0(stage):
    stage(lambda _, responder: None)
    assert stage.ended(GET_1_0) == FAULT.replace(b"\r\n\r\n", CLOSE)


def test_dropped_between_begin_and_end(stage, faults):
    stage(lambda _, responder: begin(responder))
    where = Where(stage, then=PING)
    assert where.client.rest() == BEGUN  # no last chunk, and nothing more
    [line] = faults(1)
    where.is_told(line, "dropped", "in the middle")


def test_dropped_between_begin_and_end_1_0(stage, faults):
    """Without framing only a reset tells a cut answer from a complete one."""
    stage(lambda _, responder: begin(responder))
    client = stage.client()
    client.send(GET_1_0)
    assert client.is_reset()
    assert len(faults(1)) == 1


def test_dropped_between_begin_and_end_of_an_empty_answer(stage):
    """The head is all of it, and the connection goes on."""
    stage(lambda request, responder: begin(responder))
    client = stage.client()
    client.send(HEAD + PING)
    assert client.until(PONG) == STREAM + PONG


def test_dropped_among_others(stage, faults):
    """The requests before and behind are answered."""

    def handler(request, responder):
        if request.path == "/":
            fine(responder)

    stage(handler)
    client = stage.client()
    client.send(GET + request("GET", "/drop") + GET + PING)
    assert client.until(PONG) == OK + FAULT + OK + PONG
    assert len(faults(1)) == 1


def test_cut_among_others(stage, faults):
    """The requests before are answered; those behind are canceled, and silent."""
    kept, cut = queue.Queue(), []

    def handler(request, responder):
        if request.path == "/cut":
            begin(responder)
            cut.append(responder)
        elif request.path == "/behind":
            responder.on_close(lambda: kept.put((responder.is_response_canceled, fine(responder))))
            asyncio.get_running_loop().call_soon(cut.clear)
        else:
            fine(responder)

    stage(handler)
    client = stage.client()
    client.send(GET + request("GET", "/cut") + request("GET", "/behind"))
    assert client.rest() == OK + BEGUN
    assert kept.get(timeout=TIMEOUT) == (True, None)
    assert len(faults(1)) == 1


ANSWERED = {
    "data": (fine, OK),
    "chunks": (lambda r: (begin(r), r.write_end_chunked()), STREAM + chunks(b"begun")),
    "response": (lambda r: r.send_response(Response(b"ok", mime_type="text/plain")), OK),
}


@pytest.mark.parametrize(("call", "answer"), ANSWERED.values(), ids=ANSWERED)
def test_an_answered_responder_is_dropped_in_silence(stage, faults, call, answer):
    def handler(_, responder):
        call(responder)
        del responder
        gc.collect()

    stage(handler)
    assert stage.kept() == answer
    assert faults(0) == []


def test_a_responder_whose_client_is_gone_is_dropped_in_silence(stage, faults):
    gone = threading.Event()
    kept = []

    def handler(_, responder):
        kept.append(responder)
        responder.on_close(gone.set)
        begin(responder)

    stage(handler)
    client = stage.client()
    client.send(GET)
    client.until(b"begun\r\n")
    client.reset()
    assert gone.wait(TIMEOUT)
    kept.clear()
    assert stage.serves()
    assert faults(0) == []
