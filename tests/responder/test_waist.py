"""The rules of answers on an exchange that knows no protocol: what is decided above it, and what is left to it.

Which call may follow which is in test_state.py, what the arguments may be in test_overloads.py.
"""

from __future__ import annotations

import asyncio
import io
import threading

import pytest
from connection.fake import turns
from responder.recorder import CHUNKED, CONNECT, GET, HEAD, UNSTATED

from fastresp import HeaderError, Headers, ResponderStateError, Response

HTML = b"accept: text/html\r\n"
FAULT = ("respond", 500, b"", "text/plain; charset=utf-8", 22, b"internal server error\n")


def chunks(responder):
    responder.write_begin_chunked("a/b")
    responder.write_chunk(b"one")
    responder.write_chunk(b"")
    responder.write_end_chunked(b"two")


def trailers(responder):
    responder.write_begin_chunked(Headers({"trailer": "x-b"}), ["X-A"])
    responder.write_end_chunked(trailers={"x-a": "1", "x-b": "2"})


def sized(responder):
    responder._begin_sized({"content-length": "6"}, 200)
    responder.write_chunk(b"one")
    responder.write_end_chunked(b"two")


def hints(responder):
    responder.write(Headers({"link": "</a>"}), 103)
    responder.write(b"", "a/b")


def respond(status, length, data):
    return "respond", status, b"", "a/b", length, data


LENGTH = b"content-length: 6\r\n"
RULES = {
    "data": (lambda r: r.write(b"ok", "a/b"), GET, [respond(200, 2, b"ok")]),
    "data, to HEAD": (lambda r: r.write(b"ok", "a/b"), HEAD, [respond(200, 2, b"")]),
    "data, to CONNECT": (lambda r: r.write(b"ok", "a/b"), CONNECT, [respond(200, UNSTATED, b"")]),
    "data, refused to CONNECT": (lambda r: r.write(b"ok", "a/b", 405), CONNECT, [respond(405, 2, b"ok")]),
    "204": (lambda r: r.write(b"ok", "a/b", 204), GET, [respond(204, UNSTATED, b"")]),
    "205": (lambda r: r.write(b"ok", "a/b", 205), GET, [respond(205, 0, b"")]),
    "304": (lambda r: r.write(b"ok", "a/b", 304), GET, [respond(304, 2, b"")]),
    "304, bare": (lambda r: r.write(304), GET, [("respond", 304, b"", None, UNSTATED, b"")]),
    "204, with a length": (
        lambda r: r.write(Headers({"content-length": "2"}), 204),
        GET,
        [("respond", 204, b"", None, UNSTATED, b"")],
    ),
    "a length that is right": (
        lambda r: r.write(b"6 byte", {"content-length": "6"}),
        GET,
        [("respond", 200, LENGTH, None, 6, b"6 byte")],
    ),
    "a response": (
        lambda r: r.send_response(Response(b"ok", mime_type="a/b")),
        GET,
        [("respond", 200, b"content-type: a/b\r\n", None, 2, b"ok")],
    ),
    "a response, to HEAD": (
        lambda r: r.send_response(Response(b"ok", mime_type="a/b")),
        HEAD,
        [("respond", 200, b"content-type: a/b\r\n", None, 2, b"")],
    ),
    "hints": (hints, GET, [("interim", 103, b"link: </a>\r\n"), respond(200, 0, b"")]),
    "chunks": (
        chunks,
        GET,
        [("start", 200, b"", "a/b", CHUNKED, []), ("data", b"one"), ("data", b"two"), ("finish", b"")],
    ),
    "chunks, to HEAD": (chunks, HEAD, [("start", 200, b"", "a/b", CHUNKED, []), ("finish", b"")]),
    "chunks, to CONNECT": (chunks, CONNECT, [("start", 200, b"", "a/b", UNSTATED, []), ("finish", b"")]),
    "trailers": (
        trailers,
        GET,
        [
            ("start", 200, b"trailer: x-b\r\n", None, CHUNKED, [b"X-A"]),
            ("finish", b"x-a: 1\r\nx-b: 2\r\n"),
        ],
    ),
    "a length, and pieces": (
        sized,
        GET,
        [("start", 200, LENGTH, None, 6, []), ("data", b"one"), ("data", b"two"), ("finish", b"")],
    ),
    "a length, and pieces, to HEAD": (sized, HEAD, [("start", 200, LENGTH, None, 6, []), ("finish", b"")]),
    "a file": (
        lambda r: r.write(io.BytesIO(b"content"), "a/b"),
        GET,
        [respond(200, 7, b"content")],
    ),
    "an empty file": (lambda r: r.write(io.BytesIO(), "a/b"), GET, [respond(200, 0, b"")]),
    "a file, to HEAD": (
        lambda r: r.write(io.BytesIO(b"content"), "a/b"),
        HEAD,
        [("start", 200, b"", "a/b", 7, []), ("finish", b"")],
    ),
    "a file that is not there": (lambda r: r.write(io.FileIO("/dev/null", "w"), "a/b"), GET, [FAULT]),
}


@pytest.mark.parametrize("rule", RULES)
def test_what_each_call_tells_the_protocol(play, rule):
    call, method, events = RULES[rule]

    async def scene(dispatch):
        exchange = dispatch(lambda _, responder: call(responder), method)
        await turns()
        assert exchange.events == events
        assert exchange.ended

    play(scene)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda r: r.write(b"ok", {"content-length": "3"}), ValueError),
        (lambda r: r.write(b"ok", {"content-length": "x"}), ValueError),
        (lambda r: r.write(b"ok", {"transfer-encoding": "chunked"}), ValueError),
        (lambda r: r.write(101), ValueError),
        (lambda r: r.write(Headers({"content-length": "0"}), 103), ValueError),
        (lambda r: r.write_begin_chunked({"content-length": "3"}), ValueError),
        (lambda r: r.write_begin_chunked("a/b", ["content-length"]), HeaderError),
        (lambda r: r._begin_sized({}, 200), ValueError),
        (lambda r: r.write_chunk(b"early"), ResponderStateError),
        (lambda r: r._upgrade(b"echo", None, None), ValueError),
    ],
)
def test_what_is_refused_before_the_protocol_hears_of_it(play, call, error):
    def handle(_, responder):
        with pytest.raises(error):
            call(responder)
        responder.write(b"instead", "a/b")

    async def scene(dispatch):
        assert dispatch(handle).events == [respond(200, 7, b"instead")]

    play(scene)


def test_more_than_was_stated_and_less(play):
    def handle(_, responder):
        responder._begin_sized({"content-length": "6"}, 200)
        with pytest.raises(ValueError, match="longer"):
            responder.write_chunk(b"1234567")
        with pytest.raises(ValueError, match="ends 3 bytes before"):
            responder.write_end_chunked(b"123")
        responder.write_end_chunked(b"123456")

    async def scene(dispatch):
        assert dispatch(handle).events[1:] == [("data", b"123456"), ("finish", b"")]

    play(scene)


def test_a_trailer_that_was_not_announced(play):
    def handle(_, responder):
        responder.write_begin_chunked({}, ["x-a"])
        with pytest.raises(HeaderError, match="x-b"):
            responder.write_end_chunked(trailers={"x-b": "1"})
        responder.write_end_chunked(trailers={"x-a": "1"})

    async def scene(dispatch):
        assert dispatch(handle).events[1:] == [("finish", b"x-a: 1\r\n")]

    play(scene)


@pytest.mark.parametrize("is_begun", [False, True])
@pytest.mark.parametrize("how", ["raised", "dropped"])
def test_a_handler_that_does_not_answer(play, caplog, how, is_begun):
    def handle(_, responder):
        if is_begun:
            responder.write_begin_chunked("a/b")
        if how == "raised":
            raise LookupError("on purpose")

    async def scene(dispatch):
        exchange = dispatch(handle)
        await turns()
        assert exchange.events[is_begun:] == [("abort",) if is_begun else FAULT]
        assert ("on purpose" if how == "raised" else "was dropped") in caplog.text

    play(scene)


def test_a_sized_answer_whose_handler_raises_behind_its_last_byte(play, caplog):
    def handle(_, responder):
        responder._begin_sized({"content-length": "2"}, 200)
        responder.write_chunk(b"ok")
        raise LookupError("on purpose")

    async def scene(dispatch):
        assert dispatch(handle).events[1:] == [("data", b"ok"), ("finish", b"")]

    play(scene)


@pytest.mark.parametrize("end", ["closed", "lost", "handler failed"])
def test_another_protocol(play, caplog, twin, end):
    """Its end is the exchange's, and is told to the session; the handler's fault is told before."""
    told = []

    class Session(twin("core.link").Session):
        def over(self):
            told.append("over")

        def failed(self):
            told.append("failed")

    async def handle(_, responder):
        responder._upgrade(b"echo", {"x-a": "1"}, Session())
        if end == "handler failed":
            raise LookupError("on purpose")

    async def scene(dispatch):
        exchange = dispatch(handle, lines=b"connection: upgrade\r\n")
        await turns()
        assert exchange.events == [("upgrade", b"echo", b"x-a: 1\r\n")]
        assert told == (["failed"] if end == "handler failed" else [])
        exchange.lose() if end == "lost" else exchange.finish(b"", None)
        assert told[-1:] == ["over"]
        assert exchange.link is None

    play(scene)


def test_an_error_that_a_person_looks_at(play):
    async def scene(dispatch):
        ((kind, status, fields, content_type, _, page),) = dispatch(lambda _, r: r.write(404), GET, HTML).events
        assert (kind, status, fields, content_type) == ("respond", 404, b"vary: accept\r\n", "text/html; charset=utf-8")
        assert b"Not Found" in page

    play(scene)


def test_callbacks(play):
    """At the end of the exchange, or as soon as the client has closed its side."""

    async def scene(dispatch):
        called = []
        kept = []

        def handle(_, responder):
            responder.on_close(lambda: called.append(1))
            kept.append(responder)

        exchange = dispatch(handle)
        exchange.leave()
        await turns()
        assert called == [1]
        kept[0].on_close(lambda: called.append(2))
        assert called == [1, 2]
        kept.pop().write(b"still", "a/b")
        await turns()
        assert called == [1, 2]
        assert exchange.events == [respond(200, 5, b"still")]

    play(scene)


def test_a_client_that_is_gone(play):
    """No call is told to the protocol, or raises."""

    async def scene(dispatch):
        kept = []
        exchange = dispatch(lambda _, responder: kept.append(responder))
        exchange.lose()
        kept[0].write(b"late", "a/b")
        kept[0].write_chunk(b"late")
        assert kept[0].is_response_canceled
        kept.clear()
        await turns()
        assert exchange.events == []

    play(scene)


def test_responders_that_are_swapped(play):
    async def scene(dispatch):
        kept = []
        first, second = (dispatch(lambda _, responder: kept.append(responder)) for _ in range(2))
        kept[0].swap(kept[1])
        kept[0].write(b"a", "a/b")
        kept[1].write(b"b", "a/b")
        kept.clear()
        assert [first.events[0][-1], second.events[0][-1]] == [b"b", b"a"]
        assert (first.woken, second.woken) == (1, 1)

    play(scene)


def test_another_thread(play):
    async def scene(dispatch):
        kept, errors = [], []
        exchange = dispatch(lambda _, responder: kept.append(responder))

        def call():
            try:
                kept[0].write(b"late", "a/b")
            except RuntimeError as error:
                errors.append(str(error))

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        assert "call_soon_threadsafe" in errors[0]
        kept.pop().write(b"ok", "a/b")
        assert len(exchange.events) == 1

    play(scene)


def test_a_coroutine_is_work_of_its_exchange(play):
    async def scene(dispatch):
        async def handle(_, responder):
            responder.write(b"ok", "a/b")
            await go.wait()

        go = asyncio.Event()
        exchange = dispatch(handle)
        await turns()
        assert exchange.events == [respond(200, 2, b"ok")]
        assert [place.has_ended for place in exchange.work] == [False]
        go.set()
        await turns()
        assert [place.has_ended for place in exchange.work] == [True]

    play(scene)
