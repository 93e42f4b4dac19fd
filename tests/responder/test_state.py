"""Rule 5: which call may follow which, as one table that is walked whole: each state, each call.

A call at the wrong time says what was already done, and the wire stays as it was; with the client gone, none is heard.
"""

from __future__ import annotations

import asyncio
import queue
import re

import pytest
from responder.messages import GET, OK, begun, chunks, fine, message

from fastresp import Headers, Json, ResponderStateError, Response

RESPONSE = Response(b"response", mime_type="a/b")
SENT = message(b"200 OK", b"content-type: a/b", b"content-length: 8", body=b"response")
STREAM = message(b"201 Created", b"content-type: a/b", b"transfer-encoding: chunked")
TIMEOUT = 10.0


class Closing:
    """A callback for on_close()."""

    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1


async def drain(responder):
    assert await responder.drain() is None


async def on_close(responder):
    """Says at once whether the callback was called."""
    closing = Closing()
    assert responder.on_close(closing) is None
    return "called" if closing.calls else "not called"


CALLS = {
    "write": lambda r: r.write(b"ok", "text/plain"),
    "send_response": lambda r: r.send_response(RESPONSE),
    "write_begin_chunked": lambda r: r.write_begin_chunked("a/b", 201),
    "write_chunk": lambda r: r.write_chunk(b"chunk"),
    "write_end_chunked": lambda r: r.write_end_chunked(b"last"),
    "swap": lambda r: r.swap(r),
    "drain": drain,
    "on_close": on_close,
    "is_response_canceled": lambda r: r.is_response_canceled,
}

NOT_BEGUN = "no chunked answer has begun"
HAS_BEGUN = "a chunked answer (status 201) has begun"
ANSWERED = "already been answered, with status 20"

# What each call gives (a value; or why it is refused), and what the client has seen when the handler has then answered
# as is still possible.
READY = {
    "write": (None, OK),
    "send_response": (None, SENT),
    "write_begin_chunked": (None, STREAM + chunks(b"end")),
    "write_chunk": (NOT_BEGUN, OK),
    "write_end_chunked": (NOT_BEGUN, OK),
    "swap": (None, OK),
    "drain": (None, OK),
    "on_close": ("not called", OK),
    "is_response_canceled": (False, OK),
}
STREAMED = STREAM + chunks(b"first", b"end")
STREAMING = {
    "write": (HAS_BEGUN, STREAMED),
    "send_response": (HAS_BEGUN, STREAMED),
    "write_begin_chunked": (HAS_BEGUN, STREAMED),
    "write_chunk": (None, STREAM + chunks(b"first", b"chunk", b"end")),
    "write_end_chunked": (None, STREAM + chunks(b"first", b"last")),
    "swap": (None, STREAMED),
    "drain": (None, STREAMED),
    "on_close": ("not called", STREAMED),
    "is_response_canceled": (False, STREAMED),
}
ENDED = STREAM + chunks(b"first", b"end")
DONE = {
    "write": (ANSWERED, ENDED),
    "send_response": (ANSWERED, ENDED),
    "write_begin_chunked": (ANSWERED, ENDED),
    "write_chunk": (ANSWERED, ENDED),
    "write_end_chunked": (ANSWERED, ENDED),
    "swap": (None, ENDED),
    "drain": (None, ENDED),
    "on_close": ("called", ENDED),
    "is_response_canceled": (False, ENDED),
}
STATES = {"ready": READY, "streaming": STREAMING, "done": DONE}
WALK = [(state, call) for state in STATES for call in CALLS]

assert all(table.keys() == CALLS.keys() for table in STATES.values())
assert issubclass(ResponderStateError, RuntimeError)


async def outcome(call, responder):
    """What a call gives, or the text of the ResponderStateError that it raises."""
    try:
        given = CALLS[call](responder)
        return await given if asyncio.iscoroutine(given) else given
    except ResponderStateError as error:
        return str(error)


def enter(responder, state):
    if state != "ready":
        responder.write_begin_chunked("a/b", 201)
        responder.write_chunk(b"first")
    if state == "done":
        responder.write_end_chunked(b"end")


def leave(responder):
    """Answers as far as that is not done: one of these fits."""
    for finish in (lambda: responder.write_end_chunked(b"end"), lambda: fine(responder)):
        try:
            finish()
        except ResponderStateError:
            continue


@pytest.mark.parametrize(("state", "call"), WALK)
def test_table(stage, state, call):
    expected, seen = STATES[state][call]

    async def handler(_, responder):
        enter(responder, state)
        given = await outcome(call, responder)
        if expected in (NOT_BEGUN, HAS_BEGUN, ANSWERED):
            assert given.startswith(f"{call}(): ")
            assert expected in given
        else:
            assert given == expected
            assert type(given) is type(expected)
        leave(responder)

    stage(handler)
    assert stage.kept() == seen


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("state", ["ready", "streaming"])
def test_table_with_the_client_gone(stage, state, call):
    results = queue.Queue()

    async def handler(_, responder):
        gone = asyncio.Event()
        responder.on_close(gone.set)
        responder.write(102)
        enter(responder, state)
        await gone.wait()
        results.put(await outcome(call, responder))
        results.put(await outcome(call, responder))
        results.put(responder.is_response_canceled)

    stage(handler)
    client = stage.client()
    client.send(GET)
    client.until(b"\r\n\r\n")
    client.reset()
    expected = {"on_close": "called", "is_response_canceled": True}.get(call)
    assert [results.get(timeout=TIMEOUT) for _ in range(3)] == [expected, expected, True]


@pytest.mark.parametrize("call", CALLS)
def test_table_with_the_answer_complete_and_then_the_client_gone(stage, call):
    """The answer was complete: nothing is canceled, and a second answer stays an error."""
    asked, results = queue.Queue(), queue.Queue()

    async def handler(_, responder):
        enter(responder, "done")
        left = asyncio.Event()
        asked.put((asyncio.get_running_loop(), left))
        await left.wait()
        results.put(await outcome(call, responder))

    stage(handler)
    client = stage.client()
    client.send(GET)
    client.until(b"0\r\n\r\n")
    client.reset()
    loop, left = asked.get(timeout=TIMEOUT)
    loop.call_soon_threadsafe(left.set)
    result = results.get(timeout=TIMEOUT)
    expected = DONE[call][0]
    if expected == ANSWERED:
        assert result.startswith(f"{call}(): ")
        assert ANSWERED in result
    else:
        assert result == expected


async def pieces():
    yield b"piece"


ANSWERS = {
    "status": (lambda r: r.write(404), 404),
    "headers": (lambda r: r.write(Headers(), 302), 302),
    "data": (lambda r: r.write(b"x", "a/b"), 200),
    "data and status": (lambda r: r.write(b"x", "a/b", 201), 201),
    "document": (lambda r: r.write(Json(1)), 200),
    "response": (lambda r: r.send_response(Response(418)), 418),
    "device": (lambda r: r.write(pieces(), "a/b", 206), 206),
    "bare": (lambda r: r.write(204), 204),
}


@pytest.mark.parametrize(("answer", "status"), ANSWERS.values(), ids=ANSWERS)
def test_the_second_answer_is_told_of_the_first(stage, answer, status):
    def handler(_, responder):
        answer(responder)
        for call in (*(call for call, _ in ANSWERS.values()), CALLS["write_begin_chunked"], CALLS["write_chunk"]):
            with pytest.raises(ResponderStateError, match=f"already been answered, with status {status}"):
                call(responder)

    stage(handler)
    seen = stage.kept()
    assert seen.startswith(b"HTTP/1.1 %d " % status)
    assert seen.count(b"HTTP/1.1") == 1


def test_an_interim_response_leaves_it_ready(stage):
    def handler(_, responder):
        responder.write(102)
        with pytest.raises(ResponderStateError, match=NOT_BEGUN):
            responder.write_chunk(b"x")
        responder.write_begin_chunked("a/b", 201)
        with pytest.raises(ResponderStateError, match=re.escape(HAS_BEGUN)):
            responder.write(102)
        responder.write_end_chunked(b"end")

    stage(handler)
    assert stage.kept() == message(b"102 Processing") + STREAM + chunks(b"end")


def test_a_wrong_time_comes_before_wrong_arguments(stage):
    def handler(_, responder):
        with pytest.raises(ResponderStateError):
            responder.write_chunk(None)
        with pytest.raises(ResponderStateError):
            responder.write_end_chunked(None, {"\r\n": ""})
        fine(responder)
        for call in (
            lambda: responder.write(None),
            lambda: responder.write(b"x", "\r\n"),
            lambda: responder.send_response(None),
            lambda: responder.write_begin_chunked(None),
        ):
            with pytest.raises(ResponderStateError):
                call()

    stage(handler)
    assert stage.kept() == OK


def test_after_an_end_that_was_refused_it_is_still_streaming(stage):
    def handler(_, responder):
        responder.write_begin_chunked("a/b", 201)
        for trailers in ({"x-t": "1"}, {"x-t": "\n"}, 5):
            with pytest.raises((ValueError, TypeError)):
                responder.write_end_chunked(b"lost", trailers)
        with pytest.raises(ResponderStateError, match=re.escape(HAS_BEGUN)):
            fine(responder)
        responder.write_end_chunked(b"end")

    stage(handler)
    assert stage.kept() == STREAM + chunks(b"end")


def test_the_head_and_the_chunks_are_there_before_the_end(stage):
    kept = []

    def handler(request, responder):
        if request.path == "/end":
            kept.pop().write_end_chunked(b"end")
            fine(responder)
            return
        enter(responder, "streaming")
        kept.append(responder)

    stage(handler)
    first, second = stage.client(), stage.client()
    first.send(GET)
    assert first.exactly(len(STREAM + begun(b"first"))) == STREAM + begun(b"first")
    second.get("/end")
    assert second.exactly(len(OK)) == OK
    assert first.exactly(len(chunks(b"end"))) == chunks(b"end")


def test_repr_tells_the_state(stage):
    def handler(_, responder):
        seen = [repr(responder)]
        enter(responder, "streaming")
        seen.append(repr(responder))
        responder.write_end_chunked(b"end")
        seen.append(repr(responder))
        assert seen == ["<Responder ready>", "<Responder streaming>", "<Responder done>"]

    stage(handler)
    assert stage.kept() == ENDED
