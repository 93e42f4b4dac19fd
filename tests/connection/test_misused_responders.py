"""Calls that can't be meant: from another thread, by a return value; and 103 where it is switched off."""

from __future__ import annotations

import asyncio
import gzip
import io
import logging
import threading

import pytest
from client import TIMEOUT
from connection.tools import Inbox, Late, answer_late, in_loop, message, settle

from fastresp import Headers, Response
from fastresp.core import faults

HINT = {"link": "</style.css>; rel=preload"}
HINT_HEADERS = Headers(HINT)


def outside(call) -> BaseException | None:
    """What a call raises in a thread of its own."""
    raised: list[BaseException | None] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:
            raised.append(error)
        else:
            raised.append(None)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(TIMEOUT)
    return raised[0]


class Blocking:
    """A device that may block in each of its calls."""

    def read(self, count):
        return b""

    def close(self):
        pass


CALLS = {
    "write": lambda responder: responder.write("wrong"),
    "write bytes": lambda responder: responder.write(b"wrong", "text/plain"),
    "write large": lambda responder: responder.write(b"x" * 1_000_000, "text/plain"),
    "write status": lambda responder: responder.write(404),
    "write file": lambda responder: responder.write(open(__file__, "rb"), "text/plain"),  # noqa: SIM115
    "write zipped": lambda responder: responder.write(gzip.GzipFile(fileobj=io.BytesIO()), "text/plain"),
    "write blocking": lambda responder: responder.write(Blocking(), "text/plain"),
    "interim": lambda responder: responder.write(HINT_HEADERS, 103),
    "response": lambda responder: responder.send_response(Response(b"wrong", mime_type="text/plain")),
    "begin": lambda responder: responder.write_begin_chunked("text/plain"),
    "drain": lambda responder: asyncio.run(responder.drain()),
    "on_close": lambda responder: responder.on_close(print),
    "swap": lambda responder: responder.swap(responder),
}


class TestThreads:
    @pytest.mark.parametrize("name", CALLS)
    def test_it_raises_and_the_answer_can_still_be_given(self, serve, connect, name):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.get()
        _, responder = late.calls.get()
        error = outside(lambda: CALLS[name](responder))
        assert type(error) is RuntimeError
        assert "call_soon_threadsafe" in str(error)
        settle(server)
        answer_late(server, responder, "right")
        answer = client.answer()
        assert answer.status == 200
        assert answer.body == b"right"
        client.get()
        answer_late(server, late.calls.get()[1], "next")
        assert client.answer().body == b"next"

    def test_a_file_that_is_missing(self, serve, connect, tmp_path):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.get()
        _, responder = late.calls.get()
        assert type(outside(lambda: responder.write(tmp_path / "missing"))) is RuntimeError
        settle(server)
        answer_late(server, responder, "right")
        assert client.answer().body == b"right"

    def test_a_file(self, serve, connect, tmp_path):
        path = tmp_path / "file"
        for size in (100, 1_000_000):
            path.write_bytes(b"x" * size)
            late = Late()
            server = serve(late)
            client = connect(server)
            client.get()
            _, responder = late.calls.get()
            assert type(outside(lambda responder=responder: responder.write(path))) is RuntimeError
            settle(server)
            answer_late(server, responder, "right")
            assert client.answer().body == b"right"

    @pytest.mark.parametrize("name", ["chunk", "end"])
    def test_in_the_middle(self, serve, connect, name):
        late = Late()
        server = serve(late)
        client = connect(server)
        client.get()
        _, responder = late.calls.get()
        in_loop(server, responder.write_begin_chunked, "text/plain")
        in_loop(server, responder.write_chunk, "one")
        call = responder.write_chunk if name == "chunk" else responder.write_end_chunked
        assert type(outside(lambda: call("wrong"))) is RuntimeError
        settle(server)
        in_loop(server, responder.write_chunk, "two")
        in_loop(server, responder.write_end_chunked, "three")
        assert client.answer().chunks == [b"one", b"two", b"three"]

    def test_as_the_message_says(self, serve, connect):
        def handle(request, responder):
            loop = server._loop
            thread = threading.Thread(
                target=lambda: loop.call_soon_threadsafe(responder.write, b"from a thread", "text/plain")
            )
            thread.start()

        server = serve(handle)
        client = connect(server)
        client.send(message("GET", "/") * 5)
        for _ in range(5):
            assert client.answer().body == b"from a thread"


def test_made_once_more(serve, connect):
    """A call of __init__ leaves the request what it is."""

    def handle(request, responder):
        for thing in (request, responder):
            with pytest.raises(TypeError):
                thing.__init__()
        responder.write(request.target, "text/plain")

    client = connect(serve(handle))
    client.get("/path")
    assert client.answer().body == b"/path"


class TestValues:
    @pytest.mark.parametrize(
        "kind",
        [
            "plain",
            "coroutine",
        ],
    )
    def test_one_warning(self, serve, connect, log, kind):
        def plain(request, responder):
            responder.write(b"fine", "text/plain")
            return {"status": "of another framework"}

        async def coroutine(request, responder):
            return plain(request, responder)

        client = connect(serve(plain if kind == "plain" else coroutine))
        client.send(message("GET", "/") * 3)
        for _ in range(3):
            assert client.answer().body == b"fine"
        log.expect("the handler returned {'status': 'of another framework'}", "responder.write()")

    @pytest.mark.parametrize("value", ["x" * 10_000, 0, False, b"", object])
    def test_any_value(self, serve, connect, log, value):
        def handle(request, responder):
            responder.write(b"fine", "text/plain")
            return value

        client = connect(serve(handle))
        client.get()
        assert client.answer().body == b"fine"
        assert len(log.expect("the handler returned ")) < 300

    def test_a_value_instead_of_an_answer(self, serve, connect, log):
        def handle(request, responder):
            return "hello"

        client = connect(serve(handle))
        client.get()
        assert client.answer().status == 500
        lines = [log.inbox.get(), log.inbox.get()]
        log.lines.clear()
        assert any("the handler returned 'hello'" in line for line in lines)
        assert any("dropped without an answer" in line for line in lines)


class TestEarlyHints:
    def handle(self, request, responder):
        if request.path == "/102":
            responder.write(102)
        responder.write(HINT_HEADERS, 103)
        responder.send_response(Response(103, headers=HINT_HEADERS))
        responder.write(b"hello", "text/plain")

    @pytest.mark.parametrize("version", ["1.1", "1.0"])
    def test_off(self, serve, connect, version):
        client = connect(serve(self.handle, early_hints=False))
        client.get("/", version=version)
        answer = client.answer()
        assert answer.status == 200
        assert answer.body == b"hello"

    def test_others_are_sent(self, serve, connect):
        client = connect(serve(self.handle, early_hints=False))
        client.get("/102")
        assert [client.answer().status for _ in range(2)] == [102, 200]

    def test_on(self, serve, connect):
        client = connect(serve(self.handle))
        client.get()
        for _ in range(2):
            hint = client.answer()
            assert hint.status == 103
            assert hint.one(b"link") == HINT["link"].encode()
        assert client.answer().body == b"hello"

    @pytest.mark.parametrize("headers", [{"content-length": "1"}, {"transfer-encoding": "chunked"}])
    def test_mistakes_are_told_all_the_same(self, serve, connect, headers):
        errors = Inbox()

        def handle(request, responder):
            with pytest.raises(ValueError, match="no content"):
                responder.write(status=103, headers=headers)
            errors.put()
            responder.write(b"hello", "text/plain")

        client = connect(serve(handle, early_hints=False))
        client.get()
        assert client.answer().body == b"hello"
        assert errors.count == 1


def test_a_callback_that_keeps_its_responder_alive(serve, connect, log, caplog):
    """One line of the log, for it is harmless where the handler answers."""
    caplog.set_level(logging.INFO, "fastresp")
    late = Late()
    server = serve(late)
    client = connect(server)
    client.get()
    _, responder = late.calls.get()
    faults._warned = False
    try:
        in_loop(server, responder.on_close, int)
        assert "refers to its responder" not in caplog.text
        for _ in range(2):
            in_loop(server, responder.on_close, lambda: responder.is_response_canceled)
        assert caplog.text.count("a callback of on_close(), refers to its responder") == 1
    finally:
        faults._warned = False
    answer_late(server, responder, "done")
    assert client.answer().body == b"done"
