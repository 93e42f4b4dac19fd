"""ASGI: what applications do wrong, and that nothing cut looks complete."""

from __future__ import annotations

import asyncio
import sys

import pytest
from adapters.asgi_applications import answering, body, length, read, start
from connection.tools import Inbox

PLAIN = (b"content-type", b"text/plain")


class TestFaults:
    """One that has sent nothing: 500. One that has begun: the connection ends before the end of the message."""

    @pytest.mark.parametrize("events", [[], [start(200, PLAIN)]])
    def test_returning_without_an_answer(self, asgi, log, events):
        client = asgi(answering(*events))
        client.get()
        assert client.answer().status == 500
        log.wait_for("the application returned without an answer")

    @pytest.mark.parametrize("events", [[], [start(200, PLAIN)]])
    def test_raising_before_it(self, asgi, log, events):
        client = asgi(answering(*events, {"type": "nothing"}))
        client.get()
        assert client.answer().status == 500
        log.wait_for("the event 'nothing' can't be sent now: 'http.response.")

    def test_one_that_exits_takes_nobody_along(self, asgi, log):
        async def app(scope, receive, send):
            if scope["type"] == "http":
                if scope["path"] == "/exit":
                    sys.exit(3)
                await send(start())
                await send(body(b"fine"))

        client = asgi(app)
        client.get("/exit")
        assert client.answer().status == 500
        log.wait_for("SystemExit: 3")
        client.get()
        assert client.answer().body == b"fine"

    @pytest.mark.parametrize("fields", [[], [length(6)]])
    def test_returning_in_the_middle(self, asgi, log, fields):
        client = asgi(answering(start(200, *fields), body(b"one", more=True)))
        client.get()
        assert client.rest().endswith((b"\r\n\r\none", b"3\r\none\r\n"))
        log.wait_for("the application returned in the middle of its answer")

    @pytest.mark.parametrize("fields", [[], [length(6)]])
    def test_raising_in_the_middle(self, asgi, log, fields):
        client = asgi(answering(start(200, *fields), body(b"one", more=True), {"type": "nothing"}))
        client.get()
        assert client.rest().endswith((b"\r\n\r\none", b"3\r\none\r\n"))
        log.wait_for("the content goes on with 'http.response.body'")

    @pytest.mark.parametrize("pieces", [[b"seven.."], [b"one", b"four"], [b"onetwo", b"x"]])
    def test_more_than_the_length(self, asgi, log, pieces):
        *first, last = pieces
        client = asgi(answering(start(200, length(6)), *(body(piece, more=True) for piece in first), body(last)))
        client.get()
        answer = client.rest() if len(pieces[0]) == 3 else client.answer().body
        log.wait_for("content-length")
        assert answer == b"internal server error\n" or answer.endswith((b"one", b"onetwo"))

    @pytest.mark.parametrize("pieces", [[b"five."], [b"one", b"tw"], [b"one", b""]])
    def test_less_than_the_length(self, asgi, log, pieces):
        *first, last = pieces
        client = asgi(answering(start(200, length(6)), *(body(piece, more=True) for piece in first), body(last)))
        client.get()
        if first:
            assert client.rest().partition(b"\r\n\r\n")[2] in (b"one", b"onetw")
            log.wait_for("bytes before its content-length says")
        else:
            assert client.answer().status == 500

    @pytest.mark.parametrize(
        ("field", "words"),
        [
            ((b"x y", b"1"), "must be a token"),
            ((b"x", b"1\r\nx-injected: 1"), "must hold no control character"),
            ((b"content-length", b"x"), "not one whole number"),
        ],
    )
    @pytest.mark.parametrize("more", [False, True])
    def test_bad_fields(self, asgi, log, field, words, more):
        client = asgi(answering(start(200, field), body(b"x", more=more), body()))
        client.get()
        answer = client.answer()
        assert answer.status == 500
        assert not answer.all(b"x-injected")
        log.wait_for(words)

    def test_an_error_page_after_bad_fields(self, asgi):
        async def app(scope, receive, send):
            if scope["type"] == "http":
                await send(start(200, (b"bad name", b"")))
                try:
                    await send(body(b"x"))
                except ValueError:
                    await send(start(503))
                    await send(body(b"sorry"))

        client = asgi(app)
        client.get()
        answer = client.answer()
        assert (answer.status, answer.body) == (503, b"sorry")

    @pytest.mark.parametrize("event", [start(100), start(1000), start("200"), body(), body(b"x")])
    def test_bad_starts(self, asgi, event):
        client = asgi(answering(event, body()))
        client.get()
        assert client.answer().status == 500

    def test_bad_content(self, asgi, log):
        client = asgi(answering(start(), {"type": "http.response.body", "body": "text"}))
        client.get()
        assert client.answer().status == 500
        log.wait_for("TypeError")

    @pytest.mark.parametrize("event", [start(), body(b"more"), {"type": "http.response.trailers", "headers": []}])
    def test_an_event_after_the_end(self, asgi, log, event):
        client = asgi(answering(start(), body(b"all"), event))
        client.get()
        assert client.answer().body == b"all"
        log.wait_for("can't be sent now: the answer is complete")
        client.get()
        assert client.answer().body == b"all"

    def test_a_second_start(self, asgi, log):
        client = asgi(answering(start(), start()))
        client.get()
        assert client.answer().status == 500
        log.wait_for("'http.response.body' comes next")

    def test_a_fault_behind_the_answer_is_logged_and_no_more(self, asgi, log):
        async def app(scope, receive, send):
            if scope["type"] == "http":
                await read(receive)
                await send(start())
                await send(body(b"fine"))
                raise LookupError("behind it")

        client = asgi(app)
        for _ in range(2):
            client.get()
            assert client.answer().body == b"fine"
        log.wait_for("LookupError: behind it")


@pytest.mark.parametrize("fields", [[], [length(6)]])
def test_sending_from_another_thread(asgi, log, fields):
    async def app(scope, receive, send):
        await send(start(200, *fields))
        await send(body(b"one", more=True))
        try:
            await asyncio.to_thread(asyncio.run, send(body(b"xxx", more=True)))
        except RuntimeError as error:
            told.append(str(error))
        await send(body(b"two"))

    told: list[str] = []
    client = asgi(app)
    client.get()
    answer = client.answer()
    assert answer.body == b"onetwo"
    assert "thread" in told[0]


def test_receiving_in_another_thread(asgi, log):
    """It is refused, and takes nothing from the one in the loop."""

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await read(receive)
        with pytest.raises(RuntimeError, match="thread"):
            await asyncio.to_thread(asyncio.run, receive())
        await send(start(200))
        await send(body(b"one", more=True))
        told.put((await receive())["type"])

    told = Inbox()
    client = asgi(app)
    client.get()
    client.until(b"one")
    client.socket.close()
    assert told.get() == "http.disconnect"


class TestLoggedOnce:
    """A cut answer is one line of the log."""

    @pytest.mark.parametrize("event", [None, {"type": "nothing"}], ids=["returns", "raises"])
    @pytest.mark.parametrize("fields", [[], [length(6)]])
    def test_in_the_middle(self, asgi, log, fields, event):
        events = [start(200, *fields), body(b"one", more=True), *([] if event is None else [event])]
        client = asgi(answering(*events))
        client.get()
        client.rest()
        log.wait_for("the handler failed on GET /")
        client = asgi(answering(start(), body(b"fine")))
        client.get()
        assert client.answer().body == b"fine"
        assert len([line for line in log.lines if "no lifespan" not in line]) == 1, log.lines

    @pytest.mark.parametrize("is_read", [True, False], ids=["body read", "body unread"])
    def test_behind_the_answer(self, asgi, log, is_read):
        """The client has its answer; what fails then is the application's fault, not the client's leaving."""

        async def app(scope, receive, send):
            if is_read:
                await read(receive)
            await send(start(200, length(4)))
            await send(body(b"fine"))
            while (await receive())["type"] != "http.disconnect":
                pass
            raise LookupError("of a background task")

        client = asgi(app)
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n" + b"x" * (9 if is_read else 1))
        assert client.answer().body == b"fine"
        client.reset()
        log.wait_for("LookupError: of a background task")
